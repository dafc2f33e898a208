//! The database fills up.

use super::group::Group;
use crate::etcd::{EtcdError, Health, KeyRange, Op, Txn};

#[test]
fn a_full_database_takes_no_writes_until_it_is_compacted_defragmented_and_disarmed() {
    let mut group = Group::new(3, 1);
    let leader = group.leader();
    for member in group.members.values_mut() {
        member.set_quota(64 * 1024);
    }
    let mut refused = None;
    for _ in 0..400 {
        let op = Op::Put { key: "/event".into(), value: 1, lease: None };
        let put = group.propose(leader, Txn::always(vec![op]));
        group.run(20);
        refused = refused.or(group.done[&put].1.err());
    }
    assert_eq!(refused.unwrap().to_string(), "etcdserver: mvcc: database space exceeded");
    assert!(group.members.values().all(|member| member.health() == Health::NoSpace));
    let status = group.members[&leader].status();
    assert!(status.db_size >= status.quota && status.alarms.len() == 3, "{status:?}");
    let read = group.read(leader);
    let delete = group.propose(leader, Txn::always(vec![Op::Delete(KeyRange::key("/event"))]));
    group.run(20);
    assert!(group.done[&read].1.is_ok() && group.done[&delete].1.is_ok());
    // Deleting does not make room, and neither does compacting before the file is rewritten.
    let put = group.put(leader, "/a");
    group.run(20);
    assert_eq!(group.done[&put].1, Err(EtcdError::NoSpace));
    let (compact, disarm) = (group.number(), group.number());
    let revision = group.members[&leader].store().revision();
    group.act(leader, |member, now, out| member.compact(now, compact, revision, out));
    group.run(200);
    for id in group.members.keys().copied().collect::<Vec<_>>() {
        assert!(group.act(id, |member, _, _| member.defragment()) > 0);
    }
    group.act(leader, |member, now, out| member.alarm_disarm(now, disarm, out));
    group.run(20);
    let put = group.put(leader, "/a");
    group.run(20);
    assert!(group.answers[&compact.0].1.is_ok() && group.answers[&disarm.0].1.is_ok());
    assert!(group.done[&put].1.is_ok());
}

//! A group of one, as most lessons have.

use super::group::{Group, id, ms};
use crate::engine::{Seed, SimTime};
use crate::etcd::raft::Payload;
use crate::etcd::{
    Effect, EtcdError, Health, KeyRange, Member, Op, RequestId, Revision, Settings, Store, Term, Txn, Value,
};

#[test]
fn it_commits_after_one_write_to_disk_and_then_rests() {
    let mut member = Member::bootstrap(id(1), &[id(1)], Store::new(), Settings::default(), Seed(1));
    let mut out = Vec::new();
    member.start(SimTime::ZERO, &mut out);
    member.wake(SimTime::from_secs(1), &mut out);
    assert!(member.is_leader() && member.next_wake().is_none() && member.health() == Health::Healthy);
    out.clear();
    let now = SimTime::from_secs(10);
    member.propose(now, RequestId(1), Txn::create("/registry/pods/default/web", 7u64, None), &mut out);
    assert!(out.is_empty() && member.next_wake() == Some(now + ms(1)));
    member.wake(now + ms(1), &mut out);
    let [Effect::Applied { revision, events }, Effect::Done { result: Ok(done), .. }] = &out[..] else {
        panic!("{out:?}")
    };
    assert_eq!((*revision, done.revision, done.succeeded), (Revision(2), Revision(2), true));
    assert_eq!((events.len(), &*events[0].key), (1, "/registry/pods/default/web"));
    out.clear();
    member.read_index(now + ms(2), RequestId(2), &mut out);
    assert!(matches!(out[..], [Effect::ReadReady { request: RequestId(2), result: Ok(Revision(2)) }]), "{out:?}");
    assert!(member.next_wake().is_none());
}

#[test]
fn requests_that_come_while_the_disk_is_busy_share_the_next_write() {
    let mut group = Group::new(1, 1);
    let start = group.now;
    let puts: Vec<_> = (0..1000).map(|n| group.put(id(1), &format!("/{n}"))).collect();
    group.run(10);
    let last = puts.iter().map(|put| group.done[put].0).max().unwrap();
    assert_eq!(last.since(start), ms(2));
    assert_eq!(group.events[&id(1)].len(), 1000);
}

#[test]
fn a_power_failure_loses_only_what_nobody_was_told() {
    let mut group = Group::new(1, 1);
    let told = group.put(id(1), "/told");
    group.run(5);
    let untold = group.put(id(1), "/untold");
    group.crash(id(1));
    group.run(1_000);
    assert!(group.done.contains_key(&told) && !group.done.contains_key(&untold));
    group.start(id(1));
    group.run(5);
    let member = &group.members[&id(1)];
    assert!(member.is_leader() && member.store().get("/told").is_some() && member.store().get("/untold").is_none());
    assert_eq!(member.status().raft.term, Term(3));
    let again = group.put(id(1), "/again");
    group.run(5);
    assert_eq!(group.done[&again].1, Ok(Revision(3)));
}

#[test]
fn a_stopped_member_says_so() {
    let mut group = Group::new(1, 1);
    let waiting = group.put(id(1), "/a");
    group.act(id(1), |member, _, out| member.stop(out));
    let late = group.read(id(1));
    for request in [waiting, late] {
        assert_eq!(group.done[&request].1, Err(EtcdError::Stopped));
    }
}

/// A value larger than any request may be.
#[derive(Clone, Debug)]
struct Huge;

impl Value for Huge {
    fn size(&self) -> u64 {
        2 * 1024 * 1024
    }
}

#[test]
fn a_request_may_not_be_larger_than_a_megabyte_and_a_half() {
    let mut member = Member::bootstrap(id(1), &[id(1)], Store::new(), Settings::default(), Seed(1));
    let mut out = Vec::new();
    member.start(SimTime::ZERO, &mut out);
    out.clear();
    member.propose(SimTime::ZERO, RequestId(1), Txn::create("/a", Huge, None), &mut out);
    let [Effect::Done { result: Err(error), .. }] = &out[..] else { panic!("{out:?}") };
    assert_eq!(error.to_string(), "etcdserver: request is too large");
}

#[test]
fn compaction_goes_through_the_log() {
    let mut group = Group::new(3, 1);
    let leader = group.leader();
    for n in 0..10 {
        group.put(leader, &format!("/{n}"));
    }
    group.run(100);
    let request = group.number();
    group.act(leader, |member, now, out| member.compact(now, request, Revision(6), out));
    group.run(200);
    assert!(group.answers[&request.0].1.is_ok());
    for member in group.members.values() {
        assert_eq!(member.store().compacted(), Revision(6));
        let read = member.store().range(&KeyRange::prefix("/"), None, Some(Revision(5)));
        assert_eq!(read.unwrap_err().to_string(), "etcdserver: mvcc: required revision has been compacted");
    }
}

#[test]
fn a_checkpoint_shares_what_it_can() {
    let mut store = Store::new();
    for n in 0..10_000u64 {
        let op = Op::Put { key: format!("/{n}").into(), value: n, lease: None };
        store.txn(&Txn::always(vec![op]), &mut Vec::new()).unwrap();
    }
    let checkpoint = store.clone();
    store.txn(&Txn::delete("/77", Revision(79)), &mut Vec::new()).unwrap();
    assert_eq!((checkpoint.key_count(), store.key_count()), (10_000, 9_999));
    let (before, after) = (checkpoint.get("/5000").unwrap(), store.get("/5000").unwrap());
    assert!(std::sync::Arc::ptr_eq(before, after));
}

#[test]
fn a_member_can_be_cloned_and_sent() {
    fn is_value<T: Clone + Send>() {}
    is_value::<Member<u64>>();
    is_value::<Effect<u64>>();
}

#[test]
fn the_log_can_be_read_by_people() {
    let mut group = Group::new(1, 1);
    group.put(id(1), "/registry/pods/default/web");
    group.propose(id(1), Txn::always(vec![Op::Delete(KeyRange::prefix("/registry/pods/default/"))]));
    let request = group.number();
    group.act(id(1), |member, now, out| member.compact(now, request, Revision(2), out));
    group.run(10);
    let commands = group.members[&id(1)].raft().tail(3).into_iter().map(|entry| match &entry.payload {
        Payload::Command(command) => command.summary(),
        other => panic!("{other:?}"),
    });
    let expected = ["put /registry/pods/default/web", "delete /registry/pods/default/*", "compact 2"];
    assert_eq!(commands.collect::<Vec<_>>(), expected);
}

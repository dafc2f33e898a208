//! Members under load and trouble.

use super::*;
use crate::etcd::store::Key;

fn alone() -> (Member<u64>, Vec<Effect<u64>>) {
    let id = MemberId::of("etcd-0");
    let mut member = Member::bootstrap(id, &[id], Store::new(), Settings::default(), Seed(1));
    let mut out = Vec::new();
    member.start(SimTime::ZERO, &mut out);
    settle(&mut member, &mut out);
    (member, out)
}

/// Wakes a member until it has nothing to do; returns the present time.
fn settle(member: &mut Member<u64>, out: &mut Vec<Effect<u64>>) -> SimTime {
    let mut now = SimTime::ZERO;
    while let Some(at) = member.next_wake() {
        now = now.max(at);
        member.wake(now, out);
    }
    now
}

#[test]
fn a_member_alone_commits_after_one_write_to_disk_and_then_rests() {
    let (mut member, _) = alone();
    assert!(member.is_leader() && member.next_wake().is_none());
    let (now, mut out) = (SimTime::from_secs(10), Vec::new());
    member.propose(now, RequestId(1), Txn::create("/registry/pods/default/web", 7, None), &mut out);
    assert!(out.is_empty(), "{out:?}");
    assert_eq!(settle(&mut member, &mut out), now + SimDuration::from_millis(1));
    let [Effect::Applied { revision, events }, Effect::Done { request: RequestId(1), result: Ok(done) }] = &out[..]
    else {
        panic!("{out:?}")
    };
    assert_eq!((*revision, events.len(), done.revision, done.succeeded), (Revision(2), 1, Revision(2), true));
    let key: &Key = &events[0].key;
    assert_eq!(&**key, "/registry/pods/default/web");
    out.clear();
    member.read_index(now, RequestId(2), &mut out);
    assert!(matches!(out[..], [Effect::ReadReady { request: RequestId(2), result: Ok(Revision(2)) }]), "{out:?}");
}

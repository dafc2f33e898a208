//! Leases: granted and revoked through the log, ended by the leader.

use super::group::{Group, ms};
use crate::engine::SimDuration;
use crate::etcd::{Answer, EtcdError, LeaseId, MemberId, Txn};

const LEASE: LeaseId = LeaseId(7);

fn grant(group: &mut Group, at: MemberId, ttl: SimDuration) -> u64 {
    let request = group.number();
    group.act(at, |member, now, out| member.lease_grant(now, request, (LEASE, ttl), out));
    request.0
}

fn keep_alive(group: &mut Group, at: MemberId) -> u64 {
    let request = group.number();
    group.act(at, |member, now, out| member.lease_keep_alive(now, request, LEASE, out));
    request.0
}

fn is_there(group: &Group) -> bool {
    group.members.values().filter(|member| member.is_running()).all(|member| member.store().get("/event").is_some())
}

#[test]
fn keys_die_with_their_lease_on_all_members() {
    let mut group = Group::new(3, 1);
    let follower = group.followers()[0];
    let granted = grant(&mut group, follower, ms(10_000));
    group.run(20);
    assert_eq!(group.answers[&granted].1, Ok(Answer::Lease(LEASE, ms(10_000))));
    group.propose(follower, Txn::create("/event", 1, Some(LEASE)));
    group.run(9_000);
    assert!(is_there(&group));
    group.run(1_100);
    assert!(group.members.values().all(|member| member.store().get("/event").is_none()));
    let late = keep_alive(&mut group, follower);
    group.run(20);
    assert_eq!(group.answers[&late].1, Err(EtcdError::LeaseNotFound));
}

#[test]
fn a_lease_that_is_kept_alive_lives_on() {
    let mut group = Group::new(3, 2);
    let follower = group.followers()[0];
    grant(&mut group, follower, ms(5_000));
    group.run(20);
    group.propose(follower, Txn::create("/event", 1, Some(LEASE)));
    for _ in 0..5 {
        group.run(4_000);
        let request = keep_alive(&mut group, follower);
        group.run(20);
        assert_eq!(group.answers[&request].1, Ok(Answer::Lease(LEASE, ms(5_000))));
    }
    assert!(is_there(&group));
}

#[test]
fn a_new_leader_gives_every_lease_its_whole_time_again() {
    let mut group = Group::new(3, 3);
    let (leader, follower) = (group.leader(), group.followers()[0]);
    grant(&mut group, follower, ms(5_000));
    group.run(20);
    group.propose(follower, Txn::create("/event", 1, Some(LEASE)));
    group.run(4_000);
    group.crash(leader);
    group.run(4_000);
    assert!(is_there(&group));
    group.run(4_000);
    assert!(!is_there(&group));
}

#[test]
fn a_member_alone_wakes_for_nothing_but_the_lease() {
    let mut group = Group::new(1, 4);
    let leader = group.leader();
    grant(&mut group, leader, ms(100));
    group.run(10);
    let granted = group.now.saturating_sub(ms(9));
    assert_eq!(group.members[&leader].next_wake(), Some(granted + ms(2_000)), "no lease is shorter than 2 s");
    group.run(2_100);
    assert_eq!(group.members[&leader].next_wake(), None);
    assert_eq!(group.members[&leader].store().leases().count(), 0);
}

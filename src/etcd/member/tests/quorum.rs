//! What clients see when members or links fail.

use super::group::{Group, id, ms};
use crate::etcd::{Change, EtcdError, Health, KeyRange, Store};

#[test]
fn with_one_of_three_stopped_nothing_is_to_be_seen() {
    let mut group = Group::new(3, 1);
    let follower = group.followers()[0];
    group.crash(follower);
    for n in 0..20 {
        let (start, leader) = (group.now, group.leader());
        let put = group.put(leader, &format!("/{n}"));
        let read = group.read(leader);
        group.run(50);
        for request in [put, read] {
            let (at, result) = &group.done[&request];
            assert!(result.is_ok() && at.since(start) < ms(10), "{result:?} after {}", at.since(start));
        }
    }
}

#[test]
fn when_the_leader_stops_reads_fail_once_and_writes_go_on_after_one_to_two_ms() {
    for seed in 0..20 {
        let mut group = Group::new(3, seed);
        let leader = group.leader();
        group.crash(leader);
        let start = group.now;
        let survivor = *group.members.keys().find(|id| **id != leader).unwrap();
        let read = group.read(survivor);
        while group.members[&survivor].leader().is_none_or(|other| other == leader) {
            group.run(1);
            assert!(group.now.since(start) < ms(3_500), "seed {seed}");
        }
        let stall = group.now.since(start);
        assert!(stall >= ms(900), "seed {seed}: {stall}");
        assert_eq!(group.failure(read, start).unwrap().1, "etcdserver: leader changed");
        let (put, read) = (group.put(survivor, "/a"), group.read(survivor));
        group.run(100);
        assert!(group.done[&put].1.is_ok() && group.done[&read].1.is_ok());
    }
}

#[test]
fn a_write_that_the_old_leader_took_with_it_times_out_because_of_that() {
    let mut group = Group::new(3, 2);
    let (leader, follower) = (group.leader(), group.followers()[0]);
    group.crash(leader);
    let start = group.now;
    let put = group.put(follower, "/a");
    group.run(8_000);
    let text = "etcdserver: request timed out, possibly due to previous leader failure";
    assert_eq!(group.failure(put, start), Some((ms(7_000), text.into())));
}

#[test]
fn without_a_quorum_requests_time_out_after_seven_ms() {
    let mut group = Group::new(3, 3);
    let (leader, followers) = (group.leader(), group.followers());
    followers.iter().for_each(|follower| group.crash(*follower));
    group.run(3_000);
    let member = &group.members[&leader];
    assert_eq!((member.leader(), member.health()), (None, Health::NoLeader));
    assert_eq!(member.health().body(), r#"{"health":"false","reason":"RAFT NO LEADER"}"#);
    let start = group.now;
    let (put, read) = (group.put(leader, "/a"), group.read(leader));
    group.run(8_000);
    for request in [put, read] {
        assert_eq!(group.failure(request, start), Some((ms(7_000), "etcdserver: request timed out".into())));
    }
    assert!(group.members[&leader].store().range(&KeyRange::prefix(""), None, None).is_ok(), "stale reads go on");
    group.start(followers[0]);
    group.run(3_500);
    let put = group.put(leader, "/a");
    group.run(100);
    assert!(group.done[&put].1.is_ok());
    assert!(group.members[&leader].store().get("/a").is_some());
}

#[test]
fn a_link_that_broke_and_came_back_is_named() {
    let mut group = Group::new(3, 4);
    let follower = group.followers()[0];
    group.cut.insert(follower);
    let start = group.now;
    let put = group.put(follower, "/a");
    group.run(5_500);
    group.cut.clear();
    group.run(1_400);
    assert!(group.members[&follower].leader().is_some());
    group.run(200);
    let (took, text) = group.failure(put, start).unwrap();
    assert_eq!(took, ms(7_000));
    let named = ["connection lost", "previous leader failure"].iter().any(|cause| text.ends_with(cause));
    assert!(named, "{text}");
}

#[test]
fn a_write_that_waited_for_a_leader_is_done_once_there_is_one() {
    let mut group = Group::new(3, 5);
    let (leader, followers) = (group.leader(), group.followers());
    followers.iter().for_each(|follower| group.crash(*follower));
    group.run(3_000);
    let start = group.now;
    let put = group.put(leader, "/a");
    group.run(1_000);
    group.start(followers[0]);
    group.run(4_000);
    let (at, result) = &group.done[&put];
    assert!(result.is_ok() && at.since(start) > ms(1_000), "{result:?}");
}

#[test]
fn watches_end_after_three_election_timeouts_without_a_leader() {
    let mut group = Group::new(3, 6);
    let leader = group.leader();
    group.followers().iter().for_each(|follower| group.crash(*follower));
    while group.members[&leader].leader().is_some() {
        group.run(1);
    }
    let lost = group.now;
    group.run(10_000);
    let [(at, member)] = group.cancelled[..] else { panic!("{:?}", group.cancelled) };
    assert!(member == leader && at.since(lost) <= ms(3_000) && at.since(lost) > ms(2_900));
}

#[test]
fn a_minority_loses_its_leader_and_the_majority_elects_one() {
    let mut group = Group::new(5, 7);
    let old = group.leader();
    group.cut.insert(old);
    group.run(4_000);
    let new = group.leader();
    assert!(new != old && !group.members[&old].is_leader());
    let put = group.put(new, "/a");
    group.run(50);
    group.cut.clear();
    group.run(1_000);
    assert!(group.done[&put].1.is_ok() && group.members[&old].store().get("/a").is_some());
}

#[test]
fn membership_is_changed_with_care() {
    let mut group = Group::new(3, 8);
    let leader = group.leader();
    let refused = |group: &Group, request: u64| group.answers[&request].1.clone().unwrap_err();
    let known = group.change(leader, Change::AddVoter(id(2)));
    assert_eq!(refused(&group, known), EtcdError::MemberExists);
    let unknown = group.change(leader, Change::Remove(id(9)));
    assert_eq!(refused(&group, unknown).to_string(), "etcdserver: member not found");
    let added = group.change(leader, Change::AddVoter(id(4)));
    group.run(100);
    assert!(group.answers[&added].1.is_ok());
    // Four members, three of which run: one more that does not would leave no majority to spare, and is refused with two.
    let fifth = group.change(leader, Change::AddVoter(id(5)));
    group.run(100);
    assert!(group.answers[&fifth].1.is_ok());
    let sixth = group.change(leader, Change::AddVoter(id(6)));
    let text = "etcdserver: re-configuration failed due to not enough started members";
    assert_eq!(refused(&group, sixth).to_string(), text);
    group.join(id(4));
    group.run(3_000);
    assert_eq!(group.members[&id(4)].store().revision(), group.members[&leader].store().revision());
}

#[test]
fn a_leader_moves_without_a_stall() {
    let mut group = Group::new(3, 9);
    let (old, new) = (group.leader(), group.followers()[0]);
    let refused = group.act(new, |member, now, out| member.move_leader(now, old, out));
    assert_eq!(refused, Err(EtcdError::NotLeader));
    group.act(old, |member, now, out| member.move_leader(now, new, out)).unwrap();
    let put = group.put(old, "/a");
    group.run(50);
    assert!(group.leader() == new && group.done[&put].1.is_ok());
}

#[test]
fn a_restored_snapshot_starts_a_new_group() {
    let mut group = Group::new(3, 10);
    let leader = group.leader();
    group.put(leader, "/kept");
    group.run(100);
    let snapshot = group.members[&leader].store().clone();
    group.put(leader, "/lost");
    group.run(100);
    let mut group = Group::holding(3, 11, &Store::restored(&snapshot, None));
    let leader = group.leader();
    let put = group.put(leader, "/new");
    group.run(100);
    let store = group.members[&leader].store();
    assert!(group.done[&put].1.is_ok() && store.get("/kept").is_some() && store.get("/lost").is_none());
}

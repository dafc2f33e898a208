//! Replication in plain cases.

use std::sync::Arc;

use super::network::{Network, Tape, id};
use crate::engine::{Seed, SimDuration, SimTime};
use crate::etcd::raft::{
    Body, Configuration, Entry, Message, Output, Payload, Proposed, Raft, Sending, Settings, Snapshot, Term,
};

#[test]
fn with_one_of_three_stopped_writes_go_on() {
    let mut network = Network::new(3, 1);
    let leader = network.elect();
    network.run_ms(500);
    let stopped = network.followers()[0];
    network.crash(stopped);
    for _ in 0..100 {
        let number = network.propose(leader);
        network.run_ms(10);
        assert!(network.obeyed.contains_key(&number));
    }
    network.restart(stopped);
    network.run_ms(500);
    assert_eq!(network.nodes[&stopped].applied(), network.nodes[&leader].applied());
}

#[test]
fn proposals_at_a_follower_reach_the_leader_once_each() {
    let mut network = Network::new(3, 2);
    network.elect();
    network.run_ms(500);
    network.doubling = 1_000_000;
    let follower = network.followers()[0];
    let numbers: Vec<_> = (0..50).map(|_| network.propose(follower)).collect();
    network.run_ms(200);
    let mut obeyed = network.nodes[&follower].machine().numbers.clone();
    obeyed.sort_unstable();
    assert_eq!(obeyed, numbers);
}

#[test]
fn what_was_lost_is_noticed_by_the_next_heartbeat() {
    let mut network = Network::new(3, 3);
    let leader = network.elect();
    network.run_ms(1_000);
    let follower = network.followers()[0];
    network.cut.insert((leader, follower));
    network.propose(leader);
    network.run_ms(20);
    network.cut.clear();
    network.run_ms(220);
    assert_eq!(network.nodes[&follower].applied(), network.nodes[&leader].applied());
}

#[test]
fn a_proposal_without_a_leader_waits_for_one() {
    let mut network = Network::new(3, 4);
    let number = network.propose(id(2));
    let withdrawn = network.propose(id(2));
    network.act(id(2), |node, _, _| node.withdraw(withdrawn));
    network.elect();
    network.run_ms(100);
    assert!(network.obeyed.contains_key(&number) && !network.obeyed.contains_key(&withdrawn));
}

#[test]
fn many_proposals_share_a_write_and_a_message() {
    let mut network = Network::new(3, 1);
    let leader = network.elect();
    network.run_ms(1000);
    let before = network.sent;
    let now = network.now;
    let numbers: Vec<_> = (0..500).map(|_| network.propose(leader)).collect();
    network.run_ms(20);
    let took = network.obeyed[numbers.last().unwrap()].since(now);
    assert!(took <= SimDuration::from_millis(8), "{took}");
    assert!(network.sent - before < 40, "{}", network.sent - before);
}

#[test]
fn a_follower_too_far_behind_is_sent_a_snapshot() {
    let settings = Settings { snapshot_count: 100, catch_up_entries: 50, ..Settings::default() };
    let mut network = Network::with(3, 9, settings);
    let leader = network.elect();
    network.run_ms(500);
    let behind = network.followers()[0];
    network.isolate(&[behind]);
    for _ in 0..40 {
        (0..20).for_each(|_| drop(network.propose(leader).to_string()));
        network.run_ms(50);
    }
    assert_eq!(network.snapshots, 0);
    network.cut.clear();
    network.run_ms(2_500);
    assert!(network.snapshots > 0);
    assert_eq!(network.nodes[&behind].applied(), network.nodes[&leader].applied());
    assert_eq!(network.nodes[&behind].machine().numbers.len(), 800);
    assert_eq!(network.nodes[&leader].progress(behind).unwrap().sending, Sending::Replicate);
    assert!(network.nodes[&leader].status().first_index > 500);
}

#[test]
fn a_slow_disk_of_the_leader_costs_it_the_leadership() {
    let mut network = Network::new(3, 13);
    let leader = network.elect();
    network.run_ms(1_000);
    network.act(leader, |node, _, _| node.set_fsync(SimDuration::from_secs(4)));
    network.propose(leader);
    network.run_ms(3_000);
    let other = network.leader().unwrap();
    assert_ne!(other, leader);
    network.act(leader, |node, _, _| node.set_fsync(SimDuration::from_millis(1)));
    network.run_ms(3_000);
    assert_eq!(network.nodes[&leader].leader(), Some(other));
}

#[test]
fn a_slow_disk_of_one_follower_holds_up_nobody_else() {
    let mut network = Network::new(3, 14);
    let leader = network.elect();
    network.run_ms(1_000);
    let slow = network.followers()[0];
    network.act(slow, |node, _, _| node.set_fsync(SimDuration::from_millis(300)));
    let (now, number) = (network.now, network.propose(leader));
    network.run_ms(1_000);
    assert!(network.obeyed[&number].since(now) < SimDuration::from_millis(8));
    assert_eq!(network.nodes[&slow].applied(), network.nodes[&leader].applied());
}

#[test]
fn what_was_not_on_the_disk_is_lost_in_a_crash_and_comes_back_from_the_others() {
    let mut network = Network::new(3, 15);
    let leader = network.elect();
    network.run_ms(500);
    let follower = network.followers()[0];
    network.act(follower, |node, _, _| node.set_fsync(SimDuration::from_millis(500)));
    let number = network.propose(leader);
    network.run_ms(100);
    let in_memory = network.nodes[&follower].status().last_index;
    network.crash(follower);
    assert_eq!(network.nodes[&follower].status().last_index, in_memory - 1);
    assert!(network.obeyed.contains_key(&number));
    network.restart(follower);
    network.run_ms(2_000);
    assert_eq!(network.nodes[&follower].status().last_index, in_memory);
}

#[test]
fn the_disk_of_a_group_of_one_may_be_instant() {
    let mut network = Network::with(1, 1, Settings { fsync: SimDuration::ZERO, ..Settings::default() });
    let number = network.propose(id(1));
    assert_eq!(network.obeyed.get(&number), Some(&network.now));
    network.act(id(1), |node, now, out| {
        (0..3).for_each(|n| node.propose(now, 100 + n, Proposed::Command(100 + n), out));
    });
    assert_eq!(network.nodes[&id(1)].machine().numbers, [number, 100, 101, 102]);
}

/// Found by a storm: the acknowledgement of what the snapshot took away was still on its way to the leader.
#[test]
fn a_late_snapshot_does_not_take_back_what_was_acknowledged() {
    let (leader, term) = (id(2), Term(2));
    let configuration = Configuration::of([id(1), leader, id(3)]);
    let random = Seed(1).stream("test");
    let mut follower = Raft::bootstrap(id(1), configuration.clone(), Tape::default(), Settings::default(), random);
    let (now, mut out) = (SimTime::from_secs(1), Vec::new());
    follower.start(SimTime::ZERO, &mut out);
    let entries = (2..=6).map(|index| Arc::new(Entry { term, index, payload: Payload::Command(index) })).collect();
    let body = Body::Append { previous_index: 1, previous_term: Term(1), entries, commit: 1 };
    follower.receive(now, leader, Message { term, body }, &mut out);
    let snapshot = Snapshot { index: 4, term, configuration, state: Tape::default() };
    follower.receive(now, leader, Message { term, body: Body::Snapshot(Arc::new(snapshot)) }, &mut out);
    follower.wake(now + SimDuration::from_millis(1), &mut out);
    let acknowledged = |output: &Output<Tape>| match output {
        Output::Send(_, Message { body: Body::Appended(index), .. }) => *index,
        _ => 0,
    };
    assert_eq!(out.iter().map(acknowledged).max(), Some(6));
    assert_eq!((follower.status().stable_index, follower.commit()), (6, 4));
}

//! Elections in plain cases.

use std::sync::Arc;

use super::network::{Network, Tape, id};
use crate::engine::{Seed, SimDuration, SimTime};
use crate::etcd::raft::message::{Occasion, Poll};
use crate::etcd::raft::{Body, Configuration, Entry, Message, Output, Payload, Raft, Role, Settings, Term};

#[test]
fn a_group_of_one_leads_at_once_and_sends_nothing() {
    let mut network = Network::new(1, 1);
    network.run_ms(1);
    assert_eq!(network.leader(), Some(id(1)));
    let number = network.propose(id(1));
    network.run_ms(1);
    assert!(network.obeyed.contains_key(&number));
    assert_eq!((network.sent, network.nodes[&id(1)].next_wake()), (0, None));
}

#[test]
fn a_group_elects_one_leader_and_keeps_it() {
    for seed in 0..20 {
        let mut network = Network::new(5, seed);
        let leader = network.elect();
        assert!(network.now <= SimTime::from_secs(3), "{}", network.now);
        network.run(SimDuration::from_secs(20));
        assert_eq!(network.leader(), Some(leader));
        assert!(network.nodes.values().all(|node| node.leader() == Some(leader)));
    }
}

#[test]
fn when_the_leader_stops_writes_stall_for_one_to_two_seconds() {
    for seed in 0..50 {
        let mut network = Network::new(3, seed);
        let old = network.elect();
        network.run_ms(2000);
        network.crash(old);
        let stopped = network.now;
        let survivor = network.followers()[0];
        let number = network.propose(survivor);
        // The one at hand still believes in the old leader and sends it there, where it is lost.
        network.run_ms(2500);
        assert!(!network.obeyed.contains_key(&number));
        let leader = network.leader().unwrap();
        assert!(leader != old);
        let elected = network.nodes[&leader].heard;
        assert!(elected <= stopped);
        let number = network.propose(leader);
        network.run_ms(20);
        assert!(network.obeyed.contains_key(&number), "seed {seed}");
    }
}

#[test]
fn a_follower_that_comes_back_does_not_disturb_the_leader() {
    let mut network = Network::new(3, 7);
    let leader = network.elect();
    network.run_ms(500);
    let lonely = network.followers()[0];
    let term = network.nodes[&leader].term();
    network.isolate(&[lonely]);
    network.run_ms(30_000);
    assert_eq!(network.nodes[&lonely].role(), Role::PreCandidate);
    network.cut.clear();
    network.run_ms(3_000);
    assert_eq!((network.leader(), network.nodes[&leader].term()), (Some(leader), term));
    assert_eq!(network.nodes[&lonely].leader(), Some(leader));
}

#[test]
fn a_leader_without_its_quorum_steps_down_within_two_election_timeouts() {
    let mut network = Network::new(3, 3);
    let leader = network.elect();
    network.run_ms(1_000);
    network.isolate(&[leader]);
    network.run_ms(2_100);
    assert_ne!(network.nodes[&leader].role(), Role::Leader);
    network.run_ms(1_000);
    assert!(network.leader().is_some_and(|other| other != leader));
}

#[test]
fn a_leader_hands_over_when_asked() {
    let mut network = Network::new(3, 5);
    let leader = network.elect();
    network.run_ms(500);
    let (to, term) = (network.followers()[1], network.nodes[&leader].term());
    network.act(leader, |node, now, out| node.transfer_leadership(now, to, out));
    let number = network.propose(leader);
    network.run_ms(50);
    assert_eq!((network.leader(), network.nodes[&to].term()), (Some(to), term.next()));
    assert!(network.obeyed.contains_key(&number), "what came during the transfer waited for the new leader");
}

#[test]
fn a_vote_is_not_forgotten_in_a_crash() {
    let mut network = Network::new(3, 11);
    network.elect();
    network.run_ms(100);
    let voters: Vec<_> = network.nodes.values().map(|node| (node.id(), node.term(), node.status().vote)).collect();
    for (id, term, vote) in voters {
        network.crash(id);
        let status = network.nodes[&id].status();
        assert_eq!((status.term, status.vote, status.role, status.leader), (term, vote, Role::Follower, None));
    }
}

#[test]
fn nobody_votes_twice_in_a_term_not_even_after_a_crash() {
    let mut follower = follower();
    let (now, mut out) = (SimTime::from_secs(1), Vec::new());
    let body = Body::Vote { poll: Poll::Vote, last_index: 1, last_term: Term(1), occasion: Occasion::Timeout };
    let ask = Message { term: Term(5), body };
    follower.receive(now, id(2), ask.clone(), &mut out);
    assert!(granted(&out).is_empty(), "a vote counts once it is on the disk");
    follower.wake(now + SimDuration::from_millis(1), &mut out);
    assert_eq!(granted(&out), [true]);
    follower.crash();
    out.clear();
    follower.start(now, &mut out);
    follower.receive(now, id(3), ask.clone(), &mut out);
    assert_eq!(granted(&out), [false]);
    follower.receive(now, id(2), ask, &mut out);
    assert_eq!(granted(&out), [false, true], "the same vote may be given again");
}

/// Figure 8 of the paper.
#[test]
fn a_leader_commits_older_entries_only_with_one_of_its_own() {
    let mut node = follower();
    let (mut now, mut out) = (SimTime::from_secs(1), Vec::new());
    let entries = (2..=3).map(|index| Arc::new(Entry { term: Term(2), index, payload: Payload::Command(index) }));
    let body = Body::Append { previous_index: 1, previous_term: Term(1), entries: entries.collect(), commit: 1 };
    node.receive(now, id(2), Message { term: Term(2), body }, &mut out);
    for poll in [Poll::PreVote, Poll::Vote] {
        while !out.iter().any(|output| matches!(output, Output::Send(_, m) if matches!(m.body, Body::Vote { .. }))) {
            now = node.next_wake().unwrap();
            node.wake(now, &mut out);
        }
        out.clear();
        let body = Body::VoteReply { poll, granted: true };
        node.receive(now, id(2), Message { term: Term(3), body }, &mut out);
    }
    assert_eq!((node.role(), node.term()), (Role::Leader, Term(3)));
    let appended = |index| Message { term: Term(3), body: Body::Appended(index) };
    node.receive(now, id(2), appended(3), &mut out);
    node.wake(now + SimDuration::from_millis(5), &mut out);
    assert_eq!(node.commit(), 1);
    node.receive(now + SimDuration::from_millis(5), id(2), appended(4), &mut out);
    assert_eq!(node.commit(), 4);
}

/// The first of three members, without a network.
fn follower() -> Raft<Tape> {
    let configuration = Configuration::of((1..=3).map(id));
    let random = Seed(1).stream("test");
    let mut raft = Raft::bootstrap(id(1), configuration, Tape::default(), Settings::default(), random);
    raft.start(SimTime::ZERO, &mut Vec::new());
    raft
}

fn granted(out: &[Output<Tape>]) -> Vec<bool> {
    let reply = |output: &Output<Tape>| match output {
        Output::Send(_, Message { body: Body::VoteReply { granted, .. }, .. }) => Some(*granted),
        _ => None,
    };
    out.iter().filter_map(reply).collect()
}

//! Members come and go.

use super::network::{Network, id};
use crate::etcd::raft::Change;

#[test]
fn a_member_is_replaced_after_a_loss() {
    let mut network = Network::new(3, 1);
    let leader = network.elect();
    (0..50).for_each(|_| drop(network.propose(leader).to_string()));
    network.run_ms(500);
    let lost = network.followers()[0];
    network.crash(lost);
    network.change(leader, Change::Remove(lost));
    network.run_ms(500);
    assert_eq!(network.nodes[&leader].configuration().voters.len(), 2);
    network.join(id(4));
    network.change(leader, Change::AddLearner(id(4)));
    network.run_ms(500);
    assert_eq!(network.nodes[&id(4)].applied(), network.nodes[&leader].applied());
    assert_eq!(network.nodes[&leader].configuration().quorum(), 2);
    network.change(leader, Change::Promote(id(4)));
    network.run_ms(500);
    assert!(network.nodes[&id(4)].configuration().is_voter(id(4)));
    let others: Vec<_> = network.followers().into_iter().filter(|other| *other != lost && *other != id(4)).collect();
    network.crash(others[0]);
    let number = network.propose(leader);
    network.run_ms(100);
    assert!(network.obeyed.contains_key(&number), "the new member counts");
}

#[test]
fn adding_a_member_that_never_starts_to_a_group_of_one_stops_it() {
    let mut network = Network::new(1, 1);
    network.run_ms(10);
    network.change(id(1), Change::AddVoter(id(2)));
    network.run_ms(100);
    assert_eq!(network.nodes[&id(1)].configuration().quorum(), 2);
    let number = network.propose(id(1));
    network.run_ms(5_000);
    assert!(!network.obeyed.contains_key(&number) && network.leader().is_none());
    network.join(id(2));
    network.run_ms(5_000);
    let leader = network.leader().unwrap();
    let number = network.propose(leader);
    network.run_ms(100);
    assert!(network.obeyed.contains_key(&number));
}

#[test]
fn a_leader_that_is_removed_steps_down() {
    let mut network = Network::new(3, 2);
    let leader = network.elect();
    network.run_ms(500);
    network.change(leader, Change::Remove(leader));
    network.run_ms(3_000);
    let new = network.leader().unwrap();
    assert!(new != leader && !network.nodes[&new].configuration().contains(leader));
    assert!(network.nodes[&leader].next_wake().is_none());
}

#[test]
fn a_change_in_a_minority_does_not_count() {
    let mut network = Network::new(5, 3);
    let leader = network.elect();
    network.run_ms(500);
    let followers = network.followers();
    network.isolate(&[leader, followers[0]]);
    network.change(leader, Change::Remove(followers[1]));
    network.run_ms(4_000);
    let new = network.leader().unwrap();
    assert!(followers[1..].contains(&new));
    network.change(new, Change::Remove(leader));
    network.run_ms(500);
    network.cut.clear();
    network.run_ms(3_000);
    let configuration = network.nodes[&network.leader().unwrap()].configuration();
    assert!(configuration.is_voter(followers[1]) && !configuration.contains(leader));
}

#[test]
fn one_change_at_a_time() {
    let mut network = Network::new(3, 4);
    let leader = network.elect();
    network.run_ms(500);
    network.change(leader, Change::AddLearner(id(4)));
    network.change(leader, Change::AddLearner(id(5)));
    network.run_ms(500);
    assert_eq!(network.nodes[&leader].configuration().learners, [id(4)].into());
}

#[test]
fn a_survivor_of_a_lost_quorum_can_be_made_a_group_of_one() {
    let mut network = Network::new(3, 5);
    let leader = network.elect();
    let number = network.propose(leader);
    network.run_ms(500);
    let followers = network.followers();
    followers.iter().for_each(|follower| network.crash(*follower));
    network.run_ms(3_000);
    network.crash(leader);
    network.act(leader, |node, _, _| node.force_new_group());
    network.restart(leader);
    network.run_ms(100);
    assert_eq!(network.nodes[&leader].machine().numbers, [number]);
    let number = network.propose(leader);
    network.run_ms(100);
    assert!(network.obeyed.contains_key(&number));
}

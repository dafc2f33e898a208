//! Linearizable reads.

use super::network::{Network, id};
use crate::engine::SimDuration;

#[test]
fn a_read_waits_for_a_round_trip_of_the_leader() {
    let mut network = Network::new(3, 1);
    let leader = network.elect();
    network.run_ms(500);
    for member in [leader, network.followers()[0]] {
        let (now, number) = (network.now, network.read(member));
        network.run_ms(50);
        let took = network.readable[&number].since(now);
        assert!(took >= SimDuration::from_millis(1) && took < SimDuration::from_millis(8), "{took}");
    }
}

#[test]
fn a_group_of_one_reads_at_once() {
    let mut network = Network::new(1, 1);
    network.run_ms(5);
    let number = network.read(id(1));
    assert_eq!(network.readable.get(&number), Some(&network.now));
}

#[test]
fn a_leader_that_was_cut_off_answers_no_read() {
    let mut network = Network::new(3, 6);
    let old = network.elect();
    network.run_ms(500);
    network.isolate(&[old]);
    let stale = network.read(old);
    network.run_ms(4_000);
    let new = network.leader().unwrap();
    assert_ne!(new, old);
    network.propose(new);
    let fresh = network.read(new);
    network.run_ms(100);
    assert!(network.readable.contains_key(&fresh) && !network.readable.contains_key(&stale));
    network.cut.clear();
    network.run_ms(3_000);
    assert!(!network.readable.contains_key(&stale));
}

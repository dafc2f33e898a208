//! Determinism: the same scenario, seed and inputs give the same history, byte for byte; rewinding is replaying.

use std::sync::Arc;

use podlab::engine::{SimDuration, SimTime};
use podlab::scenario::{Scenario, catalog};
use podlab::session::history::history;
use podlab::session::{Fault, Session};

fn play(scenario: &Arc<Scenario>, seed: u64) -> Session {
    let mut session = Session::open(Arc::clone(scenario), seed).unwrap();
    session.kubectl("get pods -A");
    session.run_for(SimDuration::from_secs(7));
    session.kubectl("create deployment extra --image=nginx --replicas=3");
    session.run_for(SimDuration::from_millis(1_234));
    let node = session.cluster().workers().last().map(|worker| worker.name.to_string()).unwrap();
    session.fault(Fault::NodeDown { node: node.clone() }).unwrap();
    session.run_for(SimDuration::from_secs(65));
    session.fault(Fault::NodeUp { node }).unwrap();
    session.run_for(SimDuration::from_secs(20));
    session
}

#[test]
fn the_same_run_twice_has_the_same_history() {
    for scenario in catalog::all().unwrap() {
        for seed in [1, 7] {
            let (first, second) = (history(play(&scenario, seed).cluster()), history(play(&scenario, seed).cluster()));
            let parted = first.first_divergence(&second).map(|parting| parting.to_string());
            assert_eq!(parted, None, "{} with seed {seed}", scenario.name());
        }
    }
}

#[test]
fn looking_back_shows_the_past_and_rewinding_goes_there() {
    let scenario = catalog::sandbox().unwrap();
    let mut session = play(&scenario, 3);
    let whole = history(session.cluster());
    let middle = session.arrived_at() + SimDuration::from_millis(8_500);
    session.look_at(middle);
    assert_eq!(session.now(), middle);
    let past = history(session.cluster());
    let upto: Vec<_> = whole.marks().iter().filter(|mark| mark.at <= middle).collect();
    assert_eq!(past.marks().iter().collect::<Vec<_>>(), upto);
    session.look_at_present();
    assert_eq!(history(session.cluster()).first_divergence(&whole), None);

    let end = session.present();
    session.rewind(middle);
    assert_eq!(session.present(), middle);
    let mut fork = session.fork();
    // Without the inputs that were cut away the future is another one.
    fork.run_until(end);
    assert!(history(fork.cluster()).first_divergence(&whole).is_some());
    assert_eq!(session.present(), middle);
}

#[test]
fn without_checkpoints_one_can_go_back_too() {
    let scenario = catalog::sandbox().unwrap();
    let mut session = play(&scenario, 3);
    let middle = session.arrived_at() + SimDuration::from_millis(8_500);
    session.look_at(middle);
    let past = history(session.cluster());
    session.keep_no_checkpoints();
    session.run_for(SimDuration::from_secs(20));
    session.rewind(middle);
    assert_eq!(history(session.cluster()).first_divergence(&past), None);
}

#[test]
fn a_paused_session_still_answers_kubectl() {
    let mut session = Session::open(catalog::sandbox().unwrap(), 1).unwrap();
    session.pace_mut().pause();
    let before = session.present();
    let number = session.kubectl("get nodes");
    let (code, text) = session.cluster().outcome_of(number).unwrap();
    assert_eq!(code, 0);
    assert!(text.contains("node-3"), "{text}");
    assert!(session.present().since(before) < SimDuration::from_secs(1));
    assert!(!session.tick(1_000_000));
    assert!(session.present() > SimTime::ZERO);
}

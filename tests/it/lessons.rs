//! Every scenario that comes with podlab is solved by its solutions, not by doing nothing, and not by its wrong answers; and
//! the same seed gives the same history.

use podlab::scenario::{catalog, test};

fn prove(seed: u64) {
    let mut failures = String::new();
    for scenario in catalog::all().unwrap() {
        let report = test(&scenario, seed);
        for check in report.checks.iter().filter(|check| check.outcome.is_err()) {
            failures += &format!("{}: {}: {}\n", report.scenario, check.name, check.outcome.as_ref().unwrap_err());
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_scenario_passes_its_test() {
    prove(1);
}

#[test]
fn another_seed_changes_nothing_about_it() {
    prove(2);
}

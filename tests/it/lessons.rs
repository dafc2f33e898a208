//! Every scenario that comes with podlab is solved by its solutions, not by doing nothing, and not by its wrong answers.

use podlab::scenario::{catalog, test};

#[test]
fn every_scenario_passes_its_test() {
    let mut failures = String::new();
    for scenario in catalog::all().unwrap() {
        let report = test(&scenario, 1);
        for check in report.checks.iter().filter(|check| check.outcome.is_err()) {
            failures += &format!("{}: {}: {}\n", report.scenario, check.name, check.outcome.as_ref().unwrap_err());
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

//! Scenarios of podlab are clean; mistakes are found at their place.

use crate::scenario::{catalog, lint_text};

#[test]
fn the_scenarios_of_podlab_are_clean() {
    let findings = catalog::FILES.iter().flat_map(|(file, text)| lint_text(file, text));
    let found: String = findings.map(|finding| format!("{finding}\n")).collect();
    assert!(found.is_empty(), "{found}");
}

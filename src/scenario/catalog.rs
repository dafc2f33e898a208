//! The catalog: the scenarios that come with podlab, inside the binary.

use std::sync::Arc;

use super::load::{LoadError, read};
use super::scenario::Scenario;

/// Every scenario file, embedded so that the binary needs nothing beside it. A test checks that none is forgotten.
pub const FILES: &[(&str, &str)] = &[
    ("scenarios/hello-pod.yaml", include_str!("../../scenarios/hello-pod.yaml")),
    ("scenarios/one-roof.yaml", include_str!("../../scenarios/one-roof.yaml")),
    ("scenarios/naked-pod.yaml", include_str!("../../scenarios/naked-pod.yaml")),
    ("scenarios/control-loop.yaml", include_str!("../../scenarios/control-loop.yaml")),
    ("scenarios/message-trace.yaml", include_str!("../../scenarios/message-trace.yaml")),
    ("scenarios/typos.yaml", include_str!("../../scenarios/typos.yaml")),
    ("scenarios/rollout-undo.yaml", include_str!("../../scenarios/rollout-undo.yaml")),
    ("scenarios/crash-loop.yaml", include_str!("../../scenarios/crash-loop.yaml")),
    ("scenarios/config.yaml", include_str!("../../scenarios/config.yaml")),
    ("scenarios/newline.yaml", include_str!("../../scenarios/newline.yaml")),
    ("scenarios/probes.yaml", include_str!("../../scenarios/probes.yaml")),
    ("scenarios/image-pull.yaml", include_str!("../../scenarios/image-pull.yaml")),
    ("scenarios/health-check.yaml", include_str!("../../scenarios/health-check.yaml")),
    ("scenarios/jobs.yaml", include_str!("../../scenarios/jobs.yaml")),
    ("scenarios/service.yaml", include_str!("../../scenarios/service.yaml")),
    ("scenarios/pending-cpu.yaml", include_str!("../../scenarios/pending-cpu.yaml")),
    ("scenarios/oom.yaml", include_str!("../../scenarios/oom.yaml")),
    ("scenarios/taints.yaml", include_str!("../../scenarios/taints.yaml")),
    ("scenarios/eggs.yaml", include_str!("../../scenarios/eggs.yaml")),
    ("scenarios/quota.yaml", include_str!("../../scenarios/quota.yaml")),
    ("scenarios/evicted.yaml", include_str!("../../scenarios/evicted.yaml")),
    ("scenarios/who-dies-first.yaml", include_str!("../../scenarios/who-dies-first.yaml")),
    ("scenarios/old-way.yaml", include_str!("../../scenarios/old-way.yaml")),
    ("scenarios/surge.yaml", include_str!("../../scenarios/surge.yaml")),
    ("scenarios/canary.yaml", include_str!("../../scenarios/canary.yaml")),
    ("scenarios/two-versions.yaml", include_str!("../../scenarios/two-versions.yaml")),
    ("scenarios/hpa.yaml", include_str!("../../scenarios/hpa.yaml")),
    ("scenarios/spike.yaml", include_str!("../../scenarios/spike.yaml")),
    ("scenarios/gitops.yaml", include_str!("../../scenarios/gitops.yaml")),
    ("scenarios/sigterm.yaml", include_str!("../../scenarios/sigterm.yaml")),
    ("scenarios/zero-lost.yaml", include_str!("../../scenarios/zero-lost.yaml")),
    ("scenarios/last-man-out.yaml", include_str!("../../scenarios/last-man-out.yaml")),
    ("scenarios/will-not-die.yaml", include_str!("../../scenarios/will-not-die.yaml")),
    ("scenarios/trap.yaml", include_str!("../../scenarios/trap.yaml")),
    ("scenarios/ways-to-go.yaml", include_str!("../../scenarios/ways-to-go.yaml")),
    ("scenarios/sidecar.yaml", include_str!("../../scenarios/sidecar.yaml")),
    ("scenarios/volume.yaml", include_str!("../../scenarios/volume.yaml")),
    ("scenarios/worker-dies.yaml", include_str!("../../scenarios/worker-dies.yaml")),
    ("scenarios/drain.yaml", include_str!("../../scenarios/drain.yaml")),
    ("scenarios/forbidden.yaml", include_str!("../../scenarios/forbidden.yaml")),
    ("scenarios/ha-masters.yaml", include_str!("../../scenarios/ha-masters.yaml")),
];

/// Loads every scenario that comes with podlab, in the order of tracks and numbers.
///
/// # Errors
/// When one does not load, which a test rules out.
pub fn all() -> Result<Vec<Arc<Scenario>>, LoadError> {
    let mut scenarios = Vec::with_capacity(FILES.len());
    for (file, text) in FILES {
        scenarios.push(Arc::new(read(file, text)?));
    }
    scenarios.sort_by_key(|scenario| scenario.label("order").map(str::to_owned));
    Ok(scenarios)
}

/// The scenario of that name.
///
/// # Errors
/// When one does not load, which a test rules out.
pub fn find(name: &str) -> Result<Option<Arc<Scenario>>, LoadError> {
    Ok(all()?.into_iter().find(|scenario| scenario.name() == name))
}

/// An empty cluster without a story, to try things in.
///
/// # Errors
/// When it does not load, which a test rules out.
pub fn sandbox() -> Result<Arc<Scenario>, LoadError> {
    read("sandbox.yaml", include_str!("../../assets/sandbox.yaml")).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scenario_is_forgotten() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("scenarios/{}", entry.unwrap().file_name().to_string_lossy()))
            .collect();
        files.sort();
        let mut known: Vec<&str> = FILES.iter().map(|(file, _)| *file).collect();
        known.sort_unstable();
        assert_eq!(files, known);
    }

    #[test]
    fn every_scenario_is_called_like_its_file_and_has_an_order() {
        for ((file, _), scenario) in FILES.iter().zip(FILES.iter().map(|(file, text)| read(file, text).unwrap())) {
            assert_eq!(*file, format!("scenarios/{}.yaml", scenario.name()));
            assert!(scenario.label("order").is_some(), "{file}");
        }
    }
}

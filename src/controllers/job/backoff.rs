//! How long a Job waits before it tries again after failures.
//!
//! Models `pkg/controller/job/backoff_utils.go`.

use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::{Pod, time};

/// Source: `DefaultJobPodFailureBackOff`, `MaxJobPodFailureBackOff`.
const INITIAL: SimDuration = SimDuration::from_secs(10);
const MOST: SimDuration = SimDuration::from_secs(600);

/// When the next Pod may be made: after the last failure, twice as long for each failure since the last success.
#[must_use]
pub fn next_try(finished: &[Arc<Pod>]) -> Option<SimTime> {
    let mut ends: Vec<(SimTime, bool)> =
        finished.iter().filter_map(|pod| Some((finished_at(pod)?, pod.phase() == "Succeeded"))).collect();
    ends.sort_unstable();
    let failures = ends.iter().rev().take_while(|(_, succeeded)| !succeeded).count();
    let last = ends.last().filter(|_| failures > 0)?.0;
    Some(last + wait(i32::try_from(failures).unwrap_or(i32::MAX)))
}

/// How long to wait after so many failures.
#[must_use]
pub fn wait(failures: i32) -> SimDuration {
    match u32::try_from(failures) {
        Ok(failures @ 1..) => (INITIAL * (1 << (failures - 1).min(16))).min(MOST),
        _ => SimDuration::ZERO,
    }
}

/// When the last container of a Pod ended; for one that was deleted before any did, when that was asked.
#[must_use]
pub fn finished_at(pod: &Pod) -> Option<SimTime> {
    let ends = pod.container_statuses().iter().filter_map(|status| {
        let ended = status.state.as_ref()?.terminated.as_ref()?;
        Some(time::sim_time(ended.finished_at.as_ref()?.0))
    });
    let asked = pod.metadata.deletion_timestamp.as_ref().map(|at| time::sim_time(at.0));
    let condition = pod.condition("Ready").and_then(|ready| ready.last_transition_time.as_ref());
    ends.max().or(asked).or_else(|| condition.map(|at| time::sim_time(at.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::core::{ContainerState, ContainerStateTerminated, ContainerStatus};

    fn ended(phase: &str, at: u64) -> Arc<Pod> {
        let mut pod = Pod::default();
        let terminated = ContainerStateTerminated {
            finished_at: Some(time::time(SimTime::from_secs(at))),
            ..ContainerStateTerminated::default()
        };
        let state = ContainerState { terminated: Some(terminated), ..ContainerState::default() };
        let status = pod.status_mut();
        status.phase = Some(phase.into());
        status.container_statuses = Some(vec![ContainerStatus { state: Some(state), ..ContainerStatus::default() }]);
        Arc::new(pod)
    }

    #[test]
    fn each_failure_since_the_last_success_doubles_the_wait() {
        assert_eq!(next_try(&[]), None);
        assert_eq!(next_try(&[ended("Failed", 100)]), Some(SimTime::from_secs(110)));
        let three = [ended("Failed", 100), ended("Failed", 115), ended("Failed", 140)];
        assert_eq!(next_try(&three), Some(SimTime::from_secs(180)));
        let after_success = [ended("Failed", 100), ended("Succeeded", 120), ended("Failed", 140)];
        assert_eq!(next_try(&after_success), Some(SimTime::from_secs(150)));
        assert_eq!(next_try(&[ended("Failed", 100), ended("Succeeded", 120)]), None);
    }
}

//! How long a failed Pod of a DaemonSet stays before it is replaced: each failure on a node doubles the wait.
//!
//! Models `failedPodsBackoff` of `pkg/controller/daemon/daemon_controller.go` and `client-go/util/flowcontrol/backoff.go`.

use std::collections::BTreeMap;

use crate::engine::{SimDuration, SimTime};

/// Source: `cmd/kube-controller-manager/app/apps.go`, `flowcontrol.NewBackOff`.
const FIRST: SimDuration = SimDuration::from_secs(1);
const MOST: SimDuration = SimDuration::from_secs(15 * 60);

/// The set by its UID and generation, and the node.
pub type Place = (String, i64, String);

/// What is known of failures.
#[derive(Clone, Debug, Default)]
pub struct FailedPods(BTreeMap<Place, (SimDuration, SimTime)>);

impl FailedPods {
    /// How long a Pod that failed here has to stay; `None`: it may go now, and the next one waits longer.
    pub fn wait(&mut self, place: Place, now: SimTime) -> Option<SimDuration> {
        let known = self.0.get(&place).copied();
        // After twice the longest wait everything is forgotten.
        let known = known.filter(|(_, at)| now.since(*at) <= MOST * 2);
        if let Some((wait, _)) = known.filter(|(wait, at)| now.since(*at) < *wait) {
            return Some(wait);
        }
        let next = known.map_or(FIRST, |(wait, _)| (wait * 2).min(MOST));
        self.0.insert(place, (next, now));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait() {
        let mut failed = FailedPods::default();
        let mut at = |seconds| failed.wait(("u".into(), 1, "n".into()), SimTime::from_secs(seconds));
        assert_eq!([at(0), at(0)], [None, Some(FIRST)]);
        assert_eq!([at(1), at(2)], [None, Some(FIRST * 2)]);
        assert_eq!(at(3), None);
    }
}

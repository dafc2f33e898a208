//! The status of a DaemonSet.
//!
//! Models `pkg/controller/daemon/daemon_controller.go`, `updateDaemonSetStatus`.

use crate::model::apps::{DaemonSet, DaemonSetStatus};

use super::node::Fit;
use super::plan::Roster;

/// The status that `set` should have.
#[must_use]
pub fn status(set: &DaemonSet, roster: &Roster) -> DaemonSetStatus {
    let old = set.status.clone().unwrap_or_default();
    let mut status = DaemonSetStatus {
        observed_generation: set.metadata.generation,
        collision_count: old.collision_count,
        conditions: old.conditions,
        ..DaemonSetStatus::default()
    };
    let (mut updated, mut available) = (0, 0);
    for place in roster.nodes.values() {
        let has_pod = !place.pods.is_empty();
        if place.fit != Fit::Runs {
            status.number_misscheduled += i32::from(has_pod);
            continue;
        }
        status.desired_number_scheduled += 1;
        // The newest Pod speaks for the node. Source: `sort.Sort(podByCreationTimestampAndPhase(daemonPods))`.
        let Some(pod) = place.pods.last() else { continue };
        status.current_number_scheduled += 1;
        if pod.is_ready() {
            status.number_ready += 1;
            available += i32::from(roster.is_available(pod));
        }
        updated += i32::from(roster.is_updated(pod));
    }
    status.updated_number_scheduled = positive(updated);
    status.number_available = positive(available);
    status.number_unavailable = positive(status.desired_number_scheduled - available);
    status
}

/// Counts of nothing are left out, as `omitempty` does.
fn positive(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}

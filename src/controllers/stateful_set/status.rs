//! The status of a StatefulSet.
//!
//! Models `pkg/controller/statefulset/stateful_set_control.go`, `completeRollingUpdate`, and `stateful_set_status_updater.go`.

use crate::engine::SimDuration;
use crate::model::apps::{StatefulSet, StatefulSetStatus};

use super::identity;
use super::plan::{Roster, is_healthy};

/// The status that `set` should have.
#[must_use]
pub fn status(set: &StatefulSet, roster: &Roster) -> StatefulSetStatus {
    let old = set.status.clone().unwrap_or_default();
    let mut status = StatefulSetStatus {
        observed_generation: set.metadata.generation,
        current_revision: Some(roster.current.clone()),
        update_revision: Some(roster.update.clone()),
        collision_count: Some(old.collision_count.unwrap_or(0)),
        conditions: old.conditions,
        ..StatefulSetStatus::default()
    };
    let (mut ready, mut available, mut current, mut updated) = (0, 0, 0, 0);
    for pod in roster.pods.values() {
        status.replicas += i32::from(!pod.phase().is_empty());
        let is_ready = pod.phase() == "Running" && pod.is_ready();
        ready += i32::from(is_ready);
        available += i32::from(is_healthy(pod) && roster.until_available(pod) == Some(SimDuration::ZERO));
        if pod.metadata.deletion_timestamp.is_none() {
            current += i32::from(identity::revision(pod) == roster.current);
            updated += i32::from(identity::revision(pod) == roster.update);
        }
    }
    status.available_replicas = Some(available);
    status.ready_replicas = positive(ready);
    let wanted = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    if !roster.is_on_delete() && [updated, ready, status.replicas] == [wanted; 3] {
        status.current_revision = Some(roster.update.clone());
        current = updated;
    }
    status.current_replicas = positive(current);
    status.updated_replicas = positive(updated);
    status
}

/// Counts of nothing are left out, as `omitempty` does.
fn positive(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}

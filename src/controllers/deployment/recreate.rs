//! The strategy Recreate: the old Pods go, all of them, before a new one comes.
//!
//! Models `pkg/controller/deployment/recreate.go`.

use super::bounds;
use super::replica_sets::{View, actual, replicas};
use super::step::Step;

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Old ReplicaSets are scaled to nothing.
    ScaleDown(Vec<Step>),
    /// Their Pods are still there.
    Wait,
    /// The new ReplicaSet may be made and grow.
    ScaleUp,
}

/// Where a rollout stands; `old_pods` tells whether any Pod of another ReplicaSet than the new one has not ended.
#[must_use]
pub fn phase(view: &View, old_pods: bool) -> Phase {
    let down: Vec<_> = view.old.iter().filter(|rs| replicas(rs) > 0).map(|rs| Step::scale(rs, 0)).collect();
    if !down.is_empty() {
        Phase::ScaleDown(down)
    } else if old_pods || view.old.iter().any(|rs| actual(rs) > 0) {
        Phase::Wait
    } else {
        Phase::ScaleUp
    }
}

/// Brings the new ReplicaSet to its full size.
#[must_use]
pub fn scale_up(view: &View) -> Vec<Step> {
    let wanted = bounds::replicas(&view.deployment);
    view.new.iter().filter(|rs| replicas(rs) != wanted).map(|rs| Step::scale(rs, wanted)).collect()
}

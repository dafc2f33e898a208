//! The conditions of a Deployment.
//!
//! Models `pkg/controller/deployment/util/deployment_util.go`, `SetDeploymentCondition`.

use crate::engine::SimTime;
use crate::model::apps::{Deployment, DeploymentCondition, DeploymentStatus};
use crate::model::time;

/// Whether the rollout gets on.
pub const PROGRESSING: &str = "Progressing";
/// Whether enough Pods are available.
pub const AVAILABLE: &str = "Available";
/// Whether Pods cannot be created or deleted.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";

/// Reasons of [`PROGRESSING`].
pub mod reason {
    /// A ReplicaSet was made.
    pub const CREATED: &str = "NewReplicaSetCreated";
    /// A ReplicaSet of the same template was there already.
    pub const FOUND: &str = "FoundNewReplicaSet";
    /// Pods came, went, or became ready.
    pub const UPDATED: &str = "ReplicaSetUpdated";
    /// The rollout is complete.
    pub const COMPLETE: &str = "NewReplicaSetAvailable";
    /// Nothing moved for too long.
    pub const TIMED_OUT: &str = "ProgressDeadlineExceeded";
    /// A ReplicaSet could not be made.
    pub const CREATE_ERROR: &str = "ReplicaSetCreateError";
    /// The rollout is paused.
    pub const PAUSED: &str = "DeploymentPaused";
    /// It goes on.
    pub const RESUMED: &str = "DeploymentResumed";
}

/// A condition that begins now.
#[must_use]
pub fn condition(kind: &str, status: &str, reason: &str, message: &str, now: SimTime) -> DeploymentCondition {
    DeploymentCondition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        last_update_time: Some(time::time(now)),
        last_transition_time: Some(time::time(now)),
    }
}

/// The condition of that type.
#[must_use]
pub fn get<'a>(status: &'a DeploymentStatus, kind: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.as_ref()?.iter().find(|condition| condition.type_ == kind)
}

/// The condition of that type of a Deployment.
#[must_use]
pub fn of<'a>(deployment: &'a Deployment, kind: &str) -> Option<&'a DeploymentCondition> {
    get(deployment.status.as_ref()?, kind)
}

/// The reason of its [`PROGRESSING`]; empty without one.
#[must_use]
pub fn progress_reason(deployment: &Deployment) -> &str {
    of(deployment, PROGRESSING).and_then(|condition| condition.reason.as_deref()).unwrap_or_default()
}

/// Takes a condition in at the end, unless it says what is said already. The time of the last transition stays as long as
/// the status does.
pub fn set(status: &mut DeploymentStatus, mut new: DeploymentCondition) {
    if let Some(old) = get(status, &new.type_) {
        if old.status == new.status && old.reason == new.reason {
            return;
        }
        if old.status == new.status {
            new.last_transition_time.clone_from(&old.last_transition_time);
        }
    }
    remove(status, &new.type_.clone());
    status.conditions.get_or_insert_default().push(new);
}

/// Takes a condition out.
pub fn remove(status: &mut DeploymentStatus, kind: &str) {
    if let Some(conditions) = &mut status.conditions {
        conditions.retain(|condition| condition.type_ != kind);
    }
    status.conditions = status.conditions.take().filter(|conditions| !conditions.is_empty());
}

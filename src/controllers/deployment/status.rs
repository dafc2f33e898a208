//! The status of a Deployment, and whether its rollout is complete, gets on, or is stuck.
//!
//! Models `pkg/controller/deployment/progress.go` and `sync.go`, `calculateStatus`.

use crate::engine::{SimDuration, SimTime};
use crate::model::apps::{Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet};
use crate::model::{Meta, time};

use super::bounds;
use super::conditions::{self, AVAILABLE, PROGRESSING, REPLICA_FAILURE, condition, reason};
use super::replica_sets::{self, View};

/// How long a rollout may stand still; `None` when it may for ever.
#[must_use]
pub fn progress_deadline(deployment: &Deployment) -> Option<SimDuration> {
    let seconds = deployment.spec.as_ref()?.progress_deadline_seconds?;
    // The API's way to say "no deadline" is the largest number there is.
    (seconds != i32::MAX).then(|| SimDuration::from_secs(u64::from(seconds.unsigned_abs())))
}

/// The counts, the conditions as they were, and whether enough Pods are available.
#[must_use]
pub fn counted(view: &View) -> DeploymentStatus {
    let deployment = &view.deployment;
    let before = deployment.status.as_ref();
    let sum = |count: fn(&ReplicaSet) -> i32| view.all().map(|rs| count(rs)).sum::<i32>();
    let available = sum(replica_sets::available);
    let terminating: Option<i32> =
        view.all().map(|rs| rs.status.as_ref().and_then(|status| status.terminating_replicas)).sum();
    let mut status = DeploymentStatus {
        observed_generation: deployment.metadata.generation,
        replicas: shown(sum(replica_sets::actual)),
        updated_replicas: shown(view.new.as_deref().map_or(0, replica_sets::actual)),
        ready_replicas: shown(sum(replica_sets::ready)),
        available_replicas: shown(available),
        unavailable_replicas: shown((sum(replica_sets::replicas) - available).max(0)),
        terminating_replicas: terminating,
        collision_count: before.and_then(|before| before.collision_count),
        conditions: before.and_then(|before| before.conditions.clone()),
    };
    let enough = available >= bounds::replicas(deployment) - bounds::max_unavailable(deployment);
    let (truth, why, message) = if enough {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    conditions::set(&mut status, condition(AVAILABLE, truth, why, message, view.now));
    status
}

/// The status of a rollout under way: [`counted`], and how it gets on.
#[must_use]
pub fn of_rollout(view: &View) -> DeploymentStatus {
    let deployment = &view.deployment;
    let mut status = counted(view);
    let current = conditions::of(deployment, PROGRESSING);
    let was_complete = status.replicas == status.updated_replicas
        && current.is_some_and(|condition| condition.reason.as_deref() == Some(reason::COMPLETE));
    match progress_deadline(deployment) {
        None => conditions::remove(&mut status, PROGRESSING),
        Some(deadline) if !was_complete => tell_progress(&mut status, view, current, deadline),
        Some(_) => {}
    }
    match failure(view) {
        Some(failed) => conditions::set(&mut status, failed),
        None => conditions::remove(&mut status, REPLICA_FAILURE),
    }
    status
}

fn tell_progress(
    status: &mut DeploymentStatus,
    view: &View,
    current: Option<&DeploymentCondition>,
    deadline: SimDuration,
) {
    let who = match &view.new {
        Some(rs) => format!("ReplicaSet \"{}\"", rs.metadata.name()),
        None => format!("Deployment \"{}\"", view.deployment.metadata.name()),
    };
    let told = |truth, why, rest: &str| condition(PROGRESSING, truth, why, &format!("{who} {rest}"), view.now);
    if is_complete(&view.deployment, status) {
        conditions::set(status, told("True", reason::COMPLETE, "has successfully progressed."));
    } else if has_progressed(view.deployment.status.as_ref(), status) {
        let mut new = told("True", reason::UPDATED, "is progressing.");
        if let Some(current) = current.filter(|current| current.status == "True") {
            new.last_transition_time.clone_from(&current.last_transition_time);
        }
        // Every step of progress renews the condition, or the deadline would run from the first one.
        conditions::remove(status, PROGRESSING);
        conditions::set(status, new);
    } else if has_timed_out(status, deadline, view.now) {
        conditions::set(status, told("False", reason::TIMED_OUT, "has timed out progressing."));
    }
}

/// Whether everything asked for is there, new, and available.
#[must_use]
pub fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let wanted = bounds::replicas(deployment);
    status.updated_replicas.unwrap_or(0) == wanted
        && status.replicas.unwrap_or(0) == wanted
        && status.available_replicas.unwrap_or(0) == wanted
        && status.observed_generation >= deployment.metadata.generation
}

fn has_progressed(old: Option<&DeploymentStatus>, new: &DeploymentStatus) -> bool {
    let updated = |status: &DeploymentStatus| status.updated_replicas.unwrap_or(0);
    let outdated = |status: &DeploymentStatus| status.replicas.unwrap_or(0) - updated(status);
    let before = old.cloned().unwrap_or_default();
    updated(new) > updated(&before)
        || outdated(new) < outdated(&before)
        || new.ready_replicas > before.ready_replicas
        || new.available_replicas > before.available_replicas
}

fn has_timed_out(status: &DeploymentStatus, deadline: SimDuration, now: SimTime) -> bool {
    let Some(current) = conditions::get(status, PROGRESSING) else { return false };
    match current.reason.as_deref() {
        Some(reason::COMPLETE) => false,
        Some(reason::TIMED_OUT) => true,
        _ => updated_at(current) + deadline < now,
    }
}

fn updated_at(condition: &DeploymentCondition) -> SimTime {
    condition.last_update_time.as_ref().map_or(SimTime::ZERO, |at| time::sim_time(at.0))
}

/// When to look again at a rollout whose status did not change, to find out whether it has timed out.
#[must_use]
pub fn next_look(view: &View, status: &DeploymentStatus) -> Option<SimDuration> {
    let deadline = progress_deadline(&view.deployment)?;
    let current = conditions::of(&view.deployment, PROGRESSING)?;
    if is_complete(&view.deployment, status) || current.reason.as_deref() == Some(reason::TIMED_OUT) {
        return None;
    }
    // One more second, since timestamps are cut to whole ones.
    Some((updated_at(current) + deadline).since(view.now) + SimDuration::from_secs(1))
}

/// What keeps Pods from being created or deleted, as the new ReplicaSet tells it, or else any.
fn failure(view: &View) -> Option<DeploymentCondition> {
    let told = |rs: &ReplicaSet| {
        let conditions = rs.status.as_ref()?.conditions.as_ref()?;
        let failed = conditions.iter().find(|condition| condition.type_ == REPLICA_FAILURE)?;
        Some(DeploymentCondition {
            type_: failed.type_.clone(),
            status: failed.status.clone(),
            reason: failed.reason.clone(),
            message: failed.message.clone(),
            last_transition_time: failed.last_transition_time.clone(),
            last_update_time: failed.last_transition_time.clone(),
        })
    };
    view.new.as_deref().and_then(told).or_else(|| view.old.iter().find_map(|rs| told(rs)))
}

fn shown(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}

/// Whether the two say the same; absent counts are 0.
#[must_use]
pub fn same(one: Option<&DeploymentStatus>, two: &DeploymentStatus) -> bool {
    let plain = |status: &DeploymentStatus| DeploymentStatus {
        replicas: status.replicas.filter(|count| *count != 0),
        updated_replicas: status.updated_replicas.filter(|count| *count != 0),
        ready_replicas: status.ready_replicas.filter(|count| *count != 0),
        available_replicas: status.available_replicas.filter(|count| *count != 0),
        unavailable_replicas: status.unavailable_replicas.filter(|count| *count != 0),
        ..status.clone()
    };
    plain(&one.cloned().unwrap_or_default()) == plain(two)
}

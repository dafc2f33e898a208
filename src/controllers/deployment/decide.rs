//! What to do about a Deployment, from one view of it and its ReplicaSets.
//!
//! Models `pkg/controller/deployment/deployment_controller.go`, `syncDeployment`, without its calls.

use std::sync::Arc;

use crate::model::Meta;
use crate::model::apps::Deployment;

use super::conditions::{self, PROGRESSING, condition, progress_reason, reason};
use super::recreate::{self, Phase};
use super::replica_sets::View;
use super::status::{is_complete, progress_deadline};
use super::step::{Decision, Finish, Step};
use super::{bounds, revision, rolling, scaling};

/// Decides; `old_pods` tells whether any Pod of another ReplicaSet than the new one has not ended.
#[must_use]
pub fn decide(view: &View, old_pods: bool) -> Decision {
    let mut view = view.clone();
    if view.deployment.metadata.is_terminating() {
        return Decision { steps: revision::sync(&mut view), finish: Finish::Counts };
    }
    let mut steps = Vec::new();
    if let Some(deployment) = with_pause_told(&view) {
        view.deployment = Arc::new(deployment);
        steps.push(Step::Write(Arc::clone(&view.deployment)));
    }
    steps.extend(revision::sync(&mut view));
    if is_paused(&view.deployment) {
        steps.extend(scaling::plan(&view));
        steps.extend(rolling::surplus_history(&view));
        return Decision { steps, finish: Finish::Counts };
    }
    if scaling::is_due(&view) {
        steps.extend(scaling::plan(&view));
        return Decision { steps, finish: Finish::Counts };
    }
    let rollout = if bounds::is_rolling(&view.deployment) { roll(&mut view) } else { recreate(&view, old_pods) };
    let waits = rollout.is_empty();
    steps.extend(rollout);
    let status = view.deployment.status.clone().unwrap_or_default();
    if waits && is_complete(&view.deployment, &status) {
        steps.extend(rolling::surplus_history(&view));
    }
    Decision { steps, finish: Finish::Rollout }
}

/// Whether its rollout is paused.
#[must_use]
pub fn is_paused(deployment: &Deployment) -> bool {
    deployment.spec.as_ref().is_some_and(|spec| spec.paused == Some(true))
}

fn roll(view: &mut View) -> Vec<Step> {
    if view.new.is_some() {
        return rolling::plan(view);
    }
    let new = revision::new_replica_set(view);
    let create = Step::Create(Box::new(new.clone()));
    // The old ones may shrink at once, as far as the new one makes it possible.
    view.new = Some(Arc::new(new));
    let mut steps = vec![create];
    steps.extend(rolling::plan(view));
    steps
}

fn recreate(view: &View, old_pods: bool) -> Vec<Step> {
    match recreate::phase(view, old_pods) {
        Phase::ScaleDown(steps) => steps,
        Phase::Wait => Vec::new(),
        Phase::ScaleUp if view.new.is_none() => vec![Step::Create(Box::new(revision::new_replica_set(view)))],
        Phase::ScaleUp => recreate::scale_up(view),
    }
}

/// The Deployment with a condition that says that it was paused, or that it goes on; `None` when it says so already.
fn with_pause_told(view: &View) -> Option<Deployment> {
    progress_deadline(&view.deployment)?;
    let told = progress_reason(&view.deployment);
    let (why, message) = match (is_paused(&view.deployment), told) {
        // A rollout that has timed out is not made to look better by a pause.
        (_, reason::TIMED_OUT) | (true, reason::PAUSED) => return None,
        (true, _) => (reason::PAUSED, "Deployment is paused"),
        (false, reason::PAUSED) => (reason::RESUMED, "Deployment is resumed"),
        (false, _) => return None,
    };
    let mut deployment = (*view.deployment).clone();
    let told = condition(PROGRESSING, "Unknown", why, message, view.now);
    conditions::set(deployment.status.get_or_insert_default(), told);
    Some(deployment)
}

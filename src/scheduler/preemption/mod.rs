//! Preemption: which Pods of lower priority would have to go, and from which node, so that a Pod finds room.
//!
//! Models `pkg/scheduler/framework/preemption/preemption.go`.
//!
//! PodDisruptionBudgets are kept where that is possible: a node where one would be broken is chosen only if there is no other.
//!
//! Reading order: this file, [`dry_run`], [`choose`].

mod choose;
mod dry_run;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::Arc;

use crate::model::Pod;

use choose::Harm;

use super::framework::diagnosis::histogram;
use super::framework::{Code, Refusal, Rejection, Stage};
use super::pod_info::PodInfo;

pub use dry_run::DryRuns;

const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
const NO_VICTIMS: &str = "No preemption victims found for incoming pod";
const NEVER: &str = "not eligible due to preemptionPolicy=Never.";
const TERMINATING: &str = "not eligible due to a terminating pod on the nominated node.";

/// The reason of the condition that a victim gets.
pub const VICTIM_REASON: &str = "PreemptionByScheduler";

/// A node, and the Pods that would have to leave it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The node.
    pub node: Arc<str>,
    /// The Pods that go, the most important first.
    pub victims: Vec<Arc<PodInfo>>,
    /// How many of them their budget would keep.
    pub violations: usize,
}

/// Looks for room; `enough` says of how many nodes where it might help at least how many are tried.
///
/// # Errors
/// Why there is none to be made, as the message tells it.
pub fn preempt(stage: &Stage<'_>, enough: impl Fn(usize) -> usize) -> Result<Candidate, Refusal> {
    if let Some(text) = ineligible(stage) {
        return Err(Refusal { text: text.to_owned(), is_nomination_kept: true });
    }
    let potential = stage.diagnosis.resolvable();
    let wanted = enough(potential.len());
    let own = RefCell::default();
    let mut tried = stage.dry_runs.unwrap_or(&own).borrow_mut();
    tried.renew(stage.snapshot.len(), stage.snapshot.budgets.epoch);
    let mut best: Option<(Harm, usize)> = None;
    let (mut found, mut has_harmless) = (0, false);
    let mut state = None;
    for turn in 0..potential.len() {
        let place = potential[(stage.offset + turn) % potential.len()];
        if let Some(harm) = tried.harm_at(stage, &mut state, place) {
            found += 1;
            has_harmless |= harm.0 == 0;
            if best.is_none_or(|(least, _)| harm < least) {
                best = Some((harm, place));
            }
        }
        // Goes on for as long as every choice breaks a budget. Source: `DryRunPreemption`.
        if found >= wanted && has_harmless {
            break;
        }
    }
    let chosen = best.and_then(|(_, place)| tried.candidate(place));
    chosen.cloned().ok_or_else(|| {
        let refusals: Vec<&Rejection> = potential.iter().filter_map(|place| tried.refusal(*place)).collect();
        Refusal { text: summary(stage.snapshot.len(), &refusals), is_nomination_kept: false }
    })
}

/// Why the Pod may not push others aside at all.
fn ineligible(stage: &Stage<'_>) -> Option<&'static str> {
    let pod = stage.pod;
    if pod.pod.spec.preemption_policy.as_deref() == Some("Never") {
        return Some(NEVER);
    }
    let nominated = stage.snapshot.node(pod.nominated_node())?;
    let index = stage.snapshot.index_of(&nominated.name)?;
    let is_hopeless = stage
        .diagnosis
        .rejection(index)
        .is_some_and(|pattern| pattern.rejection.code == Code::UnschedulableAndUnresolvable);
    let leaves = |other: &Arc<PodInfo>| other.priority() < pod.priority() && is_leaving_for_another(&other.pod);
    (!is_hopeless && nominated.pods.iter().any(leaves)).then_some(TERMINATING)
}

fn is_leaving_for_another(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
        && pod
            .condition("DisruptionTarget")
            .is_some_and(|condition| condition.status == "True" && condition.reason.as_deref() == Some(VICTIM_REASON))
}

/// `0/3 nodes are available: …`, where nodes that were not tried count as not helped.
fn summary(nodes: usize, refusals: &[&Rejection]) -> String {
    let untried = nodes - refusals.len();
    let not_helpful = Rejection::unresolvable(NOT_HELPFUL);
    let tried = refusals.iter().map(|rejection| (&rejection.reasons[..], 1));
    let untried = (untried > 0).then_some((&not_helpful.reasons[..], untried));
    format!("0/{nodes} nodes are available:{}", histogram(tried.chain(untried)))
}

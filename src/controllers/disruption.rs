//! The condition by which a Pod is told that it goes for a reason that is not its own.
//!
//! Models `DisruptionTarget` of `core/v1/types.go`.

use crate::engine::SimTime;
use crate::model::core::PodCondition;
use crate::model::{Pod, time};

/// The Pod with the condition; `None` when it says so already.
#[must_use]
pub fn with_disruption_target(pod: &Pod, reason: &str, message: &str, now: SimTime) -> Option<Pod> {
    let current = pod.condition("DisruptionTarget");
    let same = |condition: &PodCondition| {
        condition.status == "True"
            && condition.reason.as_deref() == Some(reason)
            && condition.message.as_deref() == Some(message)
    };
    if current.is_some_and(same) {
        return None;
    }
    let kept = current.filter(|condition| condition.status == "True");
    let since = kept.and_then(|condition| condition.last_transition_time.clone());
    let condition = PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        last_transition_time: since.or(Some(time::time(now))),
        observed_generation: pod.metadata.generation,
        ..PodCondition::default()
    };
    let mut pod = pod.clone();
    let conditions = pod.status_mut().conditions.get_or_insert_default();
    match conditions.iter_mut().find(|old| old.type_ == condition.type_) {
        Some(old) => *old = condition,
        None => conditions.push(condition),
    }
    Some(pod)
}

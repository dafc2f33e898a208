//! What the conditions of an autoscaler say.
//!
//! Models `setConditionInList` of `pkg/controller/podautoscaler/horizontal.go`.

use crate::engine::SimTime;
use crate::model::autoscaling::{HorizontalPodAutoscalerCondition, HorizontalPodAutoscalerStatus};
use crate::model::time;

/// Sets the condition of a type; the time is that of the last change of its status.
pub fn set(
    status: &mut HorizontalPodAutoscalerStatus,
    (kind, is_true): (&str, bool),
    reason: &str,
    message: &str,
    now: SimTime,
) {
    let conditions = status.conditions.get_or_insert_default();
    let value = if is_true { "True" } else { "False" };
    let index = conditions.iter().position(|one| one.type_ == kind).unwrap_or_else(|| {
        conditions.push(HorizontalPodAutoscalerCondition { type_: kind.into(), ..Default::default() });
        conditions.len() - 1
    });
    let condition = &mut conditions[index];
    if condition.status != value {
        condition.last_transition_time = Some(time::time(now));
    }
    condition.status = value.into();
    condition.reason = Some(reason.into());
    condition.message = Some(message.into());
}

//! Rows of PriorityClasses.

use super::{Column, age, column, name, text_or};
use crate::engine::SimTime;
use crate::model::scheduling::PriorityClass;

pub(super) const COLUMNS: &[Column] =
    &[column("Name"), column("Value"), column("Global-Default"), column("Age"), column("PreemptionPolicy")];

pub(super) fn cells(class: &PriorityClass, now: SimTime) -> Vec<String> {
    vec![
        name(&class.metadata),
        class.value.unwrap_or(0).to_string(),
        class.global_default.unwrap_or(false).to_string(),
        age(&class.metadata, now),
        text_or(class.preemption_policy.as_deref(), "PreemptLowerPriority"),
    ]
}

//! PriorityClasses.

use super::text::Text;
use crate::model::Meta;
use crate::model::scheduling::PriorityClass;
use crate::model::selector::format_labels;

pub(super) fn describe(text: &mut Text, class: &PriorityClass) {
    text.field(0, "Name", class.metadata.name());
    text.field(0, "Value", class.value.unwrap_or(0));
    text.field(0, "GlobalDefault", class.global_default.unwrap_or(false));
    text.field(0, "PreemptionPolicy", class.preemption_policy.as_deref().unwrap_or("PreemptLowerPriority"));
    text.field(0, "Description", class.description.as_deref().unwrap_or_default());
    text.field(0, "Annotations", format_labels(&class.metadata.annotations.clone().unwrap_or_default()));
}

//! The Pod template of a workload.

use super::text::Text;
use super::{container, pod, volume};
use crate::engine::SimTime;
use crate::model::core::PodTemplateSpec;

pub(super) fn describe(text: &mut Text, template: &PodTemplateSpec) {
    let meta = template.metadata.clone().unwrap_or_default();
    let spec = template.spec.clone().unwrap_or_default();
    text.line(0, "Pod Template:");
    text.labels("  Labels", meta.labels.as_ref());
    if meta.annotations.as_ref().is_some_and(|annotations| !annotations.is_empty()) {
        text.annotations("  Annotations", meta.annotations.as_ref());
    }
    text.optional(1, "Service Account", spec.service_account_name.as_deref());
    if let Some(containers) = spec.init_containers.as_deref().filter(|containers| !containers.is_empty()) {
        container::describe(text, "Init Containers", containers, None, None);
    }
    container::describe(text, "Containers", &spec.containers, None, None);
    volume::describe(text, spec.volumes.as_deref(), "  ");
    pod::spread(text, &spec, "  ");
    text.optional(1, "Priority Class Name", spec.priority_class_name.as_deref());
    text.labels("  Node-Selectors", spec.node_selector.as_ref());
    text.tolerations("  Tolerations", spec.tolerations.as_deref());
}

/// A template as `rollout history --revision` prints it: with its tabs, not aligned.
#[must_use]
pub fn raw(template: &PodTemplateSpec) -> String {
    let mut text = Text::new(SimTime::ZERO);
    describe(&mut text, template);
    text.into_raw()
}

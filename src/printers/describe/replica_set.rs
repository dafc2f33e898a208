//! ReplicaSets.

use super::pod::controlled_by;
use super::pod_template;
use super::related::Related;
use super::text::Text;
use crate::model::Meta;
use crate::model::apps::ReplicaSet;
use crate::model::core::PodTemplateSpec;
use crate::model::selector::format_typed;

pub(super) fn describe(text: &mut Text, set: &ReplicaSet, related: &Related<'_>) {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    text.field(0, "Name", set.metadata.name());
    text.field(0, "Namespace", set.metadata.namespace());
    text.field(0, "Selector", format_typed(Some(&spec.selector)));
    text.labels("Labels", set.metadata.labels.as_ref());
    text.annotations("Annotations", set.metadata.annotations.as_ref());
    controlled_by(text, &set.metadata);
    text.field(0, "Replicas", format_args!("{} current / {} desired", status.replicas, spec.replicas.unwrap_or(0)));
    let count = |phase: &str| related.pods_of(&set.metadata).filter(|pod| pod.phase() == phase).count();
    let (running, waiting) = (count("Running"), count("Pending"));
    let (succeeded, failed) = (count("Succeeded"), count("Failed"));
    let pods = format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
    text.field(0, "Pods Status", pods);
    pod_template::describe(text, spec.template.as_ref().unwrap_or(&PodTemplateSpec::default()));
    let conditions = status.conditions.unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tReason");
        text.line(1, "----\t------\t------");
        for condition in conditions {
            let reason = condition.reason.unwrap_or_default();
            text.line(1, format_args!("{} \t{}\t{reason}", condition.type_, condition.status));
        }
    }
}

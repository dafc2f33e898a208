//! ReplicationControllers, StatefulSets and DaemonSets.

use super::pod::controlled_by;
use super::pod_template;
use super::related::Related;
use super::text::Text;
use crate::model::Meta;
use crate::model::apps::{DaemonSet, StatefulSet};
use crate::model::core::{PersistentVolumeClaim, ReplicationController};
use crate::model::metav1::ObjectMeta;
use crate::model::selector::{format_labels, format_typed};
use crate::printers::date::rfc1123;

pub(super) fn replication_controller(text: &mut Text, object: &ReplicationController, related: &Related<'_>) {
    let (meta, spec) = (&object.metadata, object.spec.clone().unwrap_or_default());
    let status = object.status.clone().unwrap_or_default();
    text.field(0, "Name", meta.name());
    text.field(0, "Namespace", meta.namespace());
    text.field(0, "Selector", format_labels(&spec.selector.unwrap_or_default()));
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    text.field(0, "Replicas", format_args!("{} current / {} desired", status.replicas, spec.replicas.unwrap_or(0)));
    pods_status(text, meta, related);
    pod_template::describe(text, &spec.template.unwrap_or_default());
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

pub(super) fn stateful_set(text: &mut Text, set: &StatefulSet, related: &Related<'_>) {
    let (meta, spec) = (&set.metadata, set.spec.clone().unwrap_or_default());
    text.field(0, "Name", meta.name());
    text.field(0, "Namespace", meta.namespace());
    text.field(0, "CreationTimestamp", rfc1123(meta.creation_timestamp.as_ref()));
    text.field(0, "Selector", format_typed(Some(&spec.selector)));
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    controlled_by(text, meta);
    let total = set.status.as_ref().map_or(0, |status| status.replicas);
    text.field(0, "Replicas", format_args!("{} desired | {total} total", spec.replicas.unwrap_or(0)));
    let strategy = spec.update_strategy.unwrap_or_default();
    text.field(0, "Update Strategy", strategy.type_.as_deref().unwrap_or_default());
    if let Some(partition) = strategy.rolling_update.and_then(|rolling| rolling.partition) {
        text.field(1, "Partition", partition);
    }
    pods_status(text, meta, related);
    pod_template::describe(text, &spec.template);
    claims(text, spec.volume_claim_templates.as_deref().unwrap_or_default());
}

fn claims(text: &mut Text, claims: &[PersistentVolumeClaim]) {
    if claims.is_empty() {
        return text.field(0, "Volume Claims", "<none>");
    }
    text.line(0, "Volume Claims:");
    for claim in claims {
        let spec = claim.spec.clone().unwrap_or_default();
        text.field(1, "Name", claim.metadata.name());
        text.field(1, "StorageClass", spec.storage_class_name.as_deref().unwrap_or_default());
        text.labels("  Labels", claim.metadata.labels.as_ref());
        text.annotations("  Annotations", claim.metadata.annotations.as_ref());
        let requests = spec.resources.and_then(|resources| resources.requests).unwrap_or_default();
        let capacity = requests.get("storage").map_or("<default>", |capacity| capacity.0.as_str());
        text.field(1, "Capacity", capacity);
        text.field(1, "Access Modes", format_args!("[{}]", spec.access_modes.unwrap_or_default().join(" ")));
    }
}

pub(super) fn daemon_set(text: &mut Text, set: &DaemonSet, related: &Related<'_>) {
    let (meta, spec) = (&set.metadata, set.spec.clone().unwrap_or_default());
    let status = set.status.clone().unwrap_or_default();
    let nodes = spec.template.spec.as_ref().and_then(|spec| spec.node_selector.clone()).unwrap_or_default();
    text.field(0, "Name", meta.name());
    text.field(0, "Namespace", meta.namespace());
    text.field(0, "Selector", format_typed(Some(&spec.selector)));
    text.field(0, "Node-Selector", format_labels(&nodes));
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    controlled_by(text, meta);
    // These lines have no tab upstream, and so end the columns.
    let mut count = |what: &str, count: i32| text.line(0, format_args!("{what}: {count}"));
    count("Desired Number of Nodes Scheduled", status.desired_number_scheduled);
    count("Current Number of Nodes Scheduled", status.current_number_scheduled);
    count("Number of Nodes Scheduled with Up-to-date Pods", status.updated_number_scheduled.unwrap_or(0));
    count("Number of Nodes Scheduled with Available Pods", status.number_available.unwrap_or(0));
    count("Number of Nodes Misscheduled", status.number_misscheduled);
    pods_status(text, meta, related);
    pod_template::describe(text, &spec.template);
}

/// How many Pods of `owner` are in which phase.
fn pods_status(text: &mut Text, owner: &ObjectMeta, related: &Related<'_>) {
    let count = |phase: &str| related.pods_of(owner).filter(|pod| pod.phase() == phase).count();
    let (running, waiting) = (count("Running"), count("Pending"));
    let (succeeded, failed) = (count("Succeeded"), count("Failed"));
    let pods = format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
    text.field(0, "Pods Status", pods);
}

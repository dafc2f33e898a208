//! PersistentVolumeClaims, and the templates of ephemeral ones.

use super::related::Related;
use super::text::Text;
use crate::model::Meta;
use crate::model::core::{PersistentVolumeClaim, PersistentVolumeClaimStatus, PersistentVolumeClaimTemplate};
use crate::printers::date::rfc1123;
use crate::printers::table::access_modes;

pub(super) fn describe(text: &mut Text, claim: &PersistentVolumeClaim, related: &Related<'_>) {
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    text.field(0, "Name", claim.metadata.name());
    text.field(0, "Namespace", claim.metadata.namespace());
    text.field(0, "StorageClass", spec.storage_class_name.as_deref().unwrap_or_default());
    text.status(&claim.metadata, status.phase.as_deref().unwrap_or_default());
    let volume = spec.volume_name.as_deref().unwrap_or_default();
    text.field(0, "Volume", volume);
    text.labels("Labels", claim.metadata.labels.as_ref());
    text.annotations("Annotations", claim.metadata.annotations.as_ref());
    text.finalizers(&claim.metadata);
    let size = status.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    let (size, modes) = match volume {
        "" => ("", String::new()),
        _ => (size.map_or("0", |size| size.0.as_str()), access_modes(status.access_modes.as_deref())),
    };
    text.field(0, "Capacity", size);
    text.field(0, "Access Modes", modes);
    text.optional(0, "VolumeMode", spec.volume_mode.as_deref());
    if let Some(source) = &spec.data_source {
        text.line(0, "DataSource:");
        text.optional(1, "APIGroup", source.api_group.as_deref());
        text.field(1, "Kind", &source.kind);
        text.field(1, "Name", &source.name);
    }
    text.multiline("Used By", related.users_of(claim).into_iter().map(|pod| pod.metadata.name().to_owned()));
    conditions(text, &status);
}

fn conditions(text: &mut Text, status: &PersistentVolumeClaimStatus) {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if conditions.is_empty() {
        return;
    }
    text.line(0, "Conditions:");
    text.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage");
    text.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for condition in conditions {
        let probed = rfc1123(condition.last_probe_time.as_ref());
        let changed = rfc1123(condition.last_transition_time.as_ref());
        let reason = condition.reason.as_deref().unwrap_or_default();
        let message = condition.message.as_deref().unwrap_or_default();
        let (type_, holds) = (&condition.type_, &condition.status);
        text.line(1, format_args!("{type_} \t{holds} \t{probed} \t{changed} \t{reason} \t{message}"));
    }
}

/// The claim that an ephemeral volume will make.
pub(super) fn ephemeral(text: &mut Text, template: &PersistentVolumeClaimTemplate) {
    let spec = &template.spec;
    text.field(2, "StorageClass", spec.storage_class_name.as_deref().unwrap_or_default());
    text.field(2, "Volume", spec.volume_name.as_deref().unwrap_or_default());
    let meta = template.metadata.clone().unwrap_or_default();
    text.labels("    Labels", meta.labels.as_ref());
    text.annotations("    Annotations", meta.annotations.as_ref());
    text.field(2, "Capacity", "");
    text.field(2, "Access Modes", "");
    text.optional(2, "VolumeMode", spec.volume_mode.as_deref());
}

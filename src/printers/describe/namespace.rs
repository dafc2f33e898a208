//! Namespaces.

use super::policies::{limit_rows, limits};
use super::related::Related;
use super::resource_quota::rows;
use super::text::Text;
use crate::model::Meta;
use crate::model::core::{LimitRange, Namespace, ResourceQuota};
use crate::printers::date::rfc1123;

pub(super) fn describe(text: &mut Text, namespace: &Namespace, related: &Related<'_>) {
    let status = namespace.status.clone().unwrap_or_default();
    text.field(0, "Name", namespace.metadata.name());
    text.labels("Labels", namespace.metadata.labels.as_ref());
    text.annotations("Annotations", namespace.metadata.annotations.as_ref());
    text.field(0, "Status", status.phase.unwrap_or_default());
    if let Some(conditions) = status.conditions.filter(|conditions| !conditions.is_empty()) {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        text.line(1, "----\t------\t------------------\t------\t-------");
        for condition in conditions {
            let at = rfc1123(condition.last_transition_time.as_ref());
            let (reason, message) = (condition.reason.unwrap_or_default(), condition.message.unwrap_or_default());
            text.line(1, format_args!("{}\t{}\t{at}\t{reason}\t{message}", condition.type_, condition.status));
        }
    }
    text.line(0, "");
    let inside = |quota: &&std::sync::Arc<ResourceQuota>| quota.metadata.namespace() == namespace.metadata.name();
    let mut quotas: Vec<_> = related.of::<ResourceQuota>().filter(inside).collect();
    quotas.sort_by(|one, other| one.metadata.name().cmp(other.metadata.name()));
    text.line(0, if quotas.is_empty() { "No resource quota." } else { "Resource Quotas" });
    for quota in quotas {
        text.field(1, "Name", quota.metadata.name());
        rows(text, quota, 1, "---");
    }
    text.line(0, "");
    let inside = |range: &&std::sync::Arc<LimitRange>| range.metadata.namespace() == namespace.metadata.name();
    let mut ranges: Vec<_> = related.of::<LimitRange>().filter(inside).collect();
    ranges.sort_by(|one, other| one.metadata.name().cmp(other.metadata.name()));
    match ranges.split_first() {
        None => text.line(0, "No LimitRange resource."),
        Some((first, others)) => {
            text.line(0, "Resource Limits");
            limits(text, first, " ");
            others.iter().for_each(|range| limit_rows(text, range, " "));
        }
    }
}

//! Deployments.

use std::sync::Arc;

use super::container::int_or_string;
use super::pod_template;
use super::related::Related;
use super::text::{Text, or_none};
use crate::model::Meta;
use crate::model::apps::{Deployment, ReplicaSet};
use crate::model::core::PodTemplateSpec;
use crate::model::metav1::IntOrString;
use crate::model::selector::format_typed;
use crate::printers::date::rfc1123;

/// The label by which a Deployment tells its ReplicaSets apart.
const TEMPLATE_HASH: &str = "pod-template-hash";

pub(super) fn describe(text: &mut Text, deployment: &Deployment, related: &Related<'_>) {
    let meta = &deployment.metadata;
    let spec = deployment.spec.clone().unwrap_or_default();
    text.field(0, "Name", meta.name());
    text.field(0, "Namespace", meta.namespace());
    text.field(0, "CreationTimestamp", rfc1123(meta.creation_timestamp.as_ref()));
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    text.field(0, "Selector", format_typed(Some(&spec.selector)));
    replicas(text, deployment);
    let strategy = spec.strategy.clone().unwrap_or_default();
    text.field(0, "StrategyType", strategy.type_.unwrap_or_default());
    text.field(0, "MinReadySeconds", spec.min_ready_seconds.unwrap_or(0));
    if let Some(rolling) = strategy.rolling_update {
        let amount = |value: Option<IntOrString>| value.as_ref().map_or_else(|| "<nil>".into(), int_or_string);
        let (unavailable, surge) = (amount(rolling.max_unavailable), amount(rolling.max_surge));
        text.field(0, "RollingUpdateStrategy", format_args!("{unavailable} max unavailable, {surge} max surge"));
    }
    pod_template::describe(text, &spec.template);
    let conditions = deployment.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tReason");
        text.line(1, "----\t------\t------");
        for condition in conditions {
            let reason = condition.reason.unwrap_or_default();
            text.line(1, format_args!("{} \t{}\t{reason}", condition.type_, condition.status));
        }
    }
    replica_sets(text, deployment, related);
}

fn replicas(text: &mut Text, deployment: &Deployment) {
    let desired = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
    let status = deployment.status.clone().unwrap_or_default();
    let count = |value: Option<i32>| value.unwrap_or(0);
    let (updated, total) = (count(status.updated_replicas), count(status.replicas));
    let (available, unavailable) = (count(status.available_replicas), count(status.unavailable_replicas));
    let counts = format!(
        "{desired} desired | {updated} updated | {total} total | {available} available | {unavailable} unavailable"
    );
    text.field(0, "Replicas", counts);
}

fn replica_sets(text: &mut Text, deployment: &Deployment, related: &Related<'_>) {
    let uid = deployment.metadata.uid();
    let owned = |set: &&Arc<ReplicaSet>| set.metadata.controller().is_some_and(|owner| owner.uid == uid);
    let mut sets: Vec<&Arc<ReplicaSet>> = related.of::<ReplicaSet>().filter(owned).collect();
    if sets.is_empty() {
        return;
    }
    let template = deployment.spec.as_ref().map(|spec| without_hash(&spec.template));
    // Of several equal ones the oldest is the new one (`FindNewReplicaSet`).
    sets.sort_by_key(|set| set.metadata.created_at());
    let is_new = |set: &&Arc<ReplicaSet>| {
        let own = set.spec.as_ref().and_then(|spec| spec.template.as_ref()).map(without_hash);
        own == template
    };
    let new = sets.iter().position(is_new).map(|index| sets.remove(index));
    sets.sort_by(|one, other| one.metadata.name().cmp(other.metadata.name()));
    let line = |set: &Arc<ReplicaSet>| {
        let desired = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
        let created = set.status.as_ref().map_or(0, |status| status.replicas);
        format!("{} ({created}/{desired} replicas created)", set.metadata.name())
    };
    let old: Vec<String> = sets.into_iter().map(line).collect();
    text.field(0, "OldReplicaSets", or_none(&old.join(", ")));
    text.field(0, "NewReplicaSet", or_none(&new.map(line).unwrap_or_default()));
}

fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    if let Some(labels) = template.metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
        labels.remove(TEMPLATE_HASH);
    }
    template
}

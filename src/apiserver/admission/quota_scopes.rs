//! The scopes of a quota: which objects it counts.
//!
//! Source: `pkg/quota/v1/evaluator/core/{pods,persistent_volume_claims}.go`, `apiserver/pkg/quota/v1/generic/evaluator.go`.

use crate::model::core::{PersistentVolumeClaim, PodAffinityTerm, ResourceQuota};
use crate::model::{Object, Pod};

/// One condition of a quota.
struct Scope<'a> {
    name: &'a str,
    operator: &'a str,
    values: &'a [String],
}

/// Whether the object is in every scope of the quota.
#[must_use]
pub fn applies(quota: &ResourceQuota, object: &Object) -> bool {
    let Some(spec) = &quota.spec else { return true };
    let plain = spec.scopes.iter().flatten().map(|name| Scope { name, operator: "Exists", values: &[] });
    let selected = spec.scope_selector.iter().flat_map(|selector| selector.match_expressions.iter().flatten());
    let selected = selected.map(|one| Scope {
        name: &one.scope_name,
        operator: &one.operator,
        values: one.values.as_deref().unwrap_or_default(),
    });
    plain.chain(selected).all(|scope| match object {
        Object::Pod(pod) => scope.has_pod(pod),
        Object::PersistentVolumeClaim(claim) => scope.has_claim(claim),
        _ => false,
    })
}

impl Scope<'_> {
    fn has_pod(&self, pod: &Pod) -> bool {
        let is_best_effort = pod.status.qos_class.as_deref() == Some("BestEffort");
        let is_bounded = pod.spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0);
        match self.name {
            "Terminating" => is_bounded,
            "NotTerminating" => !is_bounded,
            "BestEffort" => is_best_effort,
            "NotBestEffort" => !is_best_effort,
            "PriorityClass" => self.selects(pod.spec.priority_class_name.as_deref().filter(|name| !name.is_empty())),
            "CrossNamespacePodAffinity" => looks_elsewhere(pod),
            _ => false,
        }
    }

    /// A claim counts under the class that it has, that it is to have, and that it is being given.
    fn has_claim(&self, claim: &PersistentVolumeClaim) -> bool {
        if self.name != "VolumeAttributesClass" {
            return false;
        }
        let wanted = claim.spec.as_ref().and_then(|spec| spec.volume_attributes_class_name.as_deref());
        let status = claim.status.as_ref();
        let present = status.and_then(|status| status.current_volume_attributes_class_name.as_deref());
        let target = status
            .and_then(|status| status.modify_volume_status.as_ref()?.target_volume_attributes_class_name.as_deref());
        let mut names = [wanted, present, target].into_iter().flatten().filter(|name| !name.is_empty()).peekable();
        if names.peek().is_none() {
            return self.selects(None);
        }
        names.any(|name| self.selects(Some(name)))
    }

    fn selects(&self, name: Option<&str>) -> bool {
        let is_among = name.is_some_and(|name| self.values.iter().any(|value| value == name));
        match self.operator {
            "In" => is_among,
            "NotIn" => !is_among,
            "DoesNotExist" => name.is_none(),
            _ => name.is_some(),
        }
    }
}

/// Whether a Pod looks for other Pods beyond its namespace. Source: `usesCrossNamespacePodAffinity`.
fn looks_elsewhere(pod: &Pod) -> bool {
    let Some(affinity) = &pod.spec.affinity else { return false };
    let is_far = |term: &PodAffinityTerm| {
        term.namespaces.as_ref().is_some_and(|names| !names.is_empty()) || term.namespace_selector.is_some()
    };
    let near = affinity.pod_affinity.as_ref();
    let apart = affinity.pod_anti_affinity.as_ref();
    let required = near.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref()).into_iter();
    let refused = apart.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref()).into_iter();
    let preferred = near.and_then(|one| one.preferred_during_scheduling_ignored_during_execution.as_ref()).into_iter();
    let disliked = apart.and_then(|one| one.preferred_during_scheduling_ignored_during_execution.as_ref()).into_iter();
    required.chain(refused).flatten().any(is_far)
        || preferred.chain(disliked).flatten().any(|one| is_far(&one.pod_affinity_term))
}

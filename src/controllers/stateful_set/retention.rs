//! Who owns the claims of a StatefulSet's Pods, and so with whom they go: with nobody, with the set, or with a Pod that is too much.
//!
//! Models `updateClaimOwnerRefForSetAndPod` of `pkg/controller/statefulset/stateful_set_utils.go`.

use crate::model::apps::StatefulSet;
use crate::model::core::PersistentVolumeClaim;
use crate::model::meta::controller_reference;
use crate::model::metav1::{ObjectMeta, OwnerReference};
use crate::model::{Kind, Meta, Pod};

/// The claim of `pod` with the owners that it should have; `None` when it has them. `is_surplus`: the set has become too small for
/// the Pod.
#[must_use]
pub fn corrected(
    claim: &PersistentVolumeClaim,
    set: &StatefulSet,
    pod: &Pod,
    is_surplus: bool,
) -> Option<PersistentVolumeClaim> {
    let policy = set.spec.as_ref().and_then(|spec| spec.persistent_volume_claim_retention_policy.as_ref());
    let deletes = |choice: Option<&String>| choice.is_some_and(|choice| choice == "Delete");
    let when_scaled = deletes(policy.and_then(|policy| policy.when_scaled.as_ref()));
    let when_deleted = deletes(policy.and_then(|policy| policy.when_deleted.as_ref()));
    let is_ours = |owner: &OwnerReference| {
        is_about(owner, Kind::StatefulSet, &set.metadata) || is_about(owner, Kind::Pod, &pod.metadata)
    };
    let has_another = claim
        .metadata
        .controller()
        .is_some_and(|owner| owner.uid != set.metadata.uid() && owner.uid != pod.metadata.uid());
    let mut owners: Vec<OwnerReference> = claim.metadata.owners().iter().filter(|one| !is_ours(one)).cloned().collect();
    if !has_another {
        if when_scaled && is_surplus {
            owners.push(controller_reference(Kind::Pod, &pod.metadata));
        } else if when_deleted {
            owners.push(controller_reference(Kind::StatefulSet, &set.metadata));
        }
    }
    if owners == claim.metadata.owners() {
        return None;
    }
    let mut claim = claim.clone();
    claim.metadata.owner_references = Some(owners).filter(|owners| !owners.is_empty());
    Some(claim)
}

fn is_about(owner: &OwnerReference, kind: Kind, meta: &ObjectMeta) -> bool {
    owner.kind == kind.name() && owner.name == meta.name()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn owners(policy: serde_json::Value, is_surplus: bool) -> Vec<String> {
        let set: StatefulSet = serde_json::from_value(json!({
            "metadata": {"name": "db", "uid": "s"},
            "spec": {"selector": {}, "template": {}, "persistentVolumeClaimRetentionPolicy": policy}}))
        .unwrap();
        let mut pod = Pod::default();
        pod.metadata.name = Some("db-1".into());
        pod.metadata.uid = Some("p".into());
        let claim = PersistentVolumeClaim::default();
        let corrected = corrected(&claim, &set, &pod, is_surplus).unwrap_or(claim);
        corrected.metadata.owners().iter().map(|owner| format!("{}/{}", owner.kind, owner.name)).collect()
    }

    #[test]
    fn claims_go_with_what_the_policy_says() {
        let none: [&str; 0] = [];
        assert_eq!(owners(json!({"whenDeleted": "Retain", "whenScaled": "Retain"}), true), none);
        assert_eq!(owners(json!({"whenDeleted": "Delete", "whenScaled": "Retain"}), true), ["StatefulSet/db"]);
        assert_eq!(owners(json!({"whenDeleted": "Retain", "whenScaled": "Delete"}), true), ["Pod/db-1"]);
        assert_eq!(owners(json!({"whenDeleted": "Retain", "whenScaled": "Delete"}), false), none);
        assert_eq!(owners(json!({"whenDeleted": "Delete", "whenScaled": "Delete"}), false), ["StatefulSet/db"]);
    }
}

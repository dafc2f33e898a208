//! The hash of a Pod template: what tells the ReplicaSets of a Deployment apart.
//!
//! Models `pkg/controller/controller_utils.go`, `ComputeHash`.

use crate::model::core::PodTemplateSpec;
use crate::model::go_dump;

/// The label that carries the hash. Source: `apps/v1/types.go`.
pub const LABEL: &str = "pod-template-hash";

/// The hash of `template`; `collisions` makes it another one after two templates had the same.
#[must_use]
pub fn hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    // Serialising plain data has no way to fail: every map key is a string.
    let template = serde_json::to_value(template).unwrap_or_default();
    let mut bytes = go_dump::dump("v1.PodTemplateSpec", &template).into_bytes();
    if let Some(count) = collisions {
        let mut tail = [0_u8; 8];
        tail[..4].copy_from_slice(&count.to_le_bytes());
        bytes.extend(tail);
    }
    go_dump::safe_encode(go_dump::fnv32a(&bytes))
}

/// Whether two templates differ in nothing but the hash label.
#[must_use]
pub fn same_template(one: &PodTemplateSpec, two: &PodTemplateSpec) -> bool {
    if one.spec != two.spec {
        return false;
    }
    let plain = |template: &PodTemplateSpec| {
        let mut metadata = template.metadata.clone().unwrap_or_default();
        if let Some(labels) = &mut metadata.labels {
            labels.remove(LABEL);
        }
        metadata.labels = metadata.labels.filter(|labels| !labels.is_empty());
        metadata
    };
    plain(one) == plain(two)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metav1::ObjectMeta;

    #[test]
    fn the_hash_follows_the_template_and_the_collisions() {
        let template = PodTemplateSpec::default();
        assert_eq!(hash(&template, None), hash(&template, None));
        assert_ne!(hash(&template, None), hash(&template, Some(1)));
        let labels = Some([(LABEL.to_owned(), "x".to_owned())].into());
        let labelled = PodTemplateSpec { metadata: Some(ObjectMeta { labels, ..ObjectMeta::default() }), spec: None };
        assert!(same_template(&template, &labelled));
    }
}

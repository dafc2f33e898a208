//! The hash of a Pod template: what tells the ReplicaSets of a Deployment apart.
//!
//! Models `pkg/controller/controller_utils.go`, `ComputeHash`. **Not modelled:** the dump of Go structures that is hashed
//! there; the template is hashed as JSON, so the letters differ from those of a real cluster, the alphabet does not.

use crate::model::core::PodTemplateSpec;

/// The label that carries the hash. Source: `apps/v1/types.go`.
pub const LABEL: &str = "pod-template-hash";
/// Source: `k8s.io/apimachinery/pkg/util/rand`, `SafeEncodeString`.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The hash of `template`; `collisions` makes it another one after two templates had the same.
#[must_use]
pub fn hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    // Serialising plain data has no way to fail: every map key is a string.
    let mut bytes = serde_json::to_vec(template).unwrap_or_default();
    if let Some(count) = collisions {
        let mut tail = [0_u8; 8];
        tail[..4].copy_from_slice(&count.to_le_bytes());
        bytes.extend(tail);
    }
    encode(&fnv32a(&bytes).to_string())
}

fn fnv32a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()] as char).collect()
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
    fn numbers_are_encoded_in_the_alphabet_of_names() {
        assert_eq!(encode("1234567890"), "56789bcdf4");
        assert_eq!(encode("4021568973"), "84659bdfc7");
    }

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

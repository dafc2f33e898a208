//! Metadata: what the server fills in, and what is wrong with what a client sent.
//!
//! Source: `apimachinery/pkg/api/validation/objectmeta.go`, `apiserver/pkg/registry/rest/meta.go`.

use crate::apiserver::field::Errors;
use crate::engine::{SimTime, Stream};
use crate::model::metav1::ObjectMeta;
use crate::model::{Meta, names, time};

use super::Strategy;

/// All keys and values of the annotations together. Source: `TotalAnnotationSizeLimitB`.
const ANNOTATIONS_SIZE_MAX: usize = 256 * 1024;
/// The longest base of a generated name, and the letters that are added. Source: `storage/names/generate.go`.
const GENERATED_BASE_MAX: usize = 58;
const GENERATED_SUFFIX: usize = 5;
/// Finalizers that need no domain. Source: `metav1.FinalizerOrphanDependents`, `FinalizerDeleteDependents`, `core.FinalizerKubernetes`.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Lists and maps with nothing in them are not there, as `omitempty` leaves them out.
pub(super) fn drop_empty(meta: &mut ObjectMeta) {
    meta.labels.take_if(|all| all.is_empty());
    meta.annotations.take_if(|all| all.is_empty());
    meta.finalizers.take_if(|all| all.is_empty());
    meta.owner_references.take_if(|all| all.is_empty());
}

/// Gives a new object what only the server can: uid, time of creation, and the name if one is to be generated.
pub(in crate::apiserver) fn fill_for_create(meta: &mut ObjectMeta, now: SimTime, random: &mut Stream) {
    meta.creation_timestamp = Some(time::time(now));
    meta.uid = Some(random.uuid());
    meta.deletion_timestamp = None;
    meta.deletion_grace_period_seconds = None;
    meta.self_link = None;
    meta.resource_version = None;
    meta.managed_fields = None;
    if meta.name().is_empty()
        && let Some(prefix) = meta.generate_name.as_deref().filter(|prefix| !prefix.is_empty())
    {
        let base: String = prefix.chars().take(GENERATED_BASE_MAX).collect();
        meta.name = Some(format!("{base}{}", random.name_suffix(GENERATED_SUFFIX)));
    }
}

/// What is wrong with the metadata of a new object.
pub(super) fn validate<S: Strategy>(object: &S, errors: &mut Errors) {
    let meta = object.meta();
    if let Some(prefix) = meta.generate_name.as_deref().filter(|prefix| !prefix.is_empty()) {
        let faults = S::name_faults(&names::without_trailing_dash(prefix));
        errors.all_invalid("metadata.generateName", prefix, faults);
    }
    if meta.name().is_empty() {
        errors.required("metadata.name", "name or generateName is required");
    } else {
        errors.all_invalid("metadata.name", meta.name(), S::name_faults(meta.name()));
    }
    if object.kind().is_namespaced() {
        if meta.namespace().is_empty() {
            errors.required("metadata.namespace", "");
        } else {
            errors.all_invalid("metadata.namespace", meta.namespace(), names::dns1123_label(meta.namespace()));
        }
    }
    validate_maps(meta, errors);
    validate_owners(meta, errors);
    validate_finalizers(meta, errors);
}

/// What may not change in metadata.
pub(super) fn validate_update(new: &ObjectMeta, old: &ObjectMeta, errors: &mut Errors) {
    validate_maps(new, errors);
    validate_owners(new, errors);
    validate_finalizers(new, errors);
    if old.deletion_timestamp.is_some() {
        let added: Vec<_> = new
            .finalizers
            .iter()
            .flatten()
            .filter(|one| !old.has_finalizer(one))
            .map(|one| format!("{one:?}"))
            .collect();
        if !added.is_empty() {
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            errors.forbidden("metadata.finalizers", &detail);
        }
    }
    if new.uid() != old.uid() {
        errors.invalid("metadata.uid", new.uid(), "field is immutable");
    }
}

/// Labels and annotations.
fn validate_maps(meta: &ObjectMeta, errors: &mut Errors) {
    labels("metadata.labels", meta.label_map(), errors);
    let mut size = 0;
    for (key, value) in meta.annotations.iter().flatten() {
        size += key.len() + value.len();
        errors.all_invalid("metadata.annotations", key, names::label_key(&key.to_lowercase()));
    }
    if size > ANNOTATIONS_SIZE_MAX {
        errors.too_long("metadata.annotations", ANNOTATIONS_SIZE_MAX);
    }
}

/// What is wrong with labels at `field`.
pub(super) fn labels(field: &str, labels: &std::collections::BTreeMap<String, String>, errors: &mut Errors) {
    for (key, value) in labels {
        if !is_plainly_valid(key) {
            errors.all_invalid(field, key, names::label_key(key));
        }
        if !is_plainly_valid(value) {
            errors.all_invalid(field, value, names::label_value(value));
        }
    }
}

/// Whether a text needs no closer look: short, and nothing but lower-case letters and digits.
fn is_plainly_valid(text: &str) -> bool {
    (1..=names::LABEL_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn validate_owners(meta: &ObjectMeta, errors: &mut Errors) {
    let mut controllers = 0;
    for (index, owner) in meta.owners().iter().enumerate() {
        let field = |name: &str| format!("metadata.ownerReferences[{index}].{name}");
        let must =
            [("apiVersion", &owner.api_version), ("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)];
        for (name, value) in must {
            if value.is_empty() {
                errors.invalid(
                    field(name),
                    value.as_str(),
                    format!("{} must not be empty", if name == "apiVersion" { "version" } else { name }),
                );
            }
        }
        controllers += usize::from(owner.controller == Some(true));
    }
    if controllers > 1 {
        let all = serde_json::to_value(meta.owners()).unwrap_or_default();
        errors.invalid("metadata.ownerReferences", all, "Only one reference can have Controller set to true");
    }
}

fn validate_finalizers(meta: &ObjectMeta, errors: &mut Errors) {
    let finalizers = meta.finalizers.as_deref().unwrap_or_default();
    for (index, finalizer) in finalizers.iter().enumerate() {
        let field = format!("metadata.finalizers[{index}]");
        let faults = names::label_key(finalizer);
        if faults.is_empty() && !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer.as_str()) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(&field, finalizer.as_str(), detail);
        }
        errors.all_invalid(&field, finalizer, faults);
    }
    if meta.has_finalizer("orphan") && meta.has_finalizer("foregroundDeletion") {
        let all = serde_json::to_value(finalizers).unwrap_or_default();
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.invalid("metadata.finalizers", all, detail);
    }
}

//! DefaultStorageClass: a claim that names no class gets the default one, if there is any.
//!
//! Source: `plugin/pkg/admission/storage/storageclass/setdefault/admission.go`, `component-helpers/storage/volume`.

use crate::model::Meta;
use crate::model::core::PersistentVolumeClaim;
use crate::model::storage::StorageClass;

use super::{Review, lookup_all};

/// The annotations that make a class the default.
const IS_DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

pub(super) fn admit(claim: &mut PersistentVolumeClaim, review: &Review<'_>) {
    let spec = claim.spec.get_or_insert_default();
    if spec.storage_class_name.is_some() {
        return;
    }
    let is_default = |class: &&std::sync::Arc<StorageClass>| {
        IS_DEFAULT.iter().any(|annotation| class.metadata.annotation(annotation) == Some("true"))
    };
    let classes = lookup_all::<StorageClass>(review.store, "");
    // The newest wins; of those made in one second the first by name.
    let newest = classes.iter().filter(is_default).min_by(|one, other| {
        let age = other.metadata.created_at().cmp(&one.metadata.created_at());
        age.then_with(|| one.metadata.name().cmp(other.metadata.name()))
    });
    spec.storage_class_name = newest.map(|class| class.metadata.name().to_owned());
}

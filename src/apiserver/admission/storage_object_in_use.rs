//! StorageObjectInUseProtection: claims and volumes carry a finalizer, so that none vanishes under a Pod.
//!
//! Source: `plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go`.

use crate::model::Meta;
use crate::model::core::{PersistentVolume, PersistentVolumeClaim};
use crate::model::metav1::ObjectMeta;

pub(super) fn admit_claim(claim: &mut PersistentVolumeClaim) {
    add(&mut claim.metadata, "kubernetes.io/pvc-protection");
}

pub(super) fn admit_volume(volume: &mut PersistentVolume) {
    add(&mut volume.metadata, "kubernetes.io/pv-protection");
}

fn add(meta: &mut ObjectMeta, finalizer: &str) {
    if !meta.has_finalizer(finalizer) {
        meta.finalizers.get_or_insert_default().push(finalizer.into());
    }
}

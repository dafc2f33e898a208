//! PersistentVolumeClaimResize: a bound claim may grow if its class allows that.
//!
//! Source: `plugin/pkg/admission/storage/persistentvolume/resize/admission.go`.

use crate::apiserver::status::Status;
use crate::model::core::PersistentVolumeClaim;
use crate::model::storage::StorageClass;
use crate::model::{Kind, Meta, Quantity};

use super::{Review, lookup};

pub(super) fn admit(
    claim: &PersistentVolumeClaim,
    old: &PersistentVolumeClaim,
    review: &Review<'_>,
) -> Result<(), Box<Status>> {
    if requested(claim) <= requested(old) {
        return Ok(());
    }
    let refused = |why| Err(Box::new(Status::forbidden(Kind::PersistentVolumeClaim, claim.metadata.name(), why)));
    if old.status.as_ref().and_then(|status| status.phase.as_deref()) != Some("Bound") {
        return refused("Only bound persistent volume claims can be expanded");
    }
    let class = old.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
    match lookup::<StorageClass>(review.store, "", class) {
        Some(class) if class.allow_volume_expansion == Some(true) => Ok(()),
        _ => refused(
            "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        ),
    }
}

fn requested(claim: &PersistentVolumeClaim) -> Option<Quantity> {
    let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
    Quantity::parse(&requests.get("storage")?.0).ok()
}

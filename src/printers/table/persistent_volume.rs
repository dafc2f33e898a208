//! Rows of PersistentVolumes.

use super::{Column, UNSET, age, column, name, text_or, wide};
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::core::PersistentVolume;

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Capacity"),
    column("Access Modes"),
    column("Reclaim Policy"),
    column("Status"),
    column("Claim"),
    column("StorageClass"),
    column("VolumeAttributesClass"),
    column("Reason"),
    column("Age"),
    wide("VolumeMode"),
];

pub(super) fn cells(volume: &PersistentVolume, now: SimTime) -> Vec<String> {
    let spec = volume.spec.clone().unwrap_or_default();
    let status = volume.status.clone().unwrap_or_default();
    let text = |reference: Option<String>| reference.unwrap_or_default();
    let phase = if volume.metadata.is_terminating() { "Terminating".into() } else { text(status.phase) };
    let claim = spec.claim_ref.map(|claim| format!("{}/{}", text(claim.namespace), text(claim.name)));
    vec![
        name(&volume.metadata),
        spec.capacity.and_then(|capacity| capacity.get("storage").map(|size| size.0.clone())).unwrap_or_default(),
        access_modes(spec.access_modes.as_deref()),
        text(spec.persistent_volume_reclaim_policy),
        phase,
        text(claim),
        text(spec.storage_class_name),
        text_or(spec.volume_attributes_class_name.as_deref(), UNSET),
        text(status.reason),
        age(&volume.metadata, now),
        text_or(spec.volume_mode.as_deref(), UNSET),
    ]
}

/// Access modes in short, in fixed order: `RWO,ROX`.
#[must_use]
pub fn access_modes(modes: Option<&[String]>) -> String {
    let known =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let modes = modes.unwrap_or_default();
    let given = known.into_iter().filter(|(long, _)| modes.iter().any(|mode| mode == long));
    given.map(|(_, short)| short).collect::<Vec<_>>().join(",")
}

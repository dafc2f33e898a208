//! Rows of PersistentVolumeClaims.

use super::{Column, UNSET, access_modes, age, column, name, text_or, wide};
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::core::PersistentVolumeClaim;

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Status"),
    column("Volume"),
    column("Capacity"),
    column("Access Modes"),
    column("StorageClass"),
    column("VolumeAttributesClass"),
    column("Age"),
    wide("VolumeMode"),
];

pub(super) fn cells(claim: &PersistentVolumeClaim, now: SimTime) -> Vec<String> {
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let phase = if claim.metadata.is_terminating() { "Terminating".into() } else { status.phase.unwrap_or_default() };
    let volume = spec.volume_name.unwrap_or_default();
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        let size = status.capacity.and_then(|capacity| capacity.get("storage").map(|size| size.0.clone()));
        (size.unwrap_or_else(|| "0".into()), access_modes(status.access_modes.as_deref()))
    };
    vec![
        name(&claim.metadata),
        phase,
        volume,
        capacity,
        modes,
        spec.storage_class_name.unwrap_or_default(),
        text_or(spec.volume_attributes_class_name.as_deref(), UNSET),
        age(&claim.metadata, now),
        text_or(spec.volume_mode.as_deref(), UNSET),
    ]
}

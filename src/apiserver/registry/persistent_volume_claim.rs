//! PersistentVolumeClaims. Source: `pkg/registry/core/persistentvolumeclaim/strategy.go`, `validation.ValidatePersistentVolumeClaim`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::Quantity;
use crate::model::core::{PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus};

use super::Strategy;
use super::persistent_volume::ACCESS_MODES;
use super::pod_spec::one_of;

impl Strategy for PersistentVolumeClaim {
    fn set_defaults(&mut self) {
        self.spec.get_or_insert_default().volume_mode.get_or_insert_with(|| "Filesystem".into());
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(PersistentVolumeClaimStatus {
            phase: Some("Pending".into()),
            ..PersistentVolumeClaimStatus::default()
        });
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        if let Some(spec) = &self.spec {
            validate_spec(spec, "spec", errors);
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let (Some(new), Some(old_spec)) = (&self.spec, &old.spec) else { return };
        let bound = old.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Bound"));
        let mut masked = new.clone();
        if old_spec.volume_name.as_ref().is_none_or(String::is_empty) {
            masked.volume_name.clone_from(&old_spec.volume_name);
        }
        // A class may be given later to a claim that had none, as the default class is (`RetroactiveDefaultStorageClass`).
        if old_spec.storage_class_name.is_none() && !bound {
            masked.storage_class_name.clone_from(&old_spec.storage_class_name);
        }
        if bound {
            masked.resources.clone_from(&old_spec.resources);
            masked.volume_attributes_class_name.clone_from(&old_spec.volume_attributes_class_name);
        }
        if masked != *old_spec {
            let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
            errors.forbidden("spec", detail);
        }
        if shrinks(new, old_spec) {
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
        }
    }
}

/// What is wrong with the spec of a claim or of a template of claims, at `field`. Source: `ValidatePersistentVolumeClaimSpec`.
pub(super) fn validate_spec(spec: &PersistentVolumeClaimSpec, field: &str, errors: &mut Errors) {
    if spec.access_modes.as_ref().is_none_or(Vec::is_empty) {
        errors.required(format_args!("{field}.accessModes"), "at least 1 access mode is required");
    }
    for mode in spec.access_modes.iter().flatten() {
        one_of(Some(mode), &ACCESS_MODES, format_args!("{field}.accessModes"), errors);
    }
    match requested(spec) {
        None => errors.required(format_args!("{field}.resources[storage]"), ""),
        Some(text) => {
            if Quantity::parse(text).is_ok_and(|quantity| quantity.sign() <= 0) {
                errors.invalid(format_args!("{field}.resources[storage]"), text, "must be greater than zero");
            }
        }
    }
}

fn requested(spec: &PersistentVolumeClaimSpec) -> Option<&str> {
    Some(spec.resources.as_ref()?.requests.as_ref()?.get("storage")?.0.as_str())
}

fn shrinks(new: &PersistentVolumeClaimSpec, old: &PersistentVolumeClaimSpec) -> bool {
    let amount = |spec| Quantity::parse(requested(spec)?).ok();
    matches!((amount(new), amount(old)), (Some(new), Some(old)) if new < old)
}

//! PersistentVolumes. Source: `pkg/registry/core/persistentvolume/strategy.go`, `validation.ValidatePersistentVolume`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::core::{PersistentVolume, PersistentVolumeSpec, PersistentVolumeStatus};
use crate::model::time;

use super::Strategy;
use super::pod_spec::one_of;

/// How a volume may be mounted.
pub(super) const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

impl Strategy for PersistentVolume {
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.persistent_volume_reclaim_policy.get_or_insert_with(|| "Retain".into());
        spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
        if let Some(path) = &mut spec.host_path {
            path.type_.get_or_insert_default();
        }
    }

    fn prepare_for_create(&mut self, now: SimTime) {
        self.status = Some(PersistentVolumeStatus {
            phase: Some("Pending".into()),
            last_phase_transition_time: Some(time::time(now)),
            ..PersistentVolumeStatus::default()
        });
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        if spec.access_modes.as_ref().is_none_or(Vec::is_empty) {
            errors.required("spec.accessModes", "");
        }
        for mode in spec.access_modes.iter().flatten() {
            one_of(Some(mode), &ACCESS_MODES, "spec.accessModes", errors);
        }
        match spec.capacity.as_ref().filter(|capacity| !capacity.is_empty()) {
            None => errors.required("spec.capacity", ""),
            Some(capacity) if !capacity.contains_key("storage") || capacity.len() > 1 => {
                let given = serde_json::to_value(capacity).unwrap_or_default();
                errors.unsupported("spec.capacity", &given.to_string(), &["storage"]);
            }
            Some(_) => {}
        }
        let policies = ["Delete", "Recycle", "Retain"];
        let policy = spec.persistent_volume_reclaim_policy.as_deref();
        one_of(policy, &policies, "spec.persistentVolumeReclaimPolicy", errors);
        if source(spec) == source(&PersistentVolumeSpec::default()) {
            errors.required("spec", "must specify a volume type");
        }
        if spec.local.is_some() && spec.node_affinity.is_none() {
            errors.required("spec.nodeAffinity", "Local volume requires node affinity");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else { return };
        if source(new) != source(old) {
            errors.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
        }
        if new.volume_mode != old.volume_mode {
            errors.invalid("volumeMode", new.volume_mode.clone().unwrap_or_default(), "field is immutable");
        }
    }
}

/// The spec reduced to what says where the data is.
fn source(spec: &PersistentVolumeSpec) -> PersistentVolumeSpec {
    PersistentVolumeSpec {
        access_modes: None,
        capacity: None,
        claim_ref: None,
        mount_options: None,
        node_affinity: None,
        persistent_volume_reclaim_policy: None,
        storage_class_name: None,
        volume_attributes_class_name: None,
        volume_mode: None,
        ..spec.clone()
    }
}

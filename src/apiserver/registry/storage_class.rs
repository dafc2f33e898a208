//! StorageClasses. Source: `pkg/apis/storage/v1/defaults.go`, `pkg/apis/storage/validation/validation.go`.

use crate::apiserver::field::Errors;
use crate::model::storage::StorageClass;

use super::Strategy;
use super::pod_spec::one_of;

impl Strategy for StorageClass {
    fn set_defaults(&mut self) {
        self.reclaim_policy.get_or_insert_with(|| "Delete".into());
        self.volume_binding_mode.get_or_insert_with(|| "Immediate".into());
    }

    fn validate(&self, errors: &mut Errors) {
        if self.provisioner.is_empty() {
            errors.required("provisioner", "");
        }
        one_of(self.reclaim_policy.as_deref(), &["Delete", "Retain"], "reclaimPolicy", errors);
        let modes = ["Immediate", "WaitForFirstConsumer"];
        one_of(self.volume_binding_mode.as_deref(), &modes, "volumeBindingMode", errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.parameters != old.parameters {
            errors.forbidden("parameters", "updates to parameters are forbidden.");
        }
        if self.provisioner != old.provisioner {
            errors.forbidden("provisioner", "updates to provisioner are forbidden.");
        }
        if self.reclaim_policy != old.reclaim_policy {
            errors.forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden.");
        }
        if self.volume_binding_mode != old.volume_binding_mode {
            errors.invalid(
                "volumeBindingMode",
                self.volume_binding_mode.clone().unwrap_or_default(),
                "field is immutable",
            );
        }
    }
}

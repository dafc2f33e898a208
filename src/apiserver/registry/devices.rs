//! Devices and claims on them: stored with a generation, and a status that only its subresource writes.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::resource::{DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice};

use super::Strategy;

impl Strategy for DeviceClass {
    has_generation!();
}

impl Strategy for ResourceClaim {
    has_status!();

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.spec != old.spec {
            errors.invalid("spec", serde_json::json!(self.spec), "field is immutable");
        }
    }
}

impl Strategy for ResourceClaimTemplate {
    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.spec != old.spec {
            errors.invalid("spec", serde_json::json!(self.spec), "field is immutable");
        }
    }
}

impl Strategy for ResourceSlice {
    has_generation!();
}

//! ResourceQuotas. Source: `pkg/registry/core/resourcequota/strategy.go`, `validation.ValidateResourceQuota`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::core::{ResourceQuota, ResourceQuotaStatus};
use crate::model::{Quantity, names};

use super::Strategy;

/// Resources without a prefix that a quota may limit. Source: `standardQuotaResources`, `standardResources`.
const STANDARD: [&str; 21] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
    "storage",
    "count/pods",
];

impl Strategy for ResourceQuota {
    fn set_defaults(&mut self) {
        self.spec.get_or_insert_default();
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(ResourceQuotaStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let hard = self.spec.iter().flat_map(|spec| spec.hard.iter().flatten());
        for (resource, amount) in hard {
            let field = format!("spec.hard[{resource}]");
            let is_known = STANDARD.contains(&resource.as_str()) || resource.contains('/');
            errors.all_invalid(&field, resource, names::label_key(resource));
            if !is_known {
                errors.invalid(&field, resource.as_str(), "must be a standard resource type or fully qualified");
                errors.invalid(&field, resource.as_str(), "must be a standard resource for quota");
            }
            let Ok(quantity) = Quantity::parse(&amount.0) else { continue };
            if quantity.sign() < 0 {
                errors.invalid(&field, amount.0.as_str(), "must be greater than or equal to 0");
            }
            if counts_objects(resource) && quantity.milli_value() % 1000 != 0 {
                errors.invalid(&field, amount.0.as_str(), "must be an integer");
            }
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let scopes = |quota: &Self| quota.spec.as_ref().and_then(|spec| spec.scopes.clone()).unwrap_or_default();
        if scopes(self) != scopes(old) {
            errors.invalid("spec.scopes", serde_json::json!(scopes(self)), "field is immutable");
        }
    }
}

fn counts_objects(resource: &str) -> bool {
    resource.starts_with("count/") || STANDARD[10..19].contains(&resource)
}

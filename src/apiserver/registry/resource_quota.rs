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
        validate_scopes(self, errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let scopes = |quota: &Self| quota.spec.as_ref().and_then(|spec| spec.scopes.clone()).unwrap_or_default();
        if scopes(self) != scopes(old) {
            errors.invalid("spec.scopes", serde_json::json!(scopes(self)), "field is immutable");
        }
    }
}

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

/// Resources that a quota may limit for some Pods only. Source: `podComputeQuotaResources`, `podObjectCountQuotaResources`.
const OF_PODS: [&str; 7] = ["pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
/// The same for some claims only.
const OF_CLAIMS: [&str; 2] = ["persistentvolumeclaims", "requests.storage"];

/// Source: `validateResourceQuotaScopes`, `validateScopedResourceSelectorRequirement`.
fn validate_scopes(quota: &ResourceQuota, errors: &mut Errors) {
    let Some(spec) = &quota.spec else { return };
    let scopes = spec.scopes.as_deref().unwrap_or_default();
    let refuses = |scope: &str| {
        let mut standard = spec.hard.iter().flatten().map(|(name, _)| name.as_str()).filter(|it| STANDARD.contains(it));
        standard.any(|resource| !is_for(scope, resource))
    };
    for scope in scopes {
        if !SCOPES.contains(&scope.as_str()) {
            errors.invalid("spec.scopes", serde_json::json!(scopes), "unsupported scope");
        }
        if refuses(scope) {
            errors.invalid("spec.scopes", serde_json::json!(scopes), "unsupported scope applied to resource");
        }
    }
    let both = |one: &str, other: &str| [one, other].iter().all(|it| scopes.iter().any(|scope| scope == it));
    if both("BestEffort", "NotBestEffort") || both("Terminating", "NotTerminating") {
        errors.invalid("spec.scopes", serde_json::json!(scopes), "conflicting scopes");
    }
    let expressions = spec.scope_selector.iter().flat_map(|selector| selector.match_expressions.iter().flatten());
    for one in expressions {
        let field = "spec.scopeSelector.matchExpressions";
        let (scope, operator) = (one.scope_name.as_str(), one.operator.as_str());
        if !SCOPES.contains(&scope) {
            errors.invalid(format_args!("{field}.scopeName"), scope, "unsupported scope");
        }
        if refuses(scope) {
            let scopes = serde_json::json!(spec.scopes);
            errors.invalid(format_args!("{field}"), scopes, "unsupported scope applied to resource");
        }
        if !["PriorityClass", "VolumeAttributesClass"].contains(&scope)
            && SCOPES.contains(&scope)
            && operator != "Exists"
        {
            let detail = "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, \
                          ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, \
                          ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            errors.invalid(format_args!("{field}.operator"), operator, detail);
        }
        let has_values = one.values.as_ref().is_some_and(|values| !values.is_empty());
        match operator {
            "In" | "NotIn" if !has_values => {
                let detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                errors.required(format_args!("{field}.values"), detail);
            }
            "Exists" | "DoesNotExist" if has_values => {
                let detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                errors.invalid(format_args!("{field}.values"), serde_json::json!(one.values), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => errors.invalid(format_args!("{field}.operator"), operator, "not a valid selector operator"),
        }
    }
}

/// Source: `IsResourceQuotaScopeValidForResource`.
fn is_for(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => OF_CLAIMS.contains(&resource),
        _ => OF_PODS.contains(&resource),
    }
}

fn counts_objects(resource: &str) -> bool {
    resource.starts_with("count/") || STANDARD[10..19].contains(&resource)
}

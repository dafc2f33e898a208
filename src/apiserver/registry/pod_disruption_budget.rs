//! PodDisruptionBudgets. Source: `pkg/apis/policy/validation/validation.go`, `pkg/registry/policy/poddisruptionbudget`.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::metav1::IntOrString;
use crate::model::policy::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use crate::model::selector::Selector;

use super::Strategy;
use super::deployment::{amount, share};
use super::pod_spec::one_of;

impl Strategy for PodDisruptionBudget {
    has_generation!();

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(PodDisruptionBudgetStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        if spec.min_available.is_some() && spec.max_unavailable.is_some() {
            errors.invalid("spec", json!(spec), "minAvailable and maxUnavailable cannot be both set");
        }
        for (name, value) in [("minAvailable", &spec.min_available), ("maxUnavailable", &spec.max_unavailable)] {
            let Some(value) = value else { continue };
            let field = format!("spec.{name}");
            share(value, &field, errors);
            if matches!(value, IntOrString::String(_)) && amount(value).is_some_and(|percent| percent > 100) {
                errors.invalid(field, json!(value), "must not be greater than 100%");
            }
        }
        if let Err(error) = Selector::from_typed(spec.selector.as_ref()) {
            errors.invalid("spec.selector", json!(spec.selector), error);
        }
        let policies = ["AlwaysAllow", "IfHealthyBudget"];
        one_of(spec.unhealthy_pod_eviction_policy.as_deref(), &policies, "spec.unhealthyPodEvictionPolicy", errors);
    }
}

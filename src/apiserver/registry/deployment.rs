//! Deployments. Source: `pkg/registry/apps/deployment/strategy.go`, `pkg/apis/apps/v1/defaults.go`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::apps::{Deployment, DeploymentStatus, DeploymentStrategy, RollingUpdateDeployment};
use crate::model::metav1::IntOrString;
use crate::model::names;

use super::{Strategy, pod_template};

impl Strategy for Deployment {
    const HAS_GENERATION: bool = true;

    fn set_defaults(&mut self) {
        let spec = self.spec_mut();
        spec.replicas.get_or_insert(1);
        spec.revision_history_limit.get_or_insert(10);
        spec.progress_deadline_seconds.get_or_insert(600);
        let strategy = spec.strategy.get_or_insert_default();
        if strategy.type_.get_or_insert_with(|| "RollingUpdate".into()) == "RollingUpdate" {
            let rolling = strategy.rolling_update.get_or_insert_default();
            rolling.max_unavailable.get_or_insert_with(|| IntOrString::String("25%".into()));
            rolling.max_surge.get_or_insert_with(|| IntOrString::String("25%".into()));
        }
        pod_template::default(&mut spec.template);
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(DeploymentStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        not_negative(spec.replicas, "spec.replicas", errors);
        pod_template::validate("deployment", &spec.selector, Some(&spec.template), errors);
        if let Some(strategy) = &spec.strategy {
            validate_strategy(strategy, errors);
        }
        not_negative(spec.min_ready_seconds, "spec.minReadySeconds", errors);
        not_negative(spec.revision_history_limit, "spec.revisionHistoryLimit", errors);
        not_negative(spec.progress_deadline_seconds, "spec.progressDeadlineSeconds", errors);
        if let Some(deadline) = spec.progress_deadline_seconds
            && deadline <= spec.min_ready_seconds.unwrap_or(0)
        {
            errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if let (Some(new), Some(old)) = (&self.spec, &old.spec) {
            pod_template::validate_selector_update(&new.selector, &old.selector, errors);
        }
    }

    fn spec_differs(&self, old: &Self) -> bool {
        self.spec != old.spec || self.metadata.annotations != old.metadata.annotations
    }
}

/// Says so when a number is below zero.
pub(super) fn not_negative(number: Option<i32>, field: &str, errors: &mut Errors) {
    if let Some(number) = number.filter(|number| *number < 0) {
        errors.invalid(field, number, "must be greater than or equal to 0");
    }
}

fn validate_strategy(strategy: &DeploymentStrategy, errors: &mut Errors) {
    match strategy.type_.as_deref().unwrap_or_default() {
        "Recreate" => {
            if strategy.rolling_update.is_some() {
                let detail = "may not be specified when strategy `type` is 'Recreate'";
                errors.forbidden("spec.strategy.rollingUpdate", detail);
            }
        }
        "RollingUpdate" => match &strategy.rolling_update {
            Some(rolling) => validate_rolling(rolling, errors),
            None => errors.required("spec.strategy.rollingUpdate", "this should be defaulted and never be nil"),
        },
        other => errors.unsupported("spec.strategy.type", other, &["Recreate", "RollingUpdate"]),
    }
}

fn validate_rolling(rolling: &RollingUpdateDeployment, errors: &mut Errors) {
    let zero = IntOrString::Int(0);
    let unavailable = rolling.max_unavailable.as_ref().unwrap_or(&zero);
    let surge = rolling.max_surge.as_ref().unwrap_or(&zero);
    let field = "spec.strategy.rollingUpdate.maxUnavailable";
    share(unavailable, field, errors);
    share(surge, "spec.strategy.rollingUpdate.maxSurge", errors);
    if amount(unavailable) == Some(0) && amount(surge) == Some(0) {
        errors.invalid(field, wire(unavailable), "may not be 0 when `maxSurge` is 0");
    }
    not_more_than_all(unavailable, field, errors);
}

/// Says so when a percentage is of more Pods than there are.
pub(super) fn not_more_than_all(value: &IntOrString, field: &str, errors: &mut Errors) {
    if matches!(value, IntOrString::String(_)) && amount(value).is_some_and(|percent| percent > 100) {
        errors.invalid(field, wire(value), "must not be greater than 100%");
    }
}

/// Says so when a number or a percentage of Pods is none.
pub(super) fn share(value: &IntOrString, field: &str, errors: &mut Errors) {
    match value {
        IntOrString::String(text) if !names::percent(text).is_empty() => {
            for message in names::percent(text) {
                errors.invalid(field, text.as_str(), message);
            }
        }
        IntOrString::Int(number) if *number < 0 => {
            errors.invalid(field, *number, "must be greater than or equal to 0");
        }
        _ => {}
    }
}

/// The number of Pods, or of hundredths of them.
pub(super) fn amount(value: &IntOrString) -> Option<i32> {
    match value {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(text) => text.strip_suffix('%')?.parse().ok(),
    }
}

fn wire(value: &IntOrString) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

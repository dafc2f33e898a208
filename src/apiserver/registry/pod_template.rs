//! The Pod template of a workload.

use crate::apiserver::field::Errors;
use crate::model::core::PodTemplateSpec;
use crate::model::metav1::LabelSelector;
use crate::model::selector::{Labels, Selector};

use super::pod_spec;

/// Fills in what was left out.
pub(super) fn default(template: &mut PodTemplateSpec) {
    if let Some(spec) = &mut template.spec {
        pod_spec::default(spec);
    }
}

/// What is wrong with a workload's selector and template, in upstream's order.
pub(super) fn validate(selector: &LabelSelector, template: Option<&PodTemplateSpec>, errors: &mut Errors) {
    let empty = selector.match_labels.as_ref().is_none_or(Labels::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty);
    if let Err(error) = Selector::from_typed(Some(selector)) {
        errors.invalid("spec.selector", value(selector), error);
    } else if empty {
        errors.invalid("spec.selector", value(selector), "empty selector is invalid for deployment");
    }
    let Some(template) = template else { return errors.required("spec.template", "") };
    let none = Labels::new();
    let labels = template.metadata.as_ref().and_then(|meta| meta.labels.as_ref()).unwrap_or(&none);
    if !empty && Selector::from_typed(Some(selector)).is_ok_and(|selector| !selector.matches(labels)) {
        let detail = "`selector` does not match template `labels`";
        errors.invalid("spec.template.metadata.labels", serde_json::to_value(labels).unwrap_or_default(), detail);
    }
    super::metadata::labels("spec.template.labels", labels, errors);
    let Some(spec) = &template.spec else { return errors.required("spec.template.spec.containers", "") };
    pod_spec::validate(spec, "spec.template.spec", errors);
    if let Some(policy) = spec.restart_policy.as_deref().filter(|policy| matches!(*policy, "OnFailure" | "Never")) {
        errors.unsupported("spec.template.spec.restartPolicy", policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        errors.forbidden(
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in ReplicaSet is not Supported",
        );
    }
}

/// The selector of a workload may not change.
pub(super) fn validate_selector_update(new: &LabelSelector, old: &LabelSelector, errors: &mut Errors) {
    if new != old {
        errors.invalid("spec.selector", value(new), "field is immutable");
    }
}

fn value(selector: &LabelSelector) -> serde_json::Value {
    serde_json::to_value(selector).unwrap_or_default()
}

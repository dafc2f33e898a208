//! The Pod template of a workload, and the kind that is nothing else.

use crate::apiserver::field::Errors;
use crate::model::core::{PodTemplate, PodTemplateSpec};
use crate::model::metav1::LabelSelector;
use crate::model::selector::{Labels, Selector};

use super::{Strategy, pod_spec};

/// Fills in what was left out.
pub(super) fn default(template: &mut PodTemplateSpec) {
    if let Some(spec) = &mut template.spec {
        pod_spec::default(spec);
    }
}

/// What is wrong with a workload's selector and template, in upstream's order.
pub(super) fn validate(
    workload: &str,
    selector: &LabelSelector,
    template: Option<&PodTemplateSpec>,
    errors: &mut Errors,
) {
    let empty = selector.match_labels.as_ref().is_none_or(Labels::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty);
    if let Err(error) = Selector::from_typed(Some(selector)) {
        errors.invalid("spec.selector", value(selector), error);
    } else if empty {
        errors.invalid("spec.selector", value(selector), format!("empty selector is invalid for {workload}"));
    }
    let Some(template) = template else { return errors.required("spec.template", "") };
    let none = Labels::new();
    let labels = template.metadata.as_ref().and_then(|meta| meta.labels.as_ref()).unwrap_or(&none);
    if !empty && Selector::from_typed(Some(selector)).is_ok_and(|selector| !selector.matches(labels)) {
        let detail = "`selector` does not match template `labels`";
        errors.invalid("spec.template.metadata.labels", serde_json::to_value(labels).unwrap_or_default(), detail);
    }
    validate_template(template, "spec.template", errors);
    stays(template, "spec.template", workload, errors);
}

/// What is wrong with a template at `field`, whoever has it.
pub(super) fn validate_template(template: &PodTemplateSpec, field: &str, errors: &mut Errors) {
    let none = Labels::new();
    let labels = template.metadata.as_ref().and_then(|meta| meta.labels.as_ref()).unwrap_or(&none);
    super::metadata::labels(&format!("{field}.labels"), labels, errors);
    match &template.spec {
        Some(spec) => pod_spec::validate(spec, &format!("{field}.spec"), errors),
        None => errors.required(format_args!("{field}.spec.containers"), ""),
    }
}

/// The Pods of most workloads are meant to run for ever.
pub(super) fn stays(template: &PodTemplateSpec, field: &str, workload: &str, errors: &mut Errors) {
    let Some(spec) = &template.spec else { return };
    if let Some(policy) = spec.restart_policy.as_deref().filter(|policy| matches!(*policy, "OnFailure" | "Never")) {
        errors.unsupported(format_args!("{field}.spec.restartPolicy"), policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        let workload = match workload {
            "deployment" => "ReplicaSet",
            "statefulset" => "StatefulSet",
            "daemonset" => "DaemonSet",
            other => other,
        };
        let detail = format!("activeDeadlineSeconds in {workload} is not Supported");
        errors.forbidden(format_args!("{field}.spec.activeDeadlineSeconds"), &detail);
    }
}

/// The selector of a workload may not change.
pub(super) fn validate_selector_update(new: &LabelSelector, old: &LabelSelector, errors: &mut Errors) {
    if new != old {
        errors.invalid("spec.selector", value(new), "field is immutable");
    }
}

impl Strategy for PodTemplate {
    const HAS_GENERATION: bool = true;

    fn set_defaults(&mut self) {
        if let Some(template) = &mut self.template {
            default(template);
        }
    }

    fn validate(&self, errors: &mut Errors) {
        validate_template(&self.template.clone().unwrap_or_default(), "template", errors);
    }

    fn spec_differs(&self, old: &Self) -> bool {
        self.template != old.template
    }
}

fn value(selector: &LabelSelector) -> serde_json::Value {
    serde_json::to_value(selector).unwrap_or_default()
}

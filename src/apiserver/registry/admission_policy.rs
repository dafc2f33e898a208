//! Admission policies in CEL and their bindings. Source: `pkg/apis/admissionregistration/{v1/defaults.go,validation}`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::admissionregistration::{
    MatchResources, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
};
use crate::model::cel;

use super::Strategy;
use super::pod_spec::one_of;

fn default_match(resources: &mut MatchResources) {
    resources.match_policy.get_or_insert_with(|| "Equivalent".into());
    resources.namespace_selector.get_or_insert_default();
    resources.object_selector.get_or_insert_default();
    let rules = resources.resource_rules.iter_mut().chain(resources.exclude_resource_rules.iter_mut()).flatten();
    for rule in rules {
        rule.scope.get_or_insert_with(|| "*".into());
    }
}

/// Refuses an expression that cannot be read.
pub(super) fn check(source: &str, field: std::fmt::Arguments<'_>, errors: &mut Errors) {
    if let Err(why) = cel::check(source) {
        errors.invalid(field, source, why);
    }
}

fn has_rules(resources: Option<&MatchResources>) -> bool {
    resources.is_some_and(|all| all.resource_rules.as_ref().is_some_and(|rules| !rules.is_empty()))
}

impl Strategy for ValidatingAdmissionPolicy {
    has_generation!();
    has_status!();

    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        spec.failure_policy.get_or_insert_with(|| "Fail".into());
        if let Some(constraints) = &mut spec.match_constraints {
            default_match(constraints);
        }
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = self.spec.clone().unwrap_or_default();
        one_of(spec.failure_policy.as_deref(), &["Fail", "Ignore"], "spec.failurePolicy", errors);
        match &spec.match_constraints {
            None => errors.required("spec.matchConstraints", ""),
            Some(_) if !has_rules(spec.match_constraints.as_ref()) => {
                errors.required("spec.matchConstraints.resourceRules", "");
            }
            Some(_) => {}
        }
        let validations = spec.validations.unwrap_or_default();
        if validations.is_empty() && spec.audit_annotations.as_ref().is_none_or(Vec::is_empty) {
            let detail = "validations or auditAnnotations must be specified";
            errors.required("spec.validations", detail);
            errors.required("spec.auditAnnotations", detail);
        }
        for (index, _) in validations.iter().enumerate().filter(|(_, one)| one.expression.trim().is_empty()) {
            errors.required(format_args!("spec.validations[{index}].expression"), "expression is not specified");
        }
        for (index, one) in validations.iter().enumerate().filter(|(_, one)| !one.expression.trim().is_empty()) {
            check(&one.expression, format_args!("spec.validations[{index}].expression"), errors);
            if let Some(source) = &one.message_expression {
                check(source, format_args!("spec.validations[{index}].messageExpression"), errors);
            }
        }
        for (index, one) in spec.variables.iter().flatten().enumerate() {
            check(&one.expression, format_args!("spec.variables[{index}].expression"), errors);
        }
        for (index, one) in spec.match_conditions.iter().flatten().enumerate() {
            check(&one.expression, format_args!("spec.matchConditions[{index}].expression"), errors);
        }
        for (index, one) in spec.audit_annotations.iter().flatten().enumerate() {
            check(&one.value_expression, format_args!("spec.auditAnnotations[{index}].valueExpression"), errors);
        }
    }
}

impl Strategy for MutatingAdmissionPolicy {
    has_generation!();

    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        spec.failure_policy.get_or_insert_with(|| "Fail".into());
        spec.reinvocation_policy.get_or_insert_with(|| "Never".into());
        if let Some(constraints) = &mut spec.match_constraints {
            default_match(constraints);
        }
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = self.spec.clone().unwrap_or_default();
        one_of(spec.failure_policy.as_deref(), &["Fail", "Ignore"], "spec.failurePolicy", errors);
        if spec.match_constraints.is_none() {
            errors.required("spec.matchConstraints", "");
        }
        if spec.mutations.as_ref().is_none_or(Vec::is_empty) {
            errors.required("spec.mutations", "mutations must contain at least one item");
        }
    }
}

impl Strategy for ValidatingAdmissionPolicyBinding {
    has_generation!();

    fn set_defaults(&mut self) {
        if let Some(resources) = &mut self.spec.match_resources {
            default_match(resources);
        }
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = &self.spec;
        if spec.policy_name.is_empty() {
            errors.required("spec.policyName", "");
        }
        let actions = &spec.validation_actions;
        if actions.is_empty() {
            errors.required("spec.validationActions", "at least one validation action is required");
        }
        for (index, action) in actions.iter().enumerate() {
            one_of(Some(action), &["Audit", "Deny", "Warn"], format_args!("spec.validationActions[{index}]"), errors);
        }
    }
}

impl Strategy for MutatingAdmissionPolicyBinding {
    has_generation!();

    fn set_defaults(&mut self) {
        if let Some(resources) = self.spec.as_mut().and_then(|spec| spec.match_resources.as_mut()) {
            default_match(resources);
        }
    }

    fn validate(&self, errors: &mut Errors) {
        if self.spec.as_ref().and_then(|spec| spec.policy_name.as_ref()).is_none_or(String::is_empty) {
            errors.required("spec.policyName", "");
        }
    }
}

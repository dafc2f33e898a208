//! ValidatingAdmissionPolicies: conditions in CEL that the API server computes itself.
//!
//! Source: `apiserver/pkg/admission/plugin/policy/{generic,validating}`. Not modelled: costs, `authorizer`.

mod params;

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::status::{FieldCause, Reason, Status};
use crate::model::Meta;
use crate::model::admissionregistration::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicySpec, Validation,
};
use crate::model::cel::{self, Scope};
use crate::model::core::Namespace;
use crate::model::{Kind, Object};

use super::attributes::Attributes;
use super::{Review, lookup, lookup_all, matching};

/// The longest message that an expression may make. Source: `MaxEvaluatedMessageExpressionSizeBytes`.
const MESSAGE_MAX: usize = 5 * 1024;

/// Why a policy does not let something in.
struct Denial {
    message: String,
    reason: Option<String>,
}

/// Refuses what a policy that is bound does not allow.
///
/// # Errors
/// What the first policy says.
pub(super) fn validate(asked: &Attributes<'_>, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    if asked.is_exempt() {
        return Ok(());
    }
    let policies = lookup_all::<ValidatingAdmissionPolicy>(review.store, "");
    if policies.is_empty() {
        return Ok(());
    }
    let bindings = lookup_all::<ValidatingAdmissionPolicyBinding>(review.store, "");
    let mut refusal = None;
    for policy in &policies {
        let spec = policy.spec.clone().unwrap_or_default();
        if !spec.match_constraints.as_ref().is_some_and(|wanted| matching::by_resources(wanted, asked, review.store)) {
            continue;
        }
        let name = policy.metadata.name();
        for binding in bindings.iter().filter(|binding| binding.spec.policy_name == name) {
            let wanted = binding.spec.match_resources.as_ref();
            if !wanted.is_none_or(|wanted| matching::by_resources(wanted, asked, review.store)) {
                continue;
            }
            for denial in denials(&spec, binding, asked, review) {
                let refused = act(name, binding, denial, asked, review);
                refusal = refusal.or(refused);
            }
        }
    }
    refusal.map_or(Ok(()), Err)
}

/// Does what the binding wants done about a denial.
fn act(
    policy: &str,
    binding: &ValidatingAdmissionPolicyBinding,
    denial: Denial,
    asked: &Attributes<'_>,
    review: &mut Review<'_>,
) -> Option<Box<Status>> {
    let (by, message) = (binding.metadata.name(), &denial.message);
    let mut refused = None;
    for action in &binding.spec.validation_actions {
        match action.as_str() {
            "Deny" => {
                let why = format!("ValidatingAdmissionPolicy '{policy}' with binding '{by}' denied request: {message}");
                refused = Some(refusal(asked, why, denial.reason.as_deref()));
            }
            "Warn" => {
                let text = format!(
                    "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{by}': {message}"
                );
                review.warnings.push(text.into());
            }
            // There is no audit log.
            _ => {}
        }
    }
    refused
}

/// Source: `validating/dispatcher.go`, `reasonToCode`.
fn refusal(asked: &Attributes<'_>, why: String, reason: Option<&str>) -> Box<Status> {
    let mut status = Status::forbidden(asked.request.kind, asked.shown_name(), &why);
    status.reason = Reason::named(reason.unwrap_or("Invalid"));
    status.code = match status.reason {
        Reason::Forbidden => 403,
        Reason::Unauthorized => 401,
        Reason::RequestEntityTooLarge => 413,
        _ => 422,
    };
    if let Some(details) = &mut status.details {
        details.causes.push(FieldCause { reason: String::new(), message: why, field: String::new() });
    }
    Box::new(status)
}

/// Everything that a policy with a binding finds fault with.
fn denials(
    spec: &ValidatingAdmissionPolicySpec,
    binding: &ValidatingAdmissionPolicyBinding,
    asked: &Attributes<'_>,
    review: &Review<'_>,
) -> Vec<Denial> {
    let is_closed = spec.failure_policy.as_deref() != Some("Ignore");
    let failed = |message: String| if is_closed { vec![Denial { message, reason: None }] } else { Vec::new() };
    let params = match params::collect(spec.param_kind.as_ref(), binding.spec.param_ref.as_ref(), asked, review.store) {
        Ok(params) => params,
        Err(why) => return failed(format!("failed to configure binding: {why}")),
    };
    let mut denials = Vec::new();
    for param in params {
        let scope = scope_of(asked, &param, review);
        match matching::by_conditions(spec.match_conditions.as_deref().unwrap_or_default(), &scope) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(why) => {
                denials.extend(failed(why));
                continue;
            }
        }
        let (scope, broken) = with_variables(spec, scope);
        for validation in spec.validations.iter().flatten() {
            denials.extend(judge(validation, &scope, &broken, is_closed));
        }
    }
    denials
}

/// What the expressions of a policy may look at.
fn scope_of(asked: &Attributes<'_>, param: &Value, review: &Review<'_>) -> Scope {
    let namespace = match asked.request.kind {
        Kind::Namespace => None,
        _ => lookup::<Namespace>(review.store, "", &asked.request.namespace),
    };
    let namespace = namespace.map_or(Value::Null, |namespace| Object::Namespace(Arc::clone(namespace)).to_value());
    matching::scope_of(asked).with("params", param).with("namespaceObject", &namespace)
}

/// Adds `variables`; those that cannot be computed, with the reason.
fn with_variables(spec: &ValidatingAdmissionPolicySpec, scope: Scope) -> (Scope, Vec<(String, String)>) {
    let (mut known, mut broken) = (serde_json::Map::new(), Vec::new());
    for variable in spec.variables.iter().flatten() {
        let now = scope.clone().with("variables", &Value::Object(known.clone()));
        match cel::compute(&variable.expression, &now) {
            Ok(value) => {
                known.insert(variable.name.clone(), value);
            }
            Err(why) => broken.push((variable.name.clone(), why)),
        }
    }
    (scope.with("variables", &Value::Object(known)), broken)
}

/// What one validation comes to.
fn judge(validation: &Validation, scope: &Scope, broken: &[(String, String)], is_closed: bool) -> Option<Denial> {
    let expression = validation.expression.trim();
    match cel::holds(&validation.expression, scope) {
        Ok(true) => None,
        Ok(false) => {
            let made = validation.message_expression.as_deref().and_then(|source| cel::compute(source, scope).ok());
            let made = made.and_then(|value| Some(value.as_str()?.trim().to_owned()));
            let made = made.filter(|text| !text.is_empty() && text.len() <= MESSAGE_MAX && !text.contains('\n'));
            let given = validation.message.as_deref().map(str::trim).filter(|text| !text.is_empty());
            let message =
                made.or(given.map(str::to_owned)).unwrap_or_else(|| format!("failed expression: {expression}"));
            Some(Denial { message, reason: validation.reason.clone() })
        }
        Err(_) if !is_closed => None,
        Err(why) => {
            // A variable is computed where it is used, so that is where it fails.
            let culprit = broken.iter().find(|(name, _)| expression.contains(&format!("variables.{name}")));
            let message = match culprit {
                Some((name, cause)) => format!(
                    "expression '{expression}' resulted in error: composited variable \"{name}\" fails to evaluate: {cause}"
                ),
                None => why,
            };
            Some(Denial { message, reason: None })
        }
    }
}

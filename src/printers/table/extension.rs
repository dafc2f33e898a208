//! Rows of what extends the API: webhooks and policies of admission, API services, definitions of custom resources.

use super::{Column, UNSET, age, column, name};
use crate::engine::SimTime;
use crate::model::admissionregistration::{
    MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingWebhookConfiguration, ParamKind, ParamRef,
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
};
use crate::model::apiregistration::APIService;
use crate::model::metav1::ObjectMeta;
use crate::model::selector::format_typed;

pub(super) const WEBHOOK_COLUMNS: &[Column] = &[column("Name"), column("Webhooks"), column("Age")];

pub(super) fn mutating_webhook(webhooks: &MutatingWebhookConfiguration, now: SimTime) -> Vec<String> {
    counted(&webhooks.metadata, webhooks.webhooks.as_ref().map_or(0, Vec::len), now)
}

pub(super) fn validating_webhook(webhooks: &ValidatingWebhookConfiguration, now: SimTime) -> Vec<String> {
    counted(&webhooks.metadata, webhooks.webhooks.as_ref().map_or(0, Vec::len), now)
}

fn counted(meta: &ObjectMeta, count: usize, now: SimTime) -> Vec<String> {
    vec![name(meta), count.to_string(), age(meta, now)]
}

pub(super) const VALIDATING_POLICY_COLUMNS: &[Column] =
    &[column("Name"), column("Validations"), column("ParamKind"), column("Age")];
pub(super) const MUTATING_POLICY_COLUMNS: &[Column] =
    &[column("Name"), column("Mutations"), column("ParamKind"), column("Age")];

pub(super) fn validating_policy(policy: &ValidatingAdmissionPolicy, now: SimTime) -> Vec<String> {
    let spec = policy.spec.clone().unwrap_or_default();
    let count = spec.validations.map_or(0, |all| all.len()).to_string();
    vec![name(&policy.metadata), count, param_kind(spec.param_kind.as_ref()), age(&policy.metadata, now)]
}

pub(super) fn mutating_policy(policy: &MutatingAdmissionPolicy, now: SimTime) -> Vec<String> {
    let spec = policy.spec.clone().unwrap_or_default();
    let count = spec.mutations.map_or(0, |all| all.len()).to_string();
    vec![name(&policy.metadata), count, param_kind(spec.param_kind.as_ref()), age(&policy.metadata, now)]
}

fn param_kind(kind: Option<&ParamKind>) -> String {
    kind.map_or_else(
        || UNSET.into(),
        |kind| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{}/{}", text(&kind.api_version), text(&kind.kind))
        },
    )
}

pub(super) const POLICY_BINDING_COLUMNS: &[Column] =
    &[column("Name"), column("PolicyName"), column("ParamRef"), column("Age")];

pub(super) fn validating_binding(binding: &ValidatingAdmissionPolicyBinding, now: SimTime) -> Vec<String> {
    let spec = &binding.spec;
    let reference = param_ref(spec.param_ref.as_ref());
    vec![name(&binding.metadata), spec.policy_name.clone(), reference, age(&binding.metadata, now)]
}

pub(super) fn mutating_binding(binding: &MutatingAdmissionPolicyBinding, now: SimTime) -> Vec<String> {
    let spec = binding.spec.clone().unwrap_or_default();
    let reference = param_ref(spec.param_ref.as_ref());
    vec![name(&binding.metadata), spec.policy_name.unwrap_or_default(), reference, age(&binding.metadata, now)]
}

fn param_ref(reference: Option<&ParamRef>) -> String {
    let Some(reference) = reference else { return UNSET.into() };
    match (&reference.name, &reference.namespace) {
        (Some(name), Some(namespace)) => format!("{namespace}/{name}"),
        (Some(name), None) => format!("*/{name}"),
        (None, _) => format_typed(reference.selector.as_ref()),
    }
}

pub(super) const API_SERVICE_COLUMNS: &[Column] =
    &[column("Name"), column("Service"), column("Available"), column("Age")];

pub(super) fn api_service(service: &APIService, now: SimTime) -> Vec<String> {
    let spec = service.spec.clone().unwrap_or_default();
    let behind = spec.service.map_or_else(
        || "Local".into(),
        |service| format!("{}/{}", service.namespace.unwrap_or_default(), service.name.unwrap_or_default()),
    );
    let conditions = service.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let available = conditions.iter().find(|one| one.type_ == "Available");
    let available = available.map_or_else(
        || "Unknown".into(),
        |one| match one.status.as_str() {
            "True" => "True".into(),
            status => format!("{status} ({})", one.reason.clone().unwrap_or_default()),
        },
    );
    vec![name(&service.metadata), behind, available, age(&service.metadata, now)]
}

pub(super) const CREATED_COLUMNS: &[Column] = &[column("Name"), column("Created At")];

/// Rows of kinds that tell the instant instead of an age.
pub(super) fn created(meta: &ObjectMeta) -> Vec<String> {
    vec![name(meta), meta.creation_timestamp.as_ref().map(|at| at.0.to_string()).unwrap_or_default()]
}

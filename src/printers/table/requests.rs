//! Rows of requests for certificates, of flow schemas and priority levels, and of claims on devices.

use super::{Column, NONE, age, column, name, text_or};
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::age::human_seconds;
use crate::model::certificates::CertificateSigningRequest;
use crate::model::flowcontrol::{FlowSchema, PriorityLevelConfiguration};
use crate::model::resource::{ResourceClaim, ResourceSlice};

pub(super) const CERTIFICATE_COLUMNS: &[Column] = &[
    column("Name"),
    column("Age"),
    column("SignerName"),
    column("Requestor"),
    column("RequestedDuration"),
    column("Condition"),
];

pub(super) fn certificate(request: &CertificateSigningRequest, now: SimTime) -> Vec<String> {
    let spec = &request.spec;
    let duration = spec.expiration_seconds.map(|seconds| human_seconds(seconds.into()));
    vec![
        name(&request.metadata),
        age(&request.metadata, now),
        text_or(Some(&spec.signer_name), NONE),
        spec.username.clone().unwrap_or_default(),
        duration.unwrap_or_else(|| NONE.into()),
        certificate_state(request),
    ]
}

/// Source: `extractCSRStatus`.
#[must_use]
pub fn certificate_state(request: &CertificateSigningRequest) -> String {
    let status = request.status.clone().unwrap_or_default();
    let conditions = status.conditions.unwrap_or_default();
    let has = |type_: &str| conditions.iter().any(|one| one.type_ == type_);
    let mut state = match () {
        () if has("Denied") => "Denied",
        () if has("Approved") => "Approved",
        () => "Pending",
    }
    .to_owned();
    if has("Failed") {
        state.push_str(",Failed");
    }
    if status.certificate.is_some_and(|certificate| !certificate.0.is_empty()) {
        state.push_str(",Issued");
    }
    state
}

pub(super) const FLOW_COLUMNS: &[Column] = &[
    column("Name"),
    column("PriorityLevel"),
    column("MatchingPrecedence"),
    column("DistinguisherMethod"),
    column("Age"),
    column("MissingPL"),
];

pub(super) fn flow(schema: &FlowSchema, now: SimTime) -> Vec<String> {
    let spec = schema.spec.clone().unwrap_or_default();
    let conditions = schema.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let dangling = conditions.iter().find(|one| one.type_.as_deref() == Some("Dangling"));
    vec![
        name(&schema.metadata),
        text_or(Some(&spec.priority_level_configuration.name), NONE),
        spec.matching_precedence.unwrap_or(0).to_string(),
        text_or(spec.distinguisher_method.as_ref().map(|method| method.type_.as_str()), NONE),
        age(&schema.metadata, now),
        dangling.and_then(|one| one.status.clone()).unwrap_or_else(|| "?".into()),
    ]
}

pub(super) const LEVEL_COLUMNS: &[Column] = &[
    column("Name"),
    column("Type"),
    column("NominalConcurrencyShares"),
    column("Queues"),
    column("HandSize"),
    column("QueueLengthLimit"),
    column("Age"),
];

pub(super) fn level(level: &PriorityLevelConfiguration, now: SimTime) -> Vec<String> {
    let spec = level.spec.clone().unwrap_or_default();
    let number = |number: Option<i32>| number.map_or_else(|| NONE.into(), |number| number.to_string());
    let limited = spec.limited.unwrap_or_default();
    let queuing = limited.limit_response.and_then(|response| response.queuing).unwrap_or_default();
    let shares = limited.nominal_concurrency_shares;
    vec![
        name(&level.metadata),
        spec.type_,
        number(shares),
        number(queuing.queues),
        number(queuing.hand_size),
        number(queuing.queue_length_limit),
        age(&level.metadata, now),
    ]
}

pub(super) const CLAIM_COLUMNS: &[Column] = &[column("Name"), column("State"), column("Age")];

pub(super) fn claim(claim: &ResourceClaim, now: SimTime) -> Vec<String> {
    let status = claim.status.clone().unwrap_or_default();
    let mut states = Vec::new();
    if claim.metadata.is_terminating() {
        states.push("deleted");
    }
    match (&status.allocation, status.reserved_for.as_ref().is_some_and(|users| !users.is_empty())) {
        (None, _) if states.is_empty() => states.push("pending"),
        (None, _) => {}
        (Some(_), false) => states.push("allocated"),
        (Some(_), true) => states.extend(["allocated", "reserved"]),
    }
    vec![name(&claim.metadata), states.join(","), age(&claim.metadata, now)]
}

pub(super) const SLICE_COLUMNS: &[Column] =
    &[column("Name"), column("Node"), column("Driver"), column("Pool"), column("Age")];

pub(super) fn slice(slice: &ResourceSlice, now: SimTime) -> Vec<String> {
    let spec = &slice.spec;
    vec![
        name(&slice.metadata),
        text_or(spec.node_name.as_deref(), "<unset>"),
        spec.driver.clone(),
        spec.pool.name.clone(),
        age(&slice.metadata, now),
    ]
}

//! Requests and limits of containers.

use std::collections::BTreeMap;

use crate::apiserver::field::Errors;
use crate::model::Quantity;
use crate::model::core::{Container, ResourceRequirements};
use crate::model::metav1::WireQuantity;
use crate::model::names;

/// Amounts by resource.
type Amounts = BTreeMap<String, WireQuantity>;

/// A limit without a request is its request too. Only Pods do this, templates do not.
pub(super) fn default_requests(container: &mut Container) {
    let Some(resources) = &mut container.resources else { return };
    let Some(limits) = resources.limits.as_ref().filter(|limits| !limits.is_empty()) else { return };
    let requests = resources.requests.get_or_insert_default();
    for (resource, limit) in limits {
        requests.entry(resource.clone()).or_insert_with(|| limit.clone());
    }
}

/// What is wrong with requests and limits at `field`. Source: `ValidateContainerResourceRequirements`.
pub(super) fn validate(resources: Option<&ResourceRequirements>, field: &str, errors: &mut Errors) {
    let Some(resources) = resources else { return };
    let (limits, requests) = (resources.limits.as_ref(), resources.requests.as_ref());
    for (resource, amount) in limits.into_iter().flatten() {
        validate_amount(resource, amount, &format!("{field}.limits[{resource}]"), &format!("{field}.limits"), errors);
    }
    for (resource, amount) in requests.into_iter().flatten() {
        validate_amount(
            resource,
            amount,
            &format!("{field}.requests[{resource}]"),
            &format!("{field}.requests"),
            errors,
        );
        let limit = limits.and_then(|limits| limits.get(resource));
        if let Some(limit) = limit
            && exceeds(amount, limit)
        {
            let detail = format!("must be less than or equal to {resource} limit of {}", limit.0);
            errors.invalid(format_args!("{field}.requests"), amount.0.as_str(), detail);
        }
    }
    if let Some(only_limit) = extended_without_limit(limits, requests) {
        errors.required(
            format_args!("{field}.limits"),
            &format!("Limit must be set for non overcommitable resources ({only_limit})"),
        );
    }
}

fn exceeds(amount: &WireQuantity, limit: &WireQuantity) -> bool {
    match (Quantity::parse(&amount.0), Quantity::parse(&limit.0)) {
        (Ok(amount), Ok(limit)) => amount > limit,
        _ => false,
    }
}

/// An extended resource that is requested without a limit.
fn extended_without_limit<'a>(limits: Option<&Amounts>, requests: Option<&'a Amounts>) -> Option<&'a str> {
    let is_extended = |name: &str| name.contains('/') && !name.contains("kubernetes.io/");
    let limited = |name: &String| limits.is_some_and(|limits| limits.contains_key(name));
    requests?.keys().find(|name| is_extended(name) && !limited(name)).map(String::as_str)
}

fn validate_amount(resource: &str, amount: &WireQuantity, field: &str, list: &str, errors: &mut Errors) {
    let standard = matches!(resource, "cpu" | "memory" | "ephemeral-storage") || resource.starts_with("hugepages-");
    if !standard {
        errors.all_invalid(list, resource, names::label_key(resource));
        if !resource.contains('/') {
            errors.invalid(field, resource, "must be a standard resource type or fully qualified");
            errors.invalid(field, resource, "must be a standard resource for containers");
        }
    }
    if Quantity::parse(&amount.0).is_ok_and(|quantity| quantity.sign() < 0) {
        errors.invalid(field, amount.0.as_str(), "must be greater than or equal to 0");
    }
}

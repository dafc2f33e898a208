//! The quality of service class of a Pod. Source: `pkg/apis/core/helper/qos/qos.go`.

use crate::model::Quantity;
use crate::model::core::{Container, PodSpec};

/// The resources that decide.
const DECISIVE: [&str; 2] = ["cpu", "memory"];

/// `Guaranteed`, `Burstable` or `BestEffort`.
pub(super) fn class_of(spec: &PodSpec) -> &'static str {
    let all = || spec.containers.iter().chain(spec.init_containers.iter().flatten());
    if all().all(asks_for_nothing) {
        return "BestEffort";
    }
    if all().all(is_guaranteed) { "Guaranteed" } else { "Burstable" }
}

fn amounts(container: &Container, resource: &str) -> (Option<Quantity>, Option<Quantity>) {
    let Some(resources) = &container.resources else { return (None, None) };
    let amount = |map: &Option<std::collections::BTreeMap<String, crate::model::metav1::WireQuantity>>| {
        let quantity = Quantity::parse(&map.as_ref()?.get(resource)?.0).ok()?;
        (!quantity.is_zero()).then_some(quantity)
    };
    (amount(&resources.requests), amount(&resources.limits))
}

fn asks_for_nothing(container: &Container) -> bool {
    DECISIVE.iter().all(|resource| amounts(container, resource) == (None, None))
}

fn is_guaranteed(container: &Container) -> bool {
    DECISIVE.iter().all(|resource| match amounts(container, resource) {
        (Some(request), Some(limit)) => request == limit,
        (None, Some(_)) => true,
        _ => false,
    })
}

//! In-place resize: while a running Pod's requests are being changed, it counts as the greatest of what it asks for, what the
//! node has promised it and what it has; when the node has found that it cannot be done, what it asks for does not count.
//!
//! Models `determineContainerReqs` of `staging/src/k8s.io/component-helpers/resource/helpers.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::{Container, ContainerStatus, PodSpec, ResourceRequirements};
use crate::model::metav1::WireQuantity;
use crate::model::{Pod, Quantity};

type List = BTreeMap<String, WireQuantity>;

/// The spec with the requests that count; `None` when they are those of the spec.
pub(super) fn resized(pod: &Pod) -> Option<Arc<PodSpec>> {
    let is_infeasible = pod
        .condition("PodResizePending")
        .is_some_and(|condition| condition.status == "True" && condition.reason.as_deref() == Some("Infeasible"));
    let has_settled = |container: &Container| {
        let wanted = requests(container.resources.as_ref());
        status_of(pod, &container.name).is_none_or(|status| {
            let is_wanted = |list: Option<&List>| list.is_none() || list == wanted;
            is_wanted(status.allocated_resources.as_ref()) && is_wanted(requests(status.resources.as_ref()))
        })
    };
    if pod.spec.containers.iter().all(has_settled) {
        return None;
    }
    let mut spec = (*pod.spec).clone();
    for container in &mut spec.containers {
        let Some(status) = status_of(pod, &container.name) else { continue };
        let wanted = requests(container.resources.as_ref()).filter(|_| !is_infeasible).cloned().unwrap_or_default();
        let lists = [requests(status.resources.as_ref()), status.allocated_resources.as_ref()];
        let counted = lists.into_iter().flatten().fold(wanted, |most, list| greatest(most, list));
        container.resources.get_or_insert_default().requests = Some(counted);
    }
    Some(Arc::new(spec))
}

fn requests(resources: Option<&ResourceRequirements>) -> Option<&List> {
    resources.and_then(|resources| resources.requests.as_ref())
}

fn status_of<'a>(pod: &'a Pod, container: &str) -> Option<&'a ContainerStatus> {
    pod.container_statuses().iter().find(|status| status.name == container)
}

fn greatest(mut most: List, other: &List) -> List {
    let amount = |quantity: &WireQuantity| Quantity::try_from(quantity).ok();
    for (name, quantity) in other {
        let is_greater = most.get(name).is_none_or(|held| amount(held) < amount(quantity));
        if is_greater {
            most.insert(name.clone(), quantity.clone());
        }
    }
    most
}

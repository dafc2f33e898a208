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
        let counted = lists.into_iter().flatten().fold(wanted, greatest);
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::scheduler::fixture::pod;

    fn counted(wanted: &str, promised: &str, has: &str, conditions: Value) -> i64 {
        let status = json!([{"name": "app", "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "allocatedResources": {"cpu": promised}, "resources": {"requests": {"cpu": has}}}]);
        let one = pod("p").requests(wanted, "0").on("n").status("containerStatuses", status);
        one.status("conditions", conditions).info().demand.requests.milli_cpu
    }

    #[test]
    fn while_it_is_resized_a_pod_counts_as_the_most_of_all() {
        assert_eq!(counted("500m", "500m", "500m", json!([])), 500);
        assert_eq!(counted("900m", "500m", "500m", json!([])), 900, "more is wanted");
        assert_eq!(counted("200m", "200m", "500m", json!([])), 500, "less is wanted but not yet done");
        let infeasible = json!([{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]);
        assert_eq!(counted("900m", "500m", "500m", infeasible), 500, "more is wanted and cannot be had");
    }
}

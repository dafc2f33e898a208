//! Quality of service: which Pods promised how much, and who dies first when memory is short.
//!
//! Models `pkg/apis/core/v1/helper/qos/qos.go` and `pkg/kubelet/qos/policy.go`.

use crate::model::core::Container;
use crate::model::{Pod, Quantity};

use super::container_config::amount;

/// `system-node-critical` Pods are spared like guaranteed ones. Source: `pkg/apis/scheduling/types.go`.
const NODE_CRITICAL: i32 = 2_000_001_000;
/// Pods from this priority on are critical. Source: `pkg/apis/scheduling/types.go`, `SystemCriticalPriority`.
pub const SYSTEM_CRITICAL: i32 = 2_000_000_000;

/// `Guaranteed`, `Burstable` or `BestEffort`.
#[must_use]
pub fn class(pod: &Pod) -> &'static str {
    let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
    let all = || pod.spec.containers.iter().chain(inits);
    let set = |container: &Container, is_limit, name| {
        amount(container.resources.as_ref(), is_limit, name).filter(|amount| *amount > Quantity::ZERO)
    };
    let is_set = |container: &Container| {
        [true, false]
            .into_iter()
            .any(|limit| ["cpu", "memory"].into_iter().any(|name| set(container, limit, name).is_some()))
    };
    if !all().any(is_set) {
        return "BestEffort";
    }
    let is_bound = |container: &Container, name| {
        let limit = set(container, true, name);
        limit.is_some() && set(container, false, name).is_none_or(|request| Some(request) == limit)
    };
    let guaranteed = all().all(|container| is_bound(container, "cpu") && is_bound(container, "memory"));
    if guaranteed { "Guaranteed" } else { "Burstable" }
}

/// `oom_score_adj` of a container.
#[must_use]
pub fn oom_score_adj(pod: &Pod, container: &Container, node_memory: u64) -> i32 {
    match class(pod) {
        _ if pod.priority() >= NODE_CRITICAL => -997,
        "Guaranteed" => -997,
        "BestEffort" => 1000,
        _ => {
            let request =
                amount(container.resources.as_ref(), false, "memory").map_or(0, Quantity::value).max(0) as u64;
            let share = 1000 * request / node_memory.max(1);
            (1000 - i32::try_from(share).unwrap_or(1000)).clamp(3, 999)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Object};
    use serde_json::{Value, json};

    fn class_of(resources: &[Value]) -> &'static str {
        let containers: Vec<Value> =
            resources.iter().map(|resources| json!({"name": "c", "resources": resources})).collect();
        let value = json!({"metadata": {"name": "p"}, "spec": {"containers": containers}});
        class(Object::from_value(Kind::Pod, value, &mut Vec::new()).unwrap().get::<Pod>().unwrap())
    }

    #[test]
    fn the_class_follows_from_requests_and_limits() {
        let both = json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m", "memory": "1Gi"}});
        assert_eq!(class_of(&[json!({})]), "BestEffort");
        assert_eq!(class_of(std::slice::from_ref(&both)), "Guaranteed");
        assert_eq!(class_of(&[both, json!({})]), "Burstable");
        assert_eq!(class_of(&[json!({"limits": {"memory": "24Mi"}})]), "Burstable");
    }
}

//! Quality of service on a node: who dies first when memory is short.
//!
//! Models `pkg/kubelet/qos/policy.go`.

use crate::model::core::Container;
use crate::model::resources::{QosClass, qos_class};
use crate::model::{Pod, Quantity};

use super::container_config::amount;

/// `system-node-critical` Pods are spared like guaranteed ones. Source: `pkg/apis/scheduling/types.go`.
const NODE_CRITICAL: i32 = 2_000_001_000;
/// Pods from this priority on are critical. Source: `pkg/apis/scheduling/types.go`, `SystemCriticalPriority`.
pub const SYSTEM_CRITICAL: i32 = 2_000_000_000;

/// `oom_score_adj` of a container.
#[must_use]
pub fn oom_score_adj(pod: &Pod, container: &Container, node_memory: u64) -> i32 {
    match qos_class(&pod.spec) {
        _ if pod.priority() >= NODE_CRITICAL => -997,
        QosClass::Guaranteed => -997,
        QosClass::BestEffort => 1000,
        QosClass::Burstable => {
            let request =
                amount(container.resources.as_ref(), false, "memory").map_or(0, Quantity::value).max(0) as u64;
            let share = 1000 * request / node_memory.max(1);
            (1000 - i32::try_from(share).unwrap_or(1000)).clamp(3, 999)
        }
    }
}

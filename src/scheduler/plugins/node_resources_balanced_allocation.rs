//! # NodeResourcesBalancedAllocation
//! A node is good when the Pod makes its CPU and its memory equally full: neither is left over without the other.
//!
//! Models `pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go` of v1.36, which rates the change.

use crate::scheduler::framework::{CycleState, Plugin, Score};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct NodeResourcesBalancedAllocation;

impl Plugin for NodeResourcesBalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }
    fn as_score(&self) -> Option<&dyn Score> {
        Some(self)
    }
}

impl Score for NodeResourcesBalancedAllocation {
    /// A Pod that requests neither CPU nor memory changes no balance.
    fn pre_score(&self, _: &mut CycleState, pod: &PodInfo, _: &Snapshot, _: &[usize]) -> bool {
        pod.demand.requests.milli_cpu != 0 || pod.demand.requests.memory != 0
    }

    fn score(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let without = balance(node, 0, 0);
        let with = balance(node, pod.demand.requests.milli_cpu, pod.demand.requests.memory);
        50 + (50 + with - without) / 2
    }

    fn is_local(&self) -> bool {
        true
    }

    fn is_absolute(&self) -> bool {
        true
    }
}

/// 100 when CPU and memory are equally full, less the further they are apart.
fn balance(node: &NodeInfo, milli_cpu: i64, memory: i64) -> i64 {
    let fraction =
        |allocatable: i64, requested: i64| (allocatable != 0).then(|| (requested as f64 / allocatable as f64).min(1.0));
    let cpu = fraction(node.allocatable.milli_cpu, node.requested.milli_cpu + milli_cpu);
    let memory = fraction(node.allocatable.memory, node.requested.memory + memory);
    let deviation = match (cpu, memory) {
        (Some(cpu), Some(memory)) => ((cpu - memory) / 2.0).abs(),
        _ => 0.0,
    };
    // Go's conversion of a float to an integer cuts off as this does.
    ((1.0 - deviation) * 100.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fixture::{node, pod};

    /// The vectors of the control-plane reference, §8.
    #[test]
    fn the_score_rates_the_change() {
        let score = |cpu: &str, memory: &str| {
            let mut info = node("n", "4", "16Gi").info();
            if cpu != "0" {
                info.add_pod(pod("a").requests(cpu, memory).info());
            }
            let pod = pod("b").requests("500m", "1Gi").info();
            NodeResourcesBalancedAllocation.score(&CycleState::default(), &pod, &info)
        };
        assert_eq!([score("0", "0"), score("2", "4Gi"), score("1", "12Gi")], [73, 73, 76]);
    }
}

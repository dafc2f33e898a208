//! # RealUse
//! Not one of Kubernetes: prefers nodes by what is really used there, where all others look at requests only. Off by default,
//! so that one can compare. Real clusters have such plugins too (Trimaran, crane-scheduler). Like the former it takes what
//! metrics-server serves; where there is none, it reads annotations of the Node like the latter, which whoever measures writes
//! there, in the form of quantities: `kubectl annotate node node-1 podlab.dev/cpu-use=1500m podlab.dev/memory-use=3Gi`
//!
//! A node that nobody measured gets half of the points.

use crate::model::{Meta, Quantity};
use crate::scheduler::framework::{CycleState, Plugin, Score};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

/// Its name in a `KubeSchedulerConfiguration`.
pub const NAME: &str = "RealUse";
/// The annotations that say what is used.
pub const CPU_USE: &str = "podlab.dev/cpu-use";
/// The annotations that say what is used.
pub const MEMORY_USE: &str = "podlab.dev/memory-use";

/// What a node that nobody measured gets.
const UNKNOWN: i64 = 50;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct RealUse;

impl Plugin for RealUse {
    fn name(&self) -> &'static str {
        NAME
    }
    fn as_score(&self) -> Option<&dyn Score> {
        Some(self)
    }
}

impl Score for RealUse {
    /// The free part of the scarcer of CPU and memory, in percent.
    fn score(&self, _: &CycleState, _: &PodInfo, node: &NodeInfo) -> i64 {
        let measured = node.used;
        let cpu = measured.map(|used| used.milli_cpu).or_else(|| use_of(node, CPU_USE).map(Quantity::milli_value));
        let memory = measured.map(|used| used.memory).or_else(|| use_of(node, MEMORY_USE).map(Quantity::value));
        let cpu = free(cpu, node.allocatable.milli_cpu);
        let memory = free(memory, node.allocatable.memory);
        cpu.into_iter().chain(memory).min().unwrap_or(UNKNOWN)
    }

    fn is_local(&self) -> bool {
        true
    }

    fn is_absolute(&self) -> bool {
        true
    }
}

/// What the annotations of a node say of its use.
#[must_use]
pub fn annotations(node: &NodeInfo) -> [Option<&str>; 2] {
    [CPU_USE, MEMORY_USE].map(|key| node.node.as_ref()?.metadata.annotation(key))
}

fn use_of(node: &NodeInfo, key: &str) -> Option<Quantity> {
    node.node.as_ref()?.metadata.annotation(key).and_then(|text| Quantity::parse(text).ok())
}

fn free(used: Option<i64>, capacity: i64) -> Option<i64> {
    let used = used.filter(|_| capacity > 0)?;
    Some((capacity - used).clamp(0, capacity) * 100 / capacity)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::fixture::{node, pod};

    #[test]
    fn the_scarcer_resource_counts() {
        let score = |annotations: serde_json::Value| {
            let mut fixture = node("n", "4", "16Gi");
            fixture.0["metadata"]["annotations"] = annotations;
            RealUse.score(&CycleState::default(), &pod("p").info(), &fixture.info())
        };
        assert_eq!(score(json!({CPU_USE: "1", MEMORY_USE: "12Gi"})), 25);
        assert_eq!(score(json!({CPU_USE: "1"})), 75);
        assert_eq!(score(json!({})), 50);
    }
}

//! # NodePorts
//! Two Pods cannot have the same `hostPort` on one node.
//!
//! Models `pkg/scheduler/framework/plugins/nodeports/node_ports.go`.

use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// Why a node will not do.
pub const REASON: &str = "node(s) didn't have free ports for the requested pod ports";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct NodePorts;

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }
    fn as_pre_filter(&self) -> Option<&dyn PreFilter> {
        Some(self)
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PreFilter for NodePorts {
    fn pre_filter(&self, _: &mut CycleState, pod: &PodInfo, _: &Snapshot) -> PreFilterOutcome {
        if pod.demand.host_ports.is_empty() { PreFilterOutcome::Skip } else { PreFilterOutcome::Run }
    }
}

impl Filter for NodePorts {
    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        if node.pods.iter().any(|other| share_a_port(pod, other)) {
            return Err(Rejection::unschedulable(REASON));
        }
        Ok(())
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Enqueue for NodePorts {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::NodeAdded(_) => Hint::Queue,
            ClusterEvent::PodDeleted(gone) => share_a_port(pod, gone).into(),
            _ => Hint::Skip,
        }
    }
}

/// Whether two Pods cannot be on one node because of a port.
#[must_use]
pub fn share_a_port(one: &PodInfo, other: &PodInfo) -> bool {
    one.demand.host_ports.iter().any(|port| other.demand.host_ports.iter().any(|taken| port.conflicts(taken)))
}

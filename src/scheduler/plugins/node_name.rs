//! # NodeName
//! A Pod that names its node goes there or nowhere. (A Pod created with `spec.nodeName` never comes to the scheduler.)
//!
//! Models `pkg/scheduler/framework/plugins/nodename/node_name.go`.

use crate::scheduler::framework::{ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

/// Why a node will not do.
pub const REASON: &str = "node(s) didn't match the requested node name";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl Filter for NodeName {
    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let wanted = pod.pod.node_name();
        if wanted.is_empty() || wanted == &*node.name { Ok(()) } else { Err(Rejection::unresolvable(REASON)) }
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Enqueue for NodeName {
    fn hint(&self, event: &ClusterEvent, _: &PodInfo) -> Hint {
        matches!(event, ClusterEvent::NodeAdded(_)).into()
    }
}

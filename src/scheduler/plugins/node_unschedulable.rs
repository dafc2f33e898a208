//! # NodeUnschedulable
//! A cordoned node takes no new Pods, unless they tolerate `node.kubernetes.io/unschedulable`.
//! Try it: `kubectl cordon node-1`
//!
//! Models `pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go`.

use crate::model::core::Taint;
use crate::model::toleration::is_tolerated;
use crate::scheduler::framework::{ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

/// Why a node will not do.
pub const REASON: &str = "node(s) were unschedulable";
/// The taint that a cordoned node counts as having.
pub const TAINT_KEY: &str = "node.kubernetes.io/unschedulable";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct NodeUnschedulable;

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl Filter for NodeUnschedulable {
    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        if !node.is_unschedulable || tolerates_cordon(pod) {
            return Ok(());
        }
        Err(Rejection::unresolvable(REASON))
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Enqueue for NodeUnschedulable {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::NodeAdded(node) => (!node.is_unschedulable || tolerates_cordon(pod)).into(),
            ClusterEvent::NodeUpdated(old, new) => (old.is_unschedulable && !new.is_unschedulable).into(),
            ClusterEvent::Itself(_, new) => tolerates_cordon(new).into(),
            _ => Hint::Skip,
        }
    }
}

fn tolerates_cordon(pod: &PodInfo) -> bool {
    let taint = Taint { key: TAINT_KEY.into(), effect: "NoSchedule".into(), ..Taint::default() };
    pod.pod.spec.tolerations.as_ref().is_some_and(|tolerations| is_tolerated(tolerations, &taint))
}

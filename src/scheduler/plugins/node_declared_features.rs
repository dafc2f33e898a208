//! # NodeDeclaredFeatures
//! A Pod that needs a feature of the kubelet goes only where the node declares it.
//!
//! Models `pkg/scheduler/framework/plugins/nodedeclaredfeatures/nodedeclaredfeatures.go` with the one feature that can be
//! told from a Pod's spec: containers whose exit restarts all others.

use crate::model::core::Container;
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// Why a node will not do.
pub const REASON: &str = "node(s) didn't match Pod's required features";
/// Source: `component-helpers/nodedeclaredfeatures/features/restartallcontainers`.
const RESTART_ALL: &str = "RestartAllContainersOnContainerExits";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct NodeDeclaredFeatures;

impl Plugin for NodeDeclaredFeatures {
    fn name(&self) -> &'static str {
        "NodeDeclaredFeatures"
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

impl PreFilter for NodeDeclaredFeatures {
    fn pre_filter(&self, _: &mut CycleState, pod: &PodInfo, _: &Snapshot) -> PreFilterOutcome {
        if restarts_all(pod) { PreFilterOutcome::Run } else { PreFilterOutcome::Skip }
    }
}

impl Filter for NodeDeclaredFeatures {
    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let is_missing = restarts_all(pod) && !declared(node).iter().any(|name| name == RESTART_ALL);
        if is_missing { Err(Rejection::unresolvable(REASON)) } else { Ok(()) }
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Enqueue for NodeDeclaredFeatures {
    fn hint(&self, event: &ClusterEvent, _: &PodInfo) -> Hint {
        match event {
            ClusterEvent::NodeAdded(_) => Hint::Queue,
            ClusterEvent::NodeUpdated(old, new) => (declared(old) != declared(new)).into(),
            ClusterEvent::Itself(old, new) => (restarts_all(old) != restarts_all(new)).into(),
            _ => Hint::Skip,
        }
    }
}

/// What a node declares.
#[must_use]
pub fn declared(node: &NodeInfo) -> &[String] {
    node.node.as_ref().and_then(|node| node.status.as_ref()?.declared_features.as_deref()).unwrap_or_default()
}

fn restarts_all(pod: &PodInfo) -> bool {
    let spec = &pod.pod.spec;
    let does = |container: &Container| {
        container.restart_policy_rules.iter().flatten().any(|rule| rule.action == "RestartAllContainers")
    };
    spec.containers.iter().chain(spec.init_containers.iter().flatten()).any(does)
}

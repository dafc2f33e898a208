//! The plugins of the default profile, one file each, named as Kubernetes names them.
//!
//! **Not modelled:** VolumeRestrictions, NodeVolumeLimits, VolumeZone, ImageLocality, NodeDeclaredFeatures: what they would
//! refuse is not refused here. PodTopologySpread and InterPodAffinity filter but do not score. DynamicResources only knows
//! that there are no resource claims to serve.

pub mod default_preemption;
pub mod dynamic_resources;
pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_balanced_allocation;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod pod_topology_spread;
pub mod priority_sort;
pub mod scheduling_gates;
pub mod taint_toleration;
pub mod volume_binding;

use std::sync::Arc;

use super::framework::Plugin;

/// The default plugins in their order, with their weights.
/// Source: `pkg/scheduler/apis/config/v1/default_plugins.go`.
#[must_use]
pub fn default_set() -> Vec<(Arc<dyn Plugin>, i64)> {
    vec![
        (Arc::new(scheduling_gates::SchedulingGates), 0),
        (Arc::new(node_unschedulable::NodeUnschedulable), 0),
        (Arc::new(node_name::NodeName), 0),
        (Arc::new(taint_toleration::TaintToleration), 3),
        (Arc::new(node_affinity::NodeAffinity), 2),
        (Arc::new(node_ports::NodePorts), 0),
        (Arc::new(node_resources_fit::NodeResourcesFit), 1),
        (Arc::new(volume_binding::VolumeBinding), 0),
        (Arc::new(pod_topology_spread::PodTopologySpread), 0),
        (Arc::new(inter_pod_affinity::InterPodAffinity), 0),
        (Arc::new(dynamic_resources::DynamicResources), 0),
        (Arc::new(default_preemption::DefaultPreemption), 0),
        (Arc::new(node_resources_balanced_allocation::NodeResourcesBalancedAllocation), 1),
    ]
}

/// Brings scores into 0 to 100 by the greatest of them; `reverse` makes the lowest the best.
/// Source: `pkg/scheduler/framework/plugins/helper/normalize_score.go`.
pub(super) fn normalize_by_greatest(scores: &mut [i64], order: Order) {
    let greatest = scores.iter().copied().max().unwrap_or(0);
    for score in scores {
        let share = if greatest == 0 { 0 } else { 100 * *score / greatest };
        *score = if order == Order::LowestFirst { 100 - share } else { share };
    }
}

/// Which raw score is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    HighestFirst,
    LowestFirst,
}

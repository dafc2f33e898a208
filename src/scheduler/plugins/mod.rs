//! The plugins of the default profile, one file each, named as Kubernetes names them.
//!
//! **Not modelled:** DynamicResources only knows that there are no resource claims to serve; GangScheduling and the other
//! plugins that v1.36 has switched off.

pub mod default_preemption;
pub mod dynamic_resources;
pub mod image_locality;
pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_declared_features;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_balanced_allocation;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod node_volume_limits;
pub mod pod_topology_spread;
pub mod priority_sort;
pub mod real_use;
pub mod scheduling_gates;
pub mod scoring_strategy;
pub mod taint_toleration;
pub mod volume_binding;
pub mod volume_restrictions;
pub mod volume_zone;

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
        (Arc::new(node_affinity::NodeAffinity::default()), 2),
        (Arc::new(node_ports::NodePorts), 0),
        (Arc::new(node_resources_fit::NodeResourcesFit::default()), 1),
        (Arc::new(volume_restrictions::VolumeRestrictions), 0),
        (Arc::new(node_volume_limits::NodeVolumeLimits), 0),
        (Arc::new(volume_binding::VolumeBinding), 0),
        (Arc::new(volume_zone::VolumeZone), 0),
        (Arc::new(pod_topology_spread::PodTopologySpread::default()), 2),
        (Arc::new(inter_pod_affinity::InterPodAffinity::default()), 2),
        (Arc::new(dynamic_resources::DynamicResources), 0),
        (Arc::new(default_preemption::DefaultPreemption::default()), 0),
        (Arc::new(node_resources_balanced_allocation::NodeResourcesBalancedAllocation), 1),
        (Arc::new(image_locality::ImageLocality), 1),
        (Arc::new(node_declared_features::NodeDeclaredFeatures), 0),
    ]
}

/// Plugins that run only when a profile asks for them, with their weights.
#[must_use]
pub fn optional_set() -> Vec<(Arc<dyn Plugin>, i64)> {
    vec![(Arc::new(real_use::RealUse), 1)]
}

/// Brings scores into 0 to 100 by the greatest of them; `reverse` makes the lowest the best.
/// Source: `pkg/scheduler/framework/plugins/helper/normalize_score.go`.
pub(super) fn normalize_by_greatest(scores: &mut [i64], order: Order) {
    let greatest = scores.iter().copied().max().unwrap_or(0);
    if greatest == 0 {
        scores.fill(if order == Order::LowestFirst { 100 } else { 0 });
        return;
    }
    for score in scores {
        // Of whole numbers below 2^53 the quotient, cut off, is that of Go's integers; and several are worked out at once.
        let share = ((100 * *score) as f64 / greatest as f64) as i64;
        *score = if order == Order::LowestFirst { 100 - share } else { share };
    }
}

/// Which raw score is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    HighestFirst,
    LowestFirst,
}

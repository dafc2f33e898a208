//! # PodTopologySpread
//! Pods of a kind are spread over zones or nodes: no domain may have more than `maxSkew` Pods more than the emptiest. Where the
//! constraint is only a wish, and for Pods of Services and controllers that say nothing, emptier domains are better.
//!
//! Models `pkg/scheduler/framework/plugins/podtopologyspread`.
//!
//! Reading order: this file, `filtering`, `scoring`, `bulk`, `weight`.

mod bulk;
mod filtering;
mod scoring;
mod weight;

use crate::model::Pod;
use crate::model::toleration::is_tolerated;
use crate::scheduler::demand::Constraint;
use crate::scheduler::framework::{Bulk, ClusterEvent, Enqueue, Filter, Hint, Plugin, PreFilter, Score};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::node_affinity;

/// Why a node will not do.
pub const REASON: &str = "node(s) didn't match pod topology spread constraints";
/// Why a node will not do: it is in no domain.
pub const REASON_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

/// The label that tells nodes apart.
const HOSTNAME: &str = "kubernetes.io/hostname";
/// The label that names the zone.
const ZONE: &str = "topology.kubernetes.io/zone";

/// What Pods are spread by that say nothing of spreading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defaults {
    /// Softly over nodes and zones. Source: `plugin.go`, `systemDefaultConstraints`.
    System,
    /// By these labels: each with its skew, and whether the Pod rather waits.
    List(Vec<(String, i64, bool)>),
}

/// The plugin.
#[derive(Clone, Debug)]
pub struct PodTopologySpread {
    /// For Pods without constraints of their own.
    pub defaults: Defaults,
}

impl Default for PodTopologySpread {
    fn default() -> Self {
        Self { defaults: Defaults::System }
    }
}

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }
    fn as_pre_filter(&self) -> Option<&dyn PreFilter> {
        Some(self)
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_score(&self) -> Option<&dyn Score> {
        Some(self)
    }
    fn as_bulk(&self) -> Option<&dyn Bulk> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PodTopologySpread {
    /// The constraints that must hold, or those that are wishes; the Pod's own or else the defaults.
    fn constraints(&self, pod: &PodInfo, is_hard: bool, snapshot: &Snapshot) -> Vec<Constraint> {
        if !pod.demand.spread.is_empty() {
            return pod.demand.spread.iter().filter(|one| one.is_hard == is_hard).cloned().collect();
        }
        let listed: Vec<(&str, i64)> = match &self.defaults {
            Defaults::System if is_hard => Vec::new(),
            Defaults::System => vec![(HOSTNAME, 3), (ZONE, 5)],
            Defaults::List(list) => {
                list.iter().filter(|one| one.2 == is_hard).map(|(key, skew, _)| (key.as_str(), *skew)).collect()
            }
        };
        if listed.is_empty() {
            return Vec::new();
        }
        let selector = snapshot.workloads.selector_of(&pod.pod);
        if selector.is_empty() {
            return Vec::new();
        }
        listed.into_iter().map(|(key, skew)| Constraint::built_in(key, skew, selector.clone())).collect()
    }

    /// Whether nodes that lack one of the labels are left out of the score.
    fn requires_all_labels(&self, pod: &PodInfo) -> bool {
        !pod.demand.spread.is_empty() || self.defaults != Defaults::System
    }
}

impl Enqueue for PodTopologySpread {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        let hard = || pod.demand.spread.iter().filter(|one| one.is_hard);
        let means =
            |other: &Pod| hard().any(|one| one.selector.matches(crate::model::Meta::label_map(&other.metadata)));
        let counted = |other: &PodInfo| other.namespace() == pod.namespace() && means(&other.pod);
        let in_domains = |node: &NodeInfo| hard().all(|one| node.labels().contains_key(&one.key));
        match event {
            ClusterEvent::PodAssigned(other) | ClusterEvent::PodDeleted(other) => counted(other).into(),
            ClusterEvent::PodUpdated(old, new) => (counted(old) != counted(new)).into(),
            ClusterEvent::NodeUpdated(old, new) => {
                let is_moved = hard().any(|one| old.labels().get(&one.key) != new.labels().get(&one.key));
                (is_moved || old.taints() != new.taints()).into()
            }
            ClusterEvent::NodeAdded(node) => in_domains(node).into(),
            ClusterEvent::Itself(..) | ClusterEvent::NodeDeleted => Hint::Queue,
            ClusterEvent::Storage(..) => Hint::Skip,
        }
    }
}

/// Whether Pods on a node are counted for a Pod, as its policies say.
fn includes(constraint: &Constraint, pod: &PodInfo, node: &NodeInfo) -> bool {
    let tolerations = pod.pod.spec.tolerations.as_deref().unwrap_or_default();
    let repels = |effect: &str| matches!(effect, "NoSchedule" | "NoExecute");
    let mut taints = node.taints().iter().filter(|taint| repels(&taint.effect));
    (!constraint.honors_affinity || node_affinity::fits(pod, node))
        && (!constraint.honors_taints || taints.all(|taint| is_tolerated(tolerations, taint)))
}

/// Whether a node is in a domain of each constraint.
fn has_all_labels(constraints: &[Constraint], node: &NodeInfo) -> bool {
    constraints.iter().all(|one| node.labels().contains_key(&one.key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scheduler::fixture::{message, node, pod, snapshot};

    #[test]
    fn a_full_zone_holds_the_others_back() {
        let zone = "topology.kubernetes.io/zone";
        let nodes = [node("a-1", "8", "4Gi").label(zone, "a"), node("b-1", "1", "4Gi").label(zone, "b")];
        let even = |name: &str| {
            let constraint = json!([{"maxSkew": 1, "topologyKey": zone, "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"app": "even"}}}]);
            let one = pod(name).requests("700m", "0").meta("labels", json!({"app": "even"}));
            one.spec("topologySpreadConstraints", constraint)
        };
        let pods = [even("e-1").on("a-1"), even("e-2").on("a-1"), even("e-3").on("b-1")];
        insta::assert_snapshot!(message(&snapshot(&nodes, &pods), &even("e-4")), @"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
        let bare = [node("a-1", "8", "4Gi")];
        insta::assert_snapshot!(message(&snapshot(&bare, &[]), &even("e-1")), @"0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label). no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
    }
}

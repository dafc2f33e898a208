//! # PodTopologySpread
//! Pods of a kind are spread over zones or nodes: no domain may have more than `maxSkew` Pods more than the emptiest.
//!
//! Models the filter of `pkg/scheduler/framework/plugins/podtopologyspread/filtering.go`.
//!
//! **Not modelled:** the score, so `ScheduleAnyway` and the built-in default constraints have no effect.

use std::collections::BTreeMap;

use crate::model::core::TopologySpreadConstraint;
use crate::model::toleration::is_tolerated;
use crate::model::{Meta, Selector};
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::node_affinity;

/// Why a node will not do.
pub const REASON: &str = "node(s) didn't match pod topology spread constraints";
/// Why a node will not do: it is in no domain.
pub const REASON_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct PodTopologySpread;

/// The constraints of the Pod, with the Pods counted in each domain.
#[derive(Clone)]
struct Counted(Vec<Constraint>);

#[derive(Clone)]
struct Constraint {
    key: String,
    max_skew: i64,
    min_domains: usize,
    selector: Selector,
    /// Whether the Pod itself will be counted.
    counts_itself: bool,
    honors_affinity: bool,
    honors_taints: bool,
    domains: BTreeMap<String, i64>,
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
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PreFilter for PodTopologySpread {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        let mut constraints: Vec<Constraint> = required(pod).map(|one| Constraint::new(one, pod)).collect();
        if constraints.is_empty() {
            return PreFilterOutcome::Skip;
        }
        let keys: Vec<String> = constraints.iter().map(|one| one.key.clone()).collect();
        for node in snapshot.nodes().filter(|node| keys.iter().all(|key| node.labels().contains_key(key))) {
            for constraint in constraints.iter_mut().filter(|one| one.is_about(pod, node)) {
                let counted = node.pods.iter().filter(|other| constraint.counts(pod, other)).count() as i64;
                let domain = node.labels()[&constraint.key].clone();
                *constraint.domains.entry(domain).or_default() += counted;
            }
        }
        state.write(Counted(constraints));
        PreFilterOutcome::Run
    }

    fn add_pod(&self, state: &mut CycleState, pod: &PodInfo, added: &PodInfo, node: &NodeInfo) {
        recount(state, pod, added, node, 1);
    }

    fn remove_pod(&self, state: &mut CycleState, pod: &PodInfo, removed: &PodInfo, node: &NodeInfo) {
        recount(state, pod, removed, node, -1);
    }
}

impl Filter for PodTopologySpread {
    fn filter(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let Some(Counted(constraints)) = state.read() else { return Ok(()) };
        for constraint in constraints {
            let Some(domain) = node.labels().get(&constraint.key) else {
                return Err(Rejection::unresolvable(REASON_LABEL));
            };
            let held = constraint.domains.get(domain).copied().unwrap_or(0);
            if held + i64::from(constraint.counts_itself) - constraint.least() > constraint.max_skew {
                return Err(Rejection::unschedulable(REASON));
            }
        }
        Ok(())
    }
}

impl Enqueue for PodTopologySpread {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        let counted = |other: &PodInfo| required(pod).any(|one| Constraint::new(one, pod).counts(pod, other));
        match event {
            ClusterEvent::PodAssigned(other) | ClusterEvent::PodDeleted(other) => counted(other).into(),
            ClusterEvent::PodUpdated(old, new) => (counted(old) != counted(new)).into(),
            ClusterEvent::NodeUpdated(old, new) => {
                (old.labels() != new.labels() || old.taints() != new.taints()).into()
            }
            ClusterEvent::NodeAdded(_) | ClusterEvent::NodeDeleted | ClusterEvent::Itself(..) => Hint::Queue,
            ClusterEvent::Storage(..) => Hint::Skip,
        }
    }
}

impl Constraint {
    fn new(constraint: &TopologySpreadConstraint, pod: &PodInfo) -> Self {
        let labels = pod.pod.metadata.label_map();
        let mut typed = constraint.label_selector.clone();
        if let Some(typed) = &mut typed {
            let keys = constraint.match_label_keys.iter().flatten();
            let own = keys.filter_map(|key| Some((key.clone(), labels.get(key)?.clone())));
            typed.match_labels.get_or_insert_default().extend(own);
        }
        let selector = Selector::from_typed(typed.as_ref()).unwrap_or_else(|_| Selector::nothing());
        Self {
            key: constraint.topology_key.clone(),
            max_skew: i64::from(constraint.max_skew),
            min_domains: constraint.min_domains.map_or(1, |number| usize::try_from(number).unwrap_or(1)),
            counts_itself: selector.matches(labels),
            selector,
            honors_affinity: constraint.node_affinity_policy.as_deref() != Some("Ignore"),
            honors_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
            domains: BTreeMap::new(),
        }
    }

    /// Whether the node makes up a domain for this Pod.
    fn is_about(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        let tolerations = pod.pod.spec.tolerations.as_deref().unwrap_or_default();
        let repels = |effect: &str| matches!(effect, "NoSchedule" | "NoExecute");
        let mut taints = node.taints().iter().filter(|taint| repels(&taint.effect));
        (!self.honors_affinity || node_affinity::fits(pod, node))
            && (!self.honors_taints || taints.all(|taint| is_tolerated(tolerations, taint)))
    }

    /// Whether another Pod is counted: of the same namespace, meant by the selector, and not on its way out.
    fn counts(&self, pod: &PodInfo, other: &PodInfo) -> bool {
        other.namespace() == pod.namespace()
            && !other.pod.metadata.is_terminating()
            && self.selector.matches(other.pod.metadata.label_map())
    }

    /// The number of Pods in the emptiest domain; 0 as long as there are too few domains.
    fn least(&self) -> i64 {
        let too_few = self.domains.len() < self.min_domains;
        if too_few { 0 } else { self.domains.values().copied().min().unwrap_or(0) }
    }
}

fn required(pod: &PodInfo) -> impl Iterator<Item = &TopologySpreadConstraint> {
    let constraints = pod.pod.spec.topology_spread_constraints.iter().flatten();
    constraints.filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule")
}

fn recount(state: &mut CycleState, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, change: i64) {
    let Some(Counted(mut constraints)) = state.read::<Counted>().cloned() else { return };
    for constraint in constraints.iter_mut().filter(|one| one.is_about(pod, node) && one.counts(pod, other)) {
        if let Some(domain) = node.labels().get(&constraint.key) {
            *constraint.domains.entry(domain.clone()).or_default() += change;
        }
    }
    state.write(Counted(constraints));
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

//! # NodeAffinity
//! A Pod may name labels that its node must have (`nodeSelector`, required affinity) or should have (preferred affinity).
//! Try it: `kubectl label node node-2 disk=ssd`
//!
//! Models `pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go`.

use std::sync::Arc;

use crate::model::core::NodeAffinity as Affinity;
use crate::model::node_selector::NodeTerms;
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection, Score,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::{Order, normalize_by_greatest};

/// Why a node will not do.
pub const REASON: &str = "node(s) didn't match Pod's node affinity/selector";
/// Why a node will not do: the profile says so for all its Pods.
pub const REASON_ENFORCED: &str = "node(s) didn't match scheduler-enforced node affinity";
/// Why no node can do: the names that terms give exclude each other.
pub const REASON_CONFLICT: &str = "pod affinity terms conflict";

/// The plugin.
#[derive(Clone, Debug, Default)]
pub struct NodeAffinity {
    /// What holds for every Pod of the profile beside what it asks for itself (`addedAffinity`).
    pub added: Option<Affinity>,
}

/// The required terms of a Pod, read once.
struct Required(Option<NodeTerms>);

/// The preferred terms of a Pod, each with its weight.
struct Preferred(Vec<(i64, NodeTerms)>);

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
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
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PreFilter for NodeAffinity {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, _: &Snapshot) -> PreFilterOutcome {
        let required = required_terms(pod);
        if required.is_none() && !has_selector(pod) && self.added_terms().is_none() {
            return PreFilterOutcome::Skip;
        }
        let named = required.as_ref().and_then(NodeTerms::named);
        state.write(Required(required));
        match named {
            None => PreFilterOutcome::Run,
            Some(names) if names.is_empty() => PreFilterOutcome::Reject(Rejection::unresolvable(REASON_CONFLICT)),
            Some(names) => PreFilterOutcome::Nodes(names.into_iter().map(Arc::from).collect()),
        }
    }
}

impl Filter for NodeAffinity {
    fn filter(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        if self.added_terms().is_some_and(|terms| !terms.matches(&node.name, node.labels())) {
            return Err(Rejection::unresolvable(REASON_ENFORCED));
        }
        let terms_match = match state.read::<Required>() {
            Some(Required(Some(terms))) => terms.matches(&node.name, node.labels()),
            Some(Required(None)) => true,
            None => required_terms(pod).is_none_or(|terms| terms.matches(&node.name, node.labels())),
        };
        if terms_match && selector_matches(pod, node) { Ok(()) } else { Err(Rejection::unresolvable(REASON)) }
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Score for NodeAffinity {
    fn pre_score(&self, state: &mut CycleState, pod: &PodInfo, _: &Snapshot, _: &[usize]) -> bool {
        let preferred = |affinity: Option<&Affinity>| {
            affinity
                .and_then(|one| one.preferred_during_scheduling_ignored_during_execution.clone())
                .unwrap_or_default()
        };
        let terms: Vec<_> = preferred(self.added.as_ref())
            .iter()
            .chain(&preferred(affinity(pod)))
            .map(|term| (i64::from(term.weight), NodeTerms::new([&term.preference])))
            .collect();
        let has_any = !terms.is_empty();
        state.write(Preferred(terms));
        has_any
    }

    /// The sum of the weights of the preferred terms that match.
    fn score(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> i64 {
        let Some(Preferred(terms)) = state.read() else { return 0 };
        let matching = terms.iter().filter(|(_, terms)| terms.matches(&node.name, node.labels()));
        matching.map(|(weight, _)| weight).sum()
    }

    fn normalize(&self, _: &CycleState, scores: &mut [i64]) {
        normalize_by_greatest(scores, Order::HighestFirst);
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Enqueue for NodeAffinity {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::NodeAdded(node) => fits(pod, node).into(),
            ClusterEvent::NodeUpdated(old, new) => (!fits(pod, old) && fits(pod, new)).into(),
            _ => Hint::Skip,
        }
    }
}

impl NodeAffinity {
    fn added_terms(&self) -> Option<NodeTerms> {
        let required = self.added.as_ref()?.required_during_scheduling_ignored_during_execution.as_ref()?;
        Some(NodeTerms::new(&required.node_selector_terms))
    }
}

/// Whether a Pod may go to a node as far as labels and names are concerned.
#[must_use]
pub fn fits(pod: &PodInfo, node: &NodeInfo) -> bool {
    selector_matches(pod, node) && required_terms(pod).is_none_or(|terms| terms.matches(&node.name, node.labels()))
}

fn affinity(pod: &PodInfo) -> Option<&Affinity> {
    pod.pod.spec.affinity.as_ref()?.node_affinity.as_ref()
}

fn required_terms(pod: &PodInfo) -> Option<NodeTerms> {
    let required = affinity(pod)?.required_during_scheduling_ignored_during_execution.as_ref()?;
    Some(NodeTerms::new(&required.node_selector_terms))
}

fn has_selector(pod: &PodInfo) -> bool {
    pod.pod.spec.node_selector.as_ref().is_some_and(|selector| !selector.is_empty())
}

fn selector_matches(pod: &PodInfo, node: &NodeInfo) -> bool {
    let labels = node.labels();
    pod.pod.spec.node_selector.iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
}

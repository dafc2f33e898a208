//! # InterPodAffinity
//! A Pod may ask to be near Pods with certain labels, or away from them; near means in the same zone, on the same node, or
//! whatever the topology key says. Pods that are there already may have asked to be left alone.
//!
//! Models the filter of `pkg/scheduler/framework/plugins/interpodaffinity/filtering.go`.
//!
//! **Not modelled:** the score, so preferred affinity has no effect; a `namespaceSelector` other than the empty one, which
//! selects all namespaces, selects none.

use std::collections::BTreeMap;

use crate::model::core::PodAffinityTerm;
use crate::model::{Meta, Selector};
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// Why a node will not do: the Pods it wants to be near are elsewhere.
pub const REASON_AFFINITY: &str = "node(s) didn't match pod affinity rules";
/// Why a node will not do: Pods it wants to be away from are there.
pub const REASON_ANTI_AFFINITY: &str = "node(s) didn't match pod anti-affinity rules";
/// Why a node will not do: Pods are there that want to be away from it.
pub const REASON_EXISTING: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct InterPodAffinity;

/// Domains by topology key and value, with the number of Pods that matter there.
type Domains = BTreeMap<(String, String), i64>;

/// A required term, read once.
#[derive(Clone)]
struct Term {
    key: String,
    selector: Selector,
    /// Empty for all.
    namespaces: Vec<String>,
}

#[derive(Clone, Default)]
struct Counted {
    near: Vec<Term>,
    away: Vec<Term>,
    /// Pods that all terms of affinity mean.
    near_domains: Domains,
    /// Pods that a term of anti-affinity means.
    away_domains: Domains,
    /// Pods that want to be away from the incoming one.
    existing: Domains,
}

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
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

impl PreFilter for InterPodAffinity {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        let mut counted = Counted { near: near(pod), away: away(pod), ..Counted::default() };
        let asks = !counted.near.is_empty() || !counted.away.is_empty();
        if !asks && !snapshot.has_anti_affinity() {
            return PreFilterOutcome::Skip;
        }
        for node in snapshot.nodes() {
            for other in node.pods.iter().filter(|other| asks || other.has_anti_affinity) {
                counted.count(pod, other, node, 1);
            }
        }
        if !asks && counted.existing.is_empty() {
            return PreFilterOutcome::Skip;
        }
        state.write(counted);
        PreFilterOutcome::Run
    }

    fn add_pod(&self, state: &mut CycleState, pod: &PodInfo, added: &PodInfo, node: &NodeInfo) {
        recount(state, pod, added, node, 1);
    }

    fn remove_pod(&self, state: &mut CycleState, pod: &PodInfo, removed: &PodInfo, node: &NodeInfo) {
        recount(state, pod, removed, node, -1);
    }
}

impl Filter for InterPodAffinity {
    fn filter(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let Some(counted) = state.read::<Counted>() else { return Ok(()) };
        if !counted.is_near(pod, node) {
            return Err(Rejection::unresolvable(REASON_AFFINITY));
        }
        let crowded = |term: &Term| domain(&term.key, node).is_some_and(|domain| held(&counted.away_domains, &domain));
        if counted.away.iter().any(crowded) {
            return Err(Rejection::unschedulable(REASON_ANTI_AFFINITY));
        }
        let mut labels = node.labels().iter();
        if !counted.existing.is_empty()
            && labels.any(|(key, value)| held(&counted.existing, &(key.clone(), value.clone())))
        {
            return Err(Rejection::unschedulable(REASON_EXISTING));
        }
        Ok(())
    }
}

impl Enqueue for InterPodAffinity {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::PodAssigned(other) => near(pod).iter().any(|term| term.means(other)).into(),
            ClusterEvent::PodDeleted(other) => {
                let repelled = away(pod).iter().any(|term| term.means(other));
                (repelled || away(other).iter().any(|term| term.means(pod))).into()
            }
            ClusterEvent::PodUpdated(old, new) => (old.pod.metadata.label_map() != new.pod.metadata.label_map()).into(),
            ClusterEvent::NodeUpdated(old, new) => (old.labels() != new.labels()).into(),
            ClusterEvent::NodeAdded(_) | ClusterEvent::Itself(..) => Hint::Queue,
            ClusterEvent::NodeDeleted | ClusterEvent::Storage(..) => Hint::Skip,
        }
    }
}

impl Counted {
    fn count(&mut self, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, change: i64) {
        if !self.near.is_empty() && self.near.iter().all(|term| term.means(other)) {
            self.near.iter().for_each(|term| raise(&mut self.near_domains, &term.key, node, change));
        }
        for term in self.away.iter().filter(|term| term.means(other)) {
            raise(&mut self.away_domains, &term.key, node, change);
        }
        if other.has_anti_affinity {
            for term in away(other).iter().filter(|term| term.means(pod)) {
                raise(&mut self.existing, &term.key, node, change);
            }
        }
    }

    /// The first of a group that wants to be near itself may go anywhere where it has a domain.
    fn is_near(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        let domains: Option<Vec<_>> = self.near.iter().map(|term| domain(&term.key, node)).collect();
        let Some(domains) = domains else { return false };
        domains.iter().all(|domain| held(&self.near_domains, domain))
            || (self.near_domains.is_empty() && self.near.iter().all(|term| term.means(pod)))
    }
}

impl Term {
    fn new(term: &PodAffinityTerm, pod: &PodInfo) -> Self {
        let mut namespaces = term.namespaces.clone().unwrap_or_default();
        let selects_all = term.namespace_selector.as_ref().is_some_and(|typed| {
            typed.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
                && typed.match_expressions.as_ref().is_none_or(Vec::is_empty)
        });
        if selects_all {
            namespaces.clear();
        } else if namespaces.is_empty() {
            namespaces.push(pod.namespace().to_owned());
        }
        let selector = Selector::from_typed(term.label_selector.as_ref()).unwrap_or_else(|_| Selector::nothing());
        Self { key: term.topology_key.clone(), selector, namespaces }
    }

    fn means(&self, pod: &PodInfo) -> bool {
        let is_there = self.namespaces.is_empty() || self.namespaces.iter().any(|one| one == pod.namespace());
        is_there && self.selector.matches(pod.pod.metadata.label_map())
    }
}

fn near(pod: &PodInfo) -> Vec<Term> {
    let affinity = pod.pod.spec.affinity.as_ref().and_then(|affinity| affinity.pod_affinity.as_ref());
    let terms = affinity.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref());
    terms.into_iter().flatten().map(|term| Term::new(term, pod)).collect()
}

fn away(pod: &PodInfo) -> Vec<Term> {
    let affinity = pod.pod.spec.affinity.as_ref().and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let terms = affinity.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref());
    terms.into_iter().flatten().map(|term| Term::new(term, pod)).collect()
}

fn domain(key: &str, node: &NodeInfo) -> Option<(String, String)> {
    Some((key.to_owned(), node.labels().get(key)?.clone()))
}

fn held(domains: &Domains, domain: &(String, String)) -> bool {
    domains.get(domain).is_some_and(|count| *count > 0)
}

/// A domain that nobody is in any longer is forgotten.
fn raise(domains: &mut Domains, key: &str, node: &NodeInfo, change: i64) {
    let Some(domain) = domain(key, node) else { return };
    let count = domains.entry(domain.clone()).or_default();
    *count += change;
    if *count == 0 {
        domains.remove(&domain);
    }
}

fn recount(state: &mut CycleState, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, change: i64) {
    if let Some(mut counted) = state.read::<Counted>().cloned() {
        counted.count(pod, other, node, change);
        state.write(counted);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::scheduler::fixture::{PodFixture, message, node, pod, snapshot};

    fn terms(kind: &str, app: &str, key: &str) -> Value {
        json!({kind: {"requiredDuringSchedulingIgnoredDuringExecution":
            [{"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key}]}})
    }

    fn labelled(name: &str, app: &str) -> PodFixture {
        pod(name).meta("labels", json!({"app": app}))
    }

    const HOST: &str = "kubernetes.io/hostname";

    #[test]
    fn nobody_to_be_near_to() {
        let nodes = [node("node-1", "2", "4Gi").label("zone", "a"), node("node-2", "2", "4Gi").label("zone", "a")];
        let wanted = pod("near-cache").spec("affinity", terms("podAffinity", "cache", "zone"));
        insta::assert_snapshot!(message(&snapshot(&nodes, &[]), &wanted), @"0/2 nodes are available: 2 node(s) didn't match pod affinity rules. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        let itself = labelled("cache", "cache").spec("affinity", terms("podAffinity", "cache", "zone"));
        assert!(message(&snapshot(&nodes, &[]), &itself).starts_with("placed on"));
        let there = snapshot(&[nodes[0].clone(), node("node-3", "2", "4Gi")], &[labelled("c", "cache").on("node-1")]);
        assert_eq!(message(&there, &wanted), "placed on node-1");
    }

    #[test]
    fn three_loners_on_two_nodes() {
        let nodes = [node("node-1", "2", "4Gi"), node("node-2", "2", "4Gi")];
        let lonely = |name: &str| labelled(name, "lonely").spec("affinity", terms("podAntiAffinity", "lonely", HOST));
        let two = [lonely("a").on("node-1"), lonely("b").on("node-2")];
        insta::assert_snapshot!(message(&snapshot(&nodes, &two), &lonely("c")), @"0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
        insta::assert_snapshot!(message(&snapshot(&nodes, &two), &labelled("d", "lonely")), @"0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
        assert!(message(&snapshot(&nodes, &two), &labelled("e", "other")).starts_with("placed on"));
    }
}

//! # InterPodAffinity
//! A Pod may ask to be near Pods with certain labels, or away from them; near means in the same zone, on the same node, or
//! whatever the topology key says. Pods that are there already may have asked to be left alone, or for company.
//!
//! Models `pkg/scheduler/framework/plugins/interpodaffinity`.
//!
//! Reading order: this file, `filtering`, `scoring`, `bulk`.

mod bulk;
mod filtering;
mod scoring;

use std::collections::BTreeMap;

use crate::scheduler::framework::{Bulk, ClusterEvent, Enqueue, Filter, Hint, Plugin, PreFilter, Score};
use crate::scheduler::namespaces::Namespaces;
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

/// Why a node will not do: the Pods it wants to be near are elsewhere.
pub const REASON_AFFINITY: &str = "node(s) didn't match pod affinity rules";
/// Why a node will not do: Pods it wants to be away from are there.
pub const REASON_ANTI_AFFINITY: &str = "node(s) didn't match pod anti-affinity rules";
/// Why a node will not do: Pods are there that want to be away from it.
pub const REASON_EXISTING: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

/// Source: `pkg/scheduler/apis/config/v1/defaults.go`, `DefaultHardPodAffinityWeight`.
const HARD_AFFINITY_WEIGHT: i32 = 1;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct InterPodAffinity {
    /// What it counts for that a Pod which is there insists on company like the new one.
    pub hard_affinity_weight: i32,
    /// Whether wishes of Pods that are there are ignored for Pods without wishes.
    pub ignores_others_wishes: bool,
}

impl Default for InterPodAffinity {
    fn default() -> Self {
        Self { hard_affinity_weight: HARD_AFFINITY_WEIGHT, ignores_others_wishes: false }
    }
}

/// Domains by topology key and value, with a number for each.
type Domains = BTreeMap<(String, String), i64>;

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

impl Enqueue for InterPodAffinity {
    /// Namespaces are taken as they are known to the event; a selector of namespaces may always mean one that has changed.
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        let nowhere = Namespaces::default();
        let terms = &pod.demand.terms;
        let means = |terms: &[crate::scheduler::demand::Term], other: &PodInfo| {
            terms.iter().any(|term| term.may_mean(&other.pod, &nowhere))
        };
        match event {
            ClusterEvent::PodAssigned(other) => means(&terms.near, other).into(),
            ClusterEvent::PodDeleted(other) => {
                (means(&terms.away, other) || means(&other.demand.terms.away, pod)).into()
            }
            ClusterEvent::PodUpdated(old, new) => {
                let changed = |terms: &[_]| means(terms, old) != means(terms, new);
                (changed(&terms.near) || changed(&terms.away) || means(&old.demand.terms.away, pod)).into()
            }
            ClusterEvent::NodeUpdated(old, new) => {
                let mut keys = terms.near.iter().chain(&terms.away).map(|term| &term.key);
                (old.labels() != new.labels() && keys.any(|key| old.labels().get(key) != new.labels().get(key))
                    || terms.near.is_empty() && old.labels() != new.labels())
                .into()
            }
            ClusterEvent::NodeAdded(_) | ClusterEvent::Itself(..) => Hint::Queue,
            ClusterEvent::NodeDeleted | ClusterEvent::Storage(..) => Hint::Skip,
        }
    }
}

fn domain(key: &str, node: &NodeInfo) -> Option<(String, String)> {
    Some((key.to_owned(), node.labels().get(key)?.clone()))
}

/// A domain that counts for nothing any longer is forgotten.
fn raise(domains: &mut Domains, key: &str, node: &NodeInfo, change: i64) {
    let Some(domain) = domain(key, node) else { return };
    let count = domains.entry(domain.clone()).or_default();
    *count += change;
    if *count == 0 {
        domains.remove(&domain);
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

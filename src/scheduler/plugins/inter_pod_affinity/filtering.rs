//! The filter: which domains the Pods are in that matter, counted anew.
//!
//! Models `filtering.go`.

use crate::scheduler::demand::Term;
use crate::scheduler::framework::{CycleState, Filter, PreFilter, PreFilterOutcome, Rejection};
use crate::scheduler::namespaces::Namespaces;
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::{Domains, InterPodAffinity, REASON_AFFINITY, REASON_ANTI_AFFINITY, REASON_EXISTING, domain, raise};

#[derive(Clone, Default)]
struct Counted {
    /// Pods that all terms of affinity mean.
    near: Domains,
    /// Pods that a term of anti-affinity means.
    away: Domains,
    /// Pods that want to be away from the incoming one.
    existing: Domains,
    namespaces: Namespaces,
}

impl PreFilter for InterPodAffinity {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        let terms = &pod.demand.terms;
        let asks = !terms.near.is_empty() || !terms.away.is_empty();
        if !asks && !snapshot.has_anti_affinity() {
            return PreFilterOutcome::Skip;
        }
        let mut counted = Counted { namespaces: snapshot.namespaces.clone(), ..Counted::default() };
        for node in snapshot.nodes() {
            for other in node.pods.iter().filter(|other| asks || !other.demand.terms.away.is_empty()) {
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
        let crowded = |term: &Term| domain(&term.key, node).is_some_and(|domain| held(&counted.away, &domain));
        if pod.demand.terms.away.iter().any(crowded) {
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

impl Counted {
    fn count(&mut self, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, change: i64) {
        let (terms, namespaces) = (&pod.demand.terms, &self.namespaces);
        if !terms.near.is_empty() && terms.near.iter().all(|term| term.means(&other.pod, namespaces)) {
            terms.near.iter().for_each(|term| raise(&mut self.near, &term.key, node, change));
        }
        for term in terms.away.iter().filter(|term| term.means(&other.pod, namespaces)) {
            raise(&mut self.away, &term.key, node, change);
        }
        for term in other.demand.terms.away.iter().filter(|term| term.means(&pod.pod, namespaces)) {
            raise(&mut self.existing, &term.key, node, change);
        }
    }

    /// The first of a group that wants to be near itself may go anywhere where it has a domain.
    fn is_near(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        let near = &pod.demand.terms.near;
        let domains: Option<Vec<_>> = near.iter().map(|term| domain(&term.key, node)).collect();
        let Some(domains) = domains else { return false };
        domains.iter().all(|domain| held(&self.near, domain))
            || (self.near.is_empty() && near.iter().all(|term| term.means(&pod.pod, &self.namespaces)))
    }
}

fn held(domains: &Domains, domain: &(String, String)) -> bool {
    domains.get(domain).is_some_and(|count| *count > 0)
}

fn recount(state: &mut CycleState, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, change: i64) {
    if let Some(mut counted) = state.read::<Counted>().cloned() {
        counted.count(pod, other, node, change);
        state.write(counted);
    }
}

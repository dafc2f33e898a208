//! The filter: how many Pods are in each domain, counted anew, and whether one more is too many.
//!
//! Models `filtering.go`.

use std::collections::BTreeMap;

use crate::model::Meta;
use crate::scheduler::demand::Constraint;
use crate::scheduler::framework::{CycleState, Filter, PreFilter, PreFilterOutcome, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::{PodTopologySpread, REASON, REASON_LABEL, has_all_labels, includes};

/// The constraints of the Pod, each with the Pods counted in its domains.
#[derive(Clone)]
struct Counted {
    constraints: Vec<Constraint>,
    domains: Vec<BTreeMap<String, i64>>,
}

impl PreFilter for PodTopologySpread {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        let constraints = self.constraints(pod, true, snapshot);
        if constraints.is_empty() {
            return PreFilterOutcome::Skip;
        }
        let mut domains = vec![BTreeMap::new(); constraints.len()];
        for node in snapshot.nodes().filter(|node| has_all_labels(&constraints, node)) {
            for (constraint, domains) in constraints.iter().zip(&mut domains) {
                if includes(constraint, pod, node) {
                    let counts = |other: &&std::sync::Arc<PodInfo>| constraint.counts(pod.namespace(), &other.pod);
                    let counted = node.pods.iter().filter(counts).count() as i64;
                    *domains.entry(node.labels()[&constraint.key].clone()).or_default() += counted;
                }
            }
        }
        state.write(Counted { constraints, domains });
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
        let Some(Counted { constraints, domains }) = state.read() else { return Ok(()) };
        for (constraint, domains) in constraints.iter().zip(domains) {
            let Some(domain) = node.labels().get(&constraint.key) else {
                return Err(Rejection::unresolvable(REASON_LABEL));
            };
            let too_few = domains.len() < constraint.min_domains;
            let least = if too_few { 0 } else { domains.values().copied().min().unwrap_or(0) };
            let held = domains.get(domain).copied().unwrap_or(0);
            if held + i64::from(constraint.counts_itself) - least > constraint.max_skew {
                return Err(Rejection::unschedulable(REASON));
            }
        }
        Ok(())
    }
}

/// A Pod came or went in a copy. Unlike the first count, this one looks at no deletion; so does upstream, `updateWithPod`.
fn recount(state: &mut CycleState, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, change: i64) {
    let Some(counted) = state.read::<Counted>() else { return };
    if other.namespace() != pod.namespace() || !has_all_labels(&counted.constraints, node) {
        return;
    }
    let mut counted = counted.clone();
    for (constraint, domains) in counted.constraints.iter().zip(&mut counted.domains) {
        if constraint.selector.matches(other.pod.metadata.label_map()) && includes(constraint, pod, node) {
            *domains.entry(node.labels()[&constraint.key].clone()).or_default() += change;
        }
    }
    state.write(counted);
}

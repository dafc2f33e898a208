//! The score: company that the Pod likes, or that likes the Pod, counts for a node; company it dislikes counts against it.
//!
//! Models `scoring.go`.

use crate::scheduler::demand::Term;
use crate::scheduler::framework::{CycleState, Score};
use crate::scheduler::namespaces::Namespaces;
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::{Domains, InterPodAffinity};

/// What each domain is worth.
struct Worth(Domains);

impl InterPodAffinity {
    /// The terms by which one Pod on a node makes the domains of the node worth more or less.
    pub(super) fn weigh<'a>(
        &self,
        pod: &'a PodInfo,
        other: &'a PodInfo,
        namespaces: &Namespaces,
    ) -> Vec<(&'a Term, i32)> {
        let (own, others) = (&pod.demand.terms, &other.demand.terms);
        let wishes = own.preferred.iter().map(|(weight, term)| (term, *weight, other));
        let required = others.near.iter().map(|term| (term, self.hard_affinity_weight, pod));
        let others_wishes = others.preferred.iter().map(|(weight, term)| (term, *weight, pod));
        let all = wishes.chain(required.filter(|(_, weight, _)| *weight > 0)).chain(others_wishes);
        all.filter(|(term, _, meant)| term.means(&meant.pod, namespaces))
            .map(|(term, weight, _)| (term, weight))
            .collect()
    }

    /// Whether there can be anything to score.
    pub(super) fn has_wishes(&self, pod: &PodInfo, snapshot: &Snapshot) -> bool {
        let has_own = !pod.demand.terms.preferred.is_empty();
        has_own || (!self.ignores_others_wishes && snapshot.has_affinity())
    }
}

impl Score for InterPodAffinity {
    fn pre_score(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot, _: &[usize]) -> bool {
        if !self.has_wishes(pod, snapshot) {
            return false;
        }
        let has_own = !pod.demand.terms.preferred.is_empty();
        let mut worth = Domains::new();
        for node in snapshot.nodes() {
            for other in node.pods.iter().filter(|other| has_own || !other.demand.terms.is_empty()) {
                for (term, weight) in self.weigh(pod, other, &snapshot.namespaces) {
                    if let Some(value) = node.labels().get(&term.key) {
                        *worth.entry((term.key.clone(), value.clone())).or_default() += i64::from(weight);
                    }
                }
            }
        }
        let is_any = !worth.is_empty();
        state.write(Worth(worth));
        is_any
    }

    fn score(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> i64 {
        let Some(Worth(worth)) = state.read() else { return 0 };
        let is_here = |(key, value): &(String, String)| node.labels().get(key) == Some(value);
        worth.iter().filter(|(domain, _)| is_here(domain)).map(|(_, worth)| worth).sum()
    }

    fn normalize(&self, _: &CycleState, scores: &mut [i64]) {
        normalize(scores);
    }
}

/// The least gets 0 and the greatest 100; all get 0 when they are equal.
pub(super) fn normalize(scores: &mut [i64]) {
    let (least, most) = (scores.iter().copied().min().unwrap_or(0), scores.iter().copied().max().unwrap_or(0));
    for score in scores {
        let share = if most > least { 100.0 * ((*score - least) as f64 / (most - least) as f64) } else { 0.0 };
        *score = share as i64;
    }
}

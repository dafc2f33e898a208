//! The score: the fewer Pods in the domains of a node, the better; the more domains there are, the more one Pod weighs.
//!
//! Models `scoring.go`. The arithmetic is upstream's own, floating point and rounding included.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::scheduler::demand::Constraint;
use crate::scheduler::framework::{CycleState, Score};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::weight::normalizing_weight;
use super::{HOSTNAME, PodTopologySpread, has_all_labels, includes};

/// What the score of each node is made of.
struct Counted {
    constraints: Vec<Constraint>,
    /// For each constraint the Pods in each domain that a feasible node is in.
    domains: Vec<BTreeMap<String, i64>>,
    weights: Vec<f64>,
    /// Feasible nodes that lack a label, by their place among the feasible.
    ignored: Vec<bool>,
    requires_all: bool,
}

impl Score for PodTopologySpread {
    fn pre_score(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot, feasible: &[usize]) -> bool {
        let constraints = self.constraints(pod, false, snapshot);
        if constraints.is_empty() {
            return false;
        }
        let requires_all = self.requires_all_labels(pod);
        let is_ignored = |node: &NodeInfo| requires_all && !has_all_labels(&constraints, node);
        let nodes = || feasible.iter().map(|place| snapshot.at(*place));
        let ignored: Vec<bool> = nodes().map(|node| is_ignored(node)).collect();
        let mut domains = vec![BTreeMap::<String, i64>::new(); constraints.len()];
        for (node, _) in nodes().zip(&ignored).filter(|(_, ignored)| !**ignored) {
            for (constraint, domains) in constraints.iter().zip(&mut domains).filter(|(one, _)| one.key != HOSTNAME) {
                let domain = domain_of(node, constraint);
                if !domains.contains_key(domain) {
                    domains.insert(domain.to_owned(), 0);
                }
            }
        }
        let hosts = ignored.iter().filter(|ignored| !**ignored).count();
        let sizes =
            constraints.iter().zip(&domains).map(|(one, all)| if one.key == HOSTNAME { hosts } else { all.len() });
        let weights = sizes.map(normalizing_weight).collect();
        for node in snapshot.nodes().filter(|node| !is_ignored(node)) {
            for (constraint, domains) in constraints.iter().zip(&mut domains) {
                if includes(constraint, pod, node)
                    && let Some(held) = domains.get_mut(domain_of(node, constraint))
                {
                    *held += held_on(node, constraint, pod);
                }
            }
        }
        state.write(Counted { constraints, domains, weights, ignored, requires_all });
        true
    }

    fn score(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let Some(counted) = state.read::<Counted>() else { return 0 };
        if counted.requires_all && !has_all_labels(&counted.constraints, node) {
            return 0;
        }
        let mut score = 0.0;
        for ((constraint, domains), weight) in counted.constraints.iter().zip(&counted.domains).zip(&counted.weights) {
            let Some(domain) = node.labels().get(&constraint.key) else { continue };
            let held = match &*constraint.key {
                HOSTNAME => held_on(node, constraint, pod),
                _ => domains.get(domain).copied().unwrap_or(0),
            };
            score += part(held, constraint, *weight);
        }
        score.round() as i64
    }

    fn normalize(&self, state: &CycleState, scores: &mut [i64]) {
        let Some(counted) = state.read::<Counted>() else { return };
        normalize(scores, |index| counted.ignored[index]);
    }
}

/// What one constraint adds for a domain that holds so many Pods.
pub(super) fn part(held: i64, constraint: &Constraint, weight: f64) -> f64 {
    held as f64 * weight + (constraint.max_skew - 1) as f64
}

/// The emptiest gets 100; nodes that are ignored get nothing.
pub(super) fn normalize(scores: &mut [i64], is_ignored: impl Fn(usize) -> bool) {
    let counted = || scores.iter().enumerate().filter(|(index, _)| !is_ignored(*index)).map(|(_, score)| *score);
    let (least, most) = (counted().min().unwrap_or(0), counted().max().unwrap_or(0).max(0));
    for (index, score) in scores.iter_mut().enumerate() {
        *score = match (is_ignored(index), most) {
            (true, _) => 0,
            (false, 0) => 100,
            // The quotient of whole numbers below 2^53, cut off, is that of Go's integers; and several are worked out at once.
            (false, most) => ((100 * (most + least - *score)) as f64 / most as f64) as i64,
        };
    }
}

/// A node without the label is in a domain of its own kind; that happens only with the built-in constraints.
fn domain_of<'a>(node: &'a NodeInfo, constraint: &Constraint) -> &'a str {
    node.labels().get(&constraint.key).map_or("", String::as_str)
}

/// How many of the counted Pods are on one node.
pub(super) fn held_on(node: &NodeInfo, constraint: &Constraint, pod: &PodInfo) -> i64 {
    let counts = |other: &&Arc<PodInfo>| constraint.counts(pod.namespace(), &other.pod);
    node.pods.iter().filter(counts).count() as i64
}

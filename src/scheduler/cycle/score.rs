//! Which of the feasible nodes is the best: the weighted sum of what the plugins give, and a lot among equals.
//!
//! Models `prioritizeNodes` and `selectHost` of `pkg/scheduler/schedule_one.go`.

use crate::engine::Stream;
use crate::scheduler::framework::{CycleState, Diagnosis, Profile};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::{Placement, placement};

/// What one plugin gave to the feasible nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginScores {
    /// The plugin.
    pub plugin: &'static str,
    /// How much it counts.
    pub weight: i64,
    /// What it counted, before it was brought into 0 to 100.
    pub raw: Vec<i64>,
    /// 0 to 100.
    pub normalized: Vec<i64>,
}

/// Scores the feasible nodes and takes one of the best.
pub(super) fn choose(
    profile: &Profile,
    state: &mut CycleState,
    pod: &PodInfo,
    snapshot: &Snapshot,
    diagnosis: Diagnosis,
    feasible: Vec<usize>,
    random: &mut Stream,
) -> Placement {
    let scores = score(profile, state, pod, snapshot, &feasible);
    let mut totals = vec![0; feasible.len()];
    for one in &scores {
        for (total, score) in totals.iter_mut().zip(&one.normalized) {
            *total += one.weight * score;
        }
    }
    let winner = best(&feasible, &totals, random);
    Placement { scores, totals, ..placement(snapshot, winner, diagnosis, feasible) }
}

/// One of the nodes with the greatest total, each as likely as the others.
pub(super) fn best(feasible: &[usize], totals: &[i64], random: &mut Stream) -> usize {
    let (mut best, mut ties) = (i64::MIN, 0);
    for total in totals {
        if *total > best {
            (best, ties) = (*total, 0);
        }
        ties += usize::from(*total == best);
    }
    let lot = if ties > 1 { random.below(ties as u64) as usize } else { 0 };
    let mut winners = feasible.iter().zip(totals).filter(|(_, total)| **total == best);
    winners.nth(lot).map_or(feasible[0], |(place, _)| *place)
}

fn score(
    profile: &Profile,
    state: &mut CycleState,
    pod: &PodInfo,
    snapshot: &Snapshot,
    feasible: &[usize],
) -> Vec<PluginScores> {
    let mut all = Vec::new();
    for (_, plugin, weight) in profile.scorers() {
        let Some(point) = plugin.as_score() else { continue };
        if !point.pre_score(state, pod, snapshot, feasible) {
            continue;
        }
        let raw: Vec<i64> = feasible.iter().map(|place| point.score(state, pod, snapshot.at(*place))).collect();
        let mut normalized = raw.clone();
        point.normalize(state, &mut normalized);
        all.push(PluginScores { plugin: plugin.name(), weight, raw, normalized });
    }
    all
}

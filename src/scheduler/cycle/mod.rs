//! One scheduling cycle: from a Pod and a snapshot to a node, or to the reasons why there is none.
//!
//! Models `pkg/scheduler/schedule_one.go`, `schedulePod`. It knows nothing of the API, so a benchmark or a counterfactual
//! can drive it.

use std::sync::Arc;

use crate::engine::Stream;

use super::framework::profile::PreFilterResult;
use super::framework::{CycleState, Diagnosis, FitError, Profile, Rejection, Seen};
use super::pod_info::PodInfo;
use super::snapshot::Snapshot;

/// Below so many nodes all are looked at, and never are fewer sought. Source: `schedule_one.go`,
/// `minFeasibleNodesToFind`.
const MIN_FEASIBLE_NODES: usize = 100;
/// At least this share of the nodes is sought, in percent. Source: `schedule_one.go`, `minFeasibleNodesPercentageToFind`.
const MIN_FEASIBLE_PERCENT: usize = 5;

/// Chooses nodes.
#[derive(Clone, Debug)]
pub struct Algorithm {
    /// The plugins.
    pub profile: Profile,
    /// Of how many nodes in a hundred the search may be content with; 0 adapts to their number.
    pub percentage_of_nodes_to_score: usize,
    next_start: usize,
}

/// A node was found.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Which.
    pub node: Arc<str>,
    /// What became of the nodes that were looked at.
    pub diagnosis: Diagnosis,
    /// Feasible nodes, by their place in the order of search.
    pub feasible: Vec<usize>,
    /// How they compare; empty when there was only one.
    pub scores: Vec<PluginScores>,
    /// The weighted sums, one for each feasible node; empty when there was only one.
    pub totals: Vec<i64>,
}

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

/// No node was found.
pub enum Unplaced {
    /// There are no nodes at all.
    NoNodes,
    /// None will do. The state is what plugins left for PostFilter.
    Unfit(FitError, CycleState),
}

impl Algorithm {
    /// An algorithm with these plugins.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { profile, percentage_of_nodes_to_score: 0, next_start: 0 }
    }

    /// Chooses a node for `pod`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn schedule_pod(
        &mut self,
        pod: &PodInfo,
        snapshot: &Snapshot,
        random: &mut Stream,
    ) -> Result<Placement, Unplaced> {
        if snapshot.is_empty() {
            return Err(Unplaced::NoNodes);
        }
        let mut state = CycleState::default();
        let mut diagnosis = Diagnosis::new(snapshot.len());
        let feasible = match self.profile.pre_filter(&mut state, pod, snapshot) {
            PreFilterResult::Rejected(plugin, rejection) => {
                diagnosis.rejected_by.insert(plugin);
                diagnosis.pre_filter = Some((plugin, rejection));
                Vec::new()
            }
            PreFilterResult::All => self.find_nodes(&state, pod, snapshot, &mut diagnosis),
            PreFilterResult::Only(nodes, by) => {
                let reason = format!("node(s) didn't satisfy plugin(s) [{}]", by.join(" "));
                let places: Vec<usize> = nodes.iter().filter_map(|node| snapshot.index_of(node)).collect();
                reject_others(snapshot.len(), &places, &reason, &mut diagnosis);
                for plugin in self.profile.plugins().filter(|(_, plugin)| by.contains(&plugin.name())) {
                    diagnosis.rejected_by.insert(plugin.0);
                }
                self.search(&state, pod, snapshot, &places, &mut diagnosis)
            }
        };
        match feasible[..] {
            [] => Err(Unplaced::Unfit(FitError { nodes: snapshot.len(), diagnosis }, state)),
            [only] => Ok(placement(snapshot, only, diagnosis, feasible)),
            _ => Ok(self.choose(&mut state, pod, snapshot, diagnosis, feasible, random)),
        }
    }

    /// Feasible nodes: the nominated one alone if it will do, or else as many as are enough.
    fn find_nodes(
        &mut self,
        state: &CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        diagnosis: &mut Diagnosis,
    ) -> Vec<usize> {
        if let Some(place) = snapshot.index_of(pod.nominated_node())
            && self.profile.filter_with_nominated(state, pod, snapshot.at(place), snapshot).is_ok()
        {
            diagnosis.seen[place] = Seen::Feasible;
            return vec![place];
        }
        let all: Vec<usize> = (0..snapshot.len()).collect();
        self.search(state, pod, snapshot, &all, diagnosis)
    }

    /// Filters nodes, beginning where the last search ended, until enough are found.
    fn search(
        &mut self,
        state: &CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        places: &[usize],
        diagnosis: &mut Diagnosis,
    ) -> Vec<usize> {
        let wanted = self.enough(places.len());
        let mut feasible = Vec::with_capacity(wanted);
        let mut examined = 0;
        for turn in 0..places.len() {
            let place = places[(self.next_start + turn) % places.len()];
            examined += 1;
            match self.profile.filter_with_nominated(state, pod, snapshot.at(place), snapshot) {
                Ok(()) => {
                    diagnosis.seen[place] = Seen::Feasible;
                    feasible.push(place);
                    if feasible.len() == wanted {
                        break;
                    }
                }
                Err((plugin, rejection)) => diagnosis.reject(place, Some(plugin), rejection),
            }
        }
        self.next_start = (self.next_start + examined) % snapshot.len();
        feasible
    }

    /// How many feasible nodes are enough. Source: `schedule_one.go`, `numFeasibleNodesToFind`.
    #[must_use]
    pub fn enough(&self, nodes: usize) -> usize {
        if nodes < MIN_FEASIBLE_NODES {
            return nodes;
        }
        let percent = match self.percentage_of_nodes_to_score {
            0 => 50_usize.saturating_sub(nodes / 125).max(MIN_FEASIBLE_PERCENT),
            fixed => fixed.min(100),
        };
        (nodes * percent / 100).max(MIN_FEASIBLE_NODES)
    }

    /// Scores the feasible nodes and takes one of the best, each as likely as the others.
    fn choose(
        &self,
        state: &mut CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        diagnosis: Diagnosis,
        feasible: Vec<usize>,
        random: &mut Stream,
    ) -> Placement {
        let scores = self.score(state, pod, snapshot, &feasible);
        let mut totals = vec![0; feasible.len()];
        for one in &scores {
            for (total, score) in totals.iter_mut().zip(&one.normalized) {
                *total += one.weight * score;
            }
        }
        let best = totals.iter().copied().max().unwrap_or(0);
        let ties = totals.iter().filter(|total| **total == best).count();
        let lot = if ties > 1 { random.below(ties as u64) as usize } else { 0 };
        let mut winners = feasible.iter().zip(&totals).filter(|(_, total)| **total == best);
        let winner = winners.nth(lot).map_or(feasible[0], |(place, _)| *place);
        Placement { scores, totals, ..placement(snapshot, winner, diagnosis, feasible) }
    }

    fn score(
        &self,
        state: &mut CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        feasible: &[usize],
    ) -> Vec<PluginScores> {
        let mut all = Vec::new();
        for (_, plugin, weight) in self.profile.scorers() {
            let Some(point) = plugin.as_score() else { continue };
            if !point.pre_score(state, pod, snapshot) {
                continue;
            }
            let raw: Vec<i64> = feasible.iter().map(|place| point.score(state, pod, snapshot.at(*place))).collect();
            let mut normalized = raw.clone();
            point.normalize(&mut normalized);
            all.push(PluginScores { plugin: plugin.name(), weight, raw, normalized });
        }
        all
    }
}

fn placement(snapshot: &Snapshot, place: usize, diagnosis: Diagnosis, feasible: Vec<usize>) -> Placement {
    let node = Arc::clone(&snapshot.at(place).name);
    Placement { node, diagnosis, feasible, scores: Vec::new(), totals: Vec::new() }
}

/// Nodes that a plugin left out from the beginning.
fn reject_others(nodes: usize, places: &[usize], reason: &str, diagnosis: &mut Diagnosis) {
    for place in (0..nodes).filter(|place| !places.contains(place)) {
        diagnosis.reject(place, None, Rejection::unresolvable(reason.to_owned()));
    }
}

#[cfg(test)]
mod tests;

//! One scheduling cycle: from a Pod and a snapshot to a node, or to the reasons why there is none.
//!
//! Models `pkg/scheduler/schedule_one.go`, `schedulePod`. It knows nothing of the API, so a benchmark or a counterfactual
//! can drive it.
//!
//! Reading order: this file, [`search`], [`score`], [`shape`].

mod score;
mod search;
mod shape;

use std::sync::Arc;

use crate::engine::Stream;

use super::framework::profile::PreFilterResult;
use super::framework::{CycleState, Diagnosis, FitError, Profile};
use super::pod_info::PodInfo;
use super::snapshot::Snapshot;

pub use score::PluginScores;

use shape::Shapes;

/// Smaller clusters are searched as quickly without a memory.
const REMEMBER_FROM_NODES: usize = 100;

/// Chooses nodes.
#[derive(Clone, Debug)]
pub struct Algorithm {
    /// The plugins.
    pub profile: Profile,
    /// Of how many nodes in a hundred the search may be content with; 0 adapts to their number.
    pub percentage_of_nodes_to_score: usize,
    /// In clusters of at least so many nodes it is remembered what was found out about Pods of the same shape. That makes
    /// the search quicker and changes nothing.
    pub remember_from_nodes: usize,
    shapes: Shapes,
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

/// No node was found.
pub enum Unplaced {
    /// There are no nodes at all.
    NoNodes,
    /// None will do. The state is what plugins left for PostFilter.
    Unfit(Box<FitError>, CycleState),
}

impl Algorithm {
    /// An algorithm with these plugins.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            percentage_of_nodes_to_score: 0,
            remember_from_nodes: REMEMBER_FROM_NODES,
            shapes: Shapes::default(),
            next_start: 0,
        }
    }

    /// Chooses a node for `pod`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn schedule_pod(
        &mut self,
        pod: &Arc<PodInfo>,
        snapshot: &Snapshot,
        random: &mut Stream,
    ) -> Result<Placement, Unplaced> {
        if snapshot.is_empty() {
            return Err(Unplaced::NoNodes);
        }
        let mut state = CycleState::default();
        let mut diagnosis = Diagnosis::new(snapshot.len());
        self.shapes.forget_current();
        let feasible = match self.profile.pre_filter(&mut state, pod, snapshot) {
            PreFilterResult::Rejected(plugin, rejection) => {
                diagnosis.rejected_by.insert(plugin);
                diagnosis.pre_filter = Some((plugin, rejection));
                Vec::new()
            }
            PreFilterResult::All => self.find_nodes(&mut state, pod, snapshot, &mut diagnosis),
            PreFilterResult::Only(nodes, by) => self.find_among(&nodes, &by, &state, pod, snapshot, &mut diagnosis),
        };
        match feasible[..] {
            [] => Err(Unplaced::Unfit(Box::new(FitError { nodes: snapshot.len(), diagnosis }), state)),
            [only] => Ok(placement(snapshot, only, diagnosis, feasible)),
            _ => Ok(self.choose(&mut state, pod, snapshot, diagnosis, feasible, random)),
        }
    }
}

fn placement(snapshot: &Snapshot, place: usize, diagnosis: Diagnosis, feasible: Vec<usize>) -> Placement {
    let node = Arc::clone(&snapshot.at(place).name);
    Placement { node, diagnosis, feasible, scores: Vec::new(), totals: Vec::new() }
}

#[cfg(test)]
mod tests;

//! One scheduling cycle: from a Pod and a snapshot to a node, or to the reasons why there is none.
//!
//! Models `pkg/scheduler/schedule_one.go`, `schedulePod`. It knows nothing of the API, so a benchmark or a counterfactual
//! can drive it.
//!
//! There are two ways to the same answer. The plain one asks every plugin about every node, as upstream does. The quick one
//! remembers what was found out about like Pods and looks only at what has changed since. Every test may compare them.
//!
//! Reading order: this file, [`search`], [`score`]; then [`shape`], [`remembered`], [`quick`].

mod quick;
mod remembered;
mod score;
mod search;
mod shape;

use std::cell::RefCell;
use std::sync::Arc;

use crate::engine::Stream;

use super::framework::profile::PreFilterResult;
use super::framework::{CycleState, Diagnosis, FitError, PostFilterOutcome, Profile, Profiles, Stage};
use super::pod_info::PodInfo;
use super::snapshot::Snapshot;

pub use score::PluginScores;

use remembered::Remembered;

/// Smaller clusters are searched as quickly without a memory, and their scores are kept for the screens.
const REMEMBER_FROM_NODES: usize = 101;

/// Chooses nodes.
#[derive(Clone, Debug)]
pub struct Algorithm {
    /// The plugins.
    pub profiles: Profiles,
    /// In clusters of at least so many nodes it is remembered what was found out about like Pods. That makes the search
    /// quicker and changes nothing.
    pub remember_from_nodes: usize,
    remembered: Remembered,
    room: quick::Room,
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
    /// How they compare; empty when there was only one, and in large clusters.
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
    pub fn new(profiles: impl Into<Profiles>) -> Self {
        Self {
            profiles: profiles.into(),
            remember_from_nodes: REMEMBER_FROM_NODES,
            remembered: Remembered::default(),
            room: quick::Room::default(),
            next_start: 0,
        }
    }

    /// The profile for a Pod; that of a Pod that asks for another scheduler is the first.
    #[must_use]
    pub fn profile_of(&self, pod: &PodInfo) -> Arc<Profile> {
        Arc::clone(self.profiles.of(pod).unwrap_or(self.profiles.first()))
    }

    /// Chooses a node for `pod`. The snapshot must be the one of the last call, or a later state of it.
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
        let profile = self.profile_of(pod);
        self.remembered.forget_current();
        if snapshot.len() >= self.remember_from_nodes
            && let Some(outcome) = self.schedule_quickly(&profile, pod, snapshot, random)
        {
            return outcome;
        }
        let mut state = CycleState::default();
        let mut diagnosis = Diagnosis::new(snapshot.len());
        let feasible = match profile.pre_filter(&mut state, pod, snapshot) {
            PreFilterResult::Rejected(plugin, rejection) => {
                diagnosis.rejected_by.insert(plugin);
                diagnosis.pre_filter = Some((plugin, rejection));
                Vec::new()
            }
            PreFilterResult::All => self.find_nodes(&profile, &state, pod, snapshot, &mut diagnosis),
            PreFilterResult::Only(nodes, by) => {
                self.find_among(&nodes, &by, &profile, &state, pod, snapshot, &mut diagnosis)
            }
        };
        match feasible[..] {
            [] => Err(Unplaced::Unfit(Box::new(FitError { nodes: snapshot.len(), diagnosis }), state)),
            [only] => Ok(placement(snapshot, only, diagnosis, feasible)),
            _ => Ok(score::choose(&profile, &mut state, pod, snapshot, diagnosis, feasible, random)),
        }
    }

    /// Takes the lists of a placement back, for the next one to be written in the same memory.
    pub fn take_back(&mut self, placement: &mut Placement) {
        self.room.take_back(std::mem::take(&mut placement.feasible), std::mem::take(&mut placement.totals));
    }

    /// Asks the PostFilter plugins about a Pod for which no node was found; `offset` is a number to begin a search at.
    #[must_use]
    pub fn post_filter(
        &mut self,
        pod: &Arc<PodInfo>,
        snapshot: &Snapshot,
        error: &FitError,
        state: &CycleState,
        offset: usize,
    ) -> PostFilterOutcome {
        let profile = self.profile_of(pod);
        let known = self.remembered.dry_runs(snapshot).map(std::mem::take).map(RefCell::new);
        let stage = Stage {
            profile: &profile,
            state,
            pod,
            snapshot,
            diagnosis: &error.diagnosis,
            offset,
            dry_runs: known.as_ref(),
        };
        let outcome = profile.post_filter(&stage);
        if let Some(known) = known
            && let Some(place) = self.remembered.dry_runs(snapshot)
        {
            *place = known.into_inner();
        }
        outcome
    }
}

fn placement(snapshot: &Snapshot, place: usize, diagnosis: Diagnosis, feasible: Vec<usize>) -> Placement {
    let node = Arc::clone(&snapshot.at(place).name);
    Placement { node, diagnosis, feasible, scores: Vec::new(), totals: Vec::new() }
}

#[cfg(test)]
mod tests;

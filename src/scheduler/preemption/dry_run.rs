//! What if all Pods of lower priority left this node? If that makes room, as many as possible may stay after all.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::time::sim_time;
use crate::scheduler::framework::{CycleState, Rejection, Stage};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

use super::choose::{Harm, harm};
use super::{Candidate, NO_VICTIMS};

/// What came of trying a node.
#[derive(Clone, Debug)]
enum DryRun {
    /// Room can be made, and how much that hurts.
    Room(Box<Candidate>, Harm),
    /// It would not help.
    Refused(Rejection),
}

/// What came of trying nodes for Pods of one shape, by place; forgotten where the node changes.
#[derive(Debug, Default)]
pub struct DryRuns {
    by_place: Vec<Option<DryRun>>,
    budgets: u64,
}

impl DryRuns {
    /// The node at a place has changed.
    pub fn forget(&mut self, place: usize) {
        if let Some(known) = self.by_place.get_mut(place) {
            *known = None;
        }
    }

    /// All nodes have changed.
    pub fn forget_all(&mut self) {
        self.by_place.clear();
    }

    /// How much it hurts to make room on the node at a place; tries it, unless that was done before for a Pod of the same
    /// shape.
    pub(super) fn harm_at(&mut self, stage: &Stage<'_>, state: &mut Option<CycleState>, place: usize) -> Option<Harm> {
        let known = &mut self.by_place[place];
        if known.is_none() {
            *known = Some(match select_victims(stage, state, stage.snapshot.at(place)) {
                Ok(candidate) => {
                    let harm = harm(&candidate);
                    DryRun::Room(Box::new(candidate), harm)
                }
                Err(rejection) => DryRun::Refused(rejection),
            });
        }
        match known {
            Some(DryRun::Room(_, harm)) => Some(*harm),
            _ => None,
        }
    }

    /// How room would be made on the node at a place.
    pub(super) fn candidate(&self, place: usize) -> Option<&Candidate> {
        match self.by_place.get(place)? {
            Some(DryRun::Room(candidate, _)) => Some(candidate),
            _ => None,
        }
    }

    /// Why that would not help.
    pub(super) fn refusal(&self, place: usize) -> Option<&Rejection> {
        match self.by_place.get(place)? {
            Some(DryRun::Refused(rejection)) => Some(rejection),
            _ => None,
        }
    }

    /// Makes room for so many nodes; what was found under other budgets is forgotten.
    pub fn renew(&mut self, nodes: usize, budgets: u64) {
        if self.budgets != budgets {
            self.by_place.clear();
            self.budgets = budgets;
        }
        self.by_place.resize(nodes, None);
    }
}

/// The Pods that must leave a node.
fn select_victims(
    stage: &Stage<'_>,
    complete: &mut Option<CycleState>,
    node: &Arc<NodeInfo>,
) -> Result<Candidate, Rejection> {
    let pod = stage.pod;
    let mut lower: Vec<_> = node.pods.iter().filter(|other| other.priority() < pod.priority()).cloned().collect();
    if lower.is_empty() {
        return Err(Rejection::unresolvable(NO_VICTIMS));
    }
    let mut state = complete.get_or_insert_with(|| stage.complete_state()).clone();
    let mut node = (**node).clone();
    for other in &lower {
        node.remove_pod(&other.uid);
        stage.profile.remove_pod(&mut state, pod, other, &node);
    }
    let fits = |state: &_, node: &NodeInfo| stage.profile.filter_with_nominated(state, pod, node, stage.snapshot);
    fits(&state, &node).map_err(|(_, rejection)| rejection)?;
    lower.sort_by_key(|other| importance(other));
    let (violating, others) = stage.snapshot.budgets.split(&lower);
    let (mut victims, mut violations) = (Vec::new(), 0);
    let protected = violating.len();
    for (index, other) in violating.into_iter().chain(others).enumerate() {
        node.add_pod(Arc::clone(&other));
        stage.profile.add_pod(&mut state, pod, &other, &node);
        if fits(&state, &node).is_err() {
            node.remove_pod(&other.uid);
            stage.profile.remove_pod(&mut state, pod, &other, &node);
            violations += usize::from(index < protected);
            victims.push(other);
        }
    }
    victims.sort_by_key(|other| importance(other));
    Ok(Candidate { node: Arc::clone(&node.name), victims, violations })
}

/// The most important first: by priority, then by how long it has been running.
fn importance(pod: &PodInfo) -> (Reverse<i32>, SimTime) {
    (Reverse(pod.priority()), started_at(pod))
}

/// When a Pod was started; one that was not counts as started last.
pub(super) fn started_at(pod: &PodInfo) -> SimTime {
    pod.pod.status.start_time.as_ref().map_or(SimTime::MAX, |at| sim_time(at.0))
}

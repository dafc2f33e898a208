//! Which nodes will do: the nominated one alone if it will, or else as many as are enough, beginning where the last search
//! ended.
//!
//! Models `findNodesThatFitPod` of `pkg/scheduler/schedule_one.go`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::scheduler::framework::{CycleState, Diagnosis, PluginSet, Profile, Rejection};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::Algorithm;

/// Below so many nodes all are looked at, and never are fewer sought. Source: `schedule_one.go`,
/// `minFeasibleNodesToFind`.
const MIN_FEASIBLE_NODES: usize = 100;
/// At least this share of the nodes is sought, in percent. Source: `schedule_one.go`, `minFeasibleNodesPercentageToFind`.
const MIN_FEASIBLE_PERCENT: usize = 5;

impl Algorithm {
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

    /// Feasible nodes, by their place in the order of search.
    pub(super) fn find_nodes(
        &mut self,
        state: &mut CycleState,
        pod: &Arc<PodInfo>,
        snapshot: &Snapshot,
        diagnosis: &mut Diagnosis,
    ) -> Vec<usize> {
        if let Some(place) = snapshot.index_of(pod.nominated_node())
            && self.profile.filter_with_nominated(state, pod, snapshot.at(place), snapshot).is_ok()
        {
            diagnosis.accept(place);
            return vec![place];
        }
        if snapshot.len() >= self.remember_from_nodes
            && !snapshot.has_nominated()
            && let Some(wider) = self.profile.wider_filters(state)
        {
            return self.find_by_shape(wider, state, pod, snapshot, diagnosis);
        }
        self.walk(snapshot.len(), snapshot.len(), |profile, place| {
            examine(profile, state, pod, snapshot, place, diagnosis)
        })
    }

    /// The same, where it is known what most plugins say of Pods of this shape; only the plugins in `wider` are asked anew.
    fn find_by_shape(
        &mut self,
        wider: PluginSet,
        state: &mut CycleState,
        pod: &Arc<PodInfo>,
        snapshot: &Snapshot,
        diagnosis: &mut Diagnosis,
    ) -> Vec<usize> {
        let mut shapes = std::mem::take(&mut self.shapes);
        let shape = shapes.recall(&self.profile, state, pod, snapshot);
        let mut numbers: Vec<Option<u16>> = Vec::new();
        let feasible = self.walk(snapshot.len(), snapshot.len(), |profile, place| {
            let Some(known) = shape.rejection(profile, state, pod, snapshot, place) else {
                return match ask(wider, profile, state, pod, snapshot, place) {
                    Ok(()) => {
                        diagnosis.accept(place);
                        true
                    }
                    Err((plugin, rejection)) => {
                        diagnosis.reject(place, Some(plugin), rejection);
                        false
                    }
                };
            };
            if numbers.len() <= known {
                numbers.resize(known + 1, None);
            }
            match numbers[known] {
                Some(number) => diagnosis.reject_again(place, number),
                None => {
                    let (plugin, rejection) = shape.pattern(known).clone();
                    numbers[known] = Some(diagnosis.reject(place, Some(plugin), rejection));
                }
            }
            false
        });
        self.shapes = shapes;
        feasible
    }

    /// Feasible nodes among those that the plugins in `by` have named.
    pub(super) fn find_among(
        &mut self,
        nodes: &BTreeSet<Arc<str>>,
        by: &[&'static str],
        state: &CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        diagnosis: &mut Diagnosis,
    ) -> Vec<usize> {
        let places: Vec<usize> = nodes.iter().filter_map(|node| snapshot.index_of(node)).collect();
        let reason = format!("node(s) didn't satisfy plugin(s) [{}]", by.join(" "));
        for place in (0..snapshot.len()).filter(|place| !places.contains(place)) {
            diagnosis.reject(place, None, Rejection::unresolvable(reason.clone()));
        }
        for (index, _) in self.profile.plugins().filter(|(_, plugin)| by.contains(&plugin.name())) {
            diagnosis.rejected_by.insert(index);
        }
        let found = self.walk(places.len(), snapshot.len(), |profile, index| {
            examine(profile, state, pod, snapshot, places[index], diagnosis)
        });
        found.into_iter().map(|index| places[index]).collect()
    }

    /// Goes around until enough places will do.
    fn walk(&mut self, places: usize, nodes: usize, mut will_do: impl FnMut(&Profile, usize) -> bool) -> Vec<usize> {
        let wanted = self.enough(places);
        let mut feasible = Vec::with_capacity(wanted);
        let (mut examined, mut place) = (0, self.next_start % places.max(1));
        while examined < places && feasible.len() < wanted {
            if will_do(&self.profile, place) {
                feasible.push(place);
            }
            examined += 1;
            place = if place + 1 == places { 0 } else { place + 1 };
        }
        self.next_start = (self.next_start + examined) % nodes;
        feasible
    }
}

fn ask(
    wider: PluginSet,
    profile: &Profile,
    state: &CycleState,
    pod: &PodInfo,
    snapshot: &Snapshot,
    place: usize,
) -> Result<(), (usize, Rejection)> {
    if wider.is_empty() { Ok(()) } else { profile.filter_but(wider.complement(), state, pod, snapshot.at(place)) }
}

fn examine(
    profile: &Profile,
    state: &CycleState,
    pod: &PodInfo,
    snapshot: &Snapshot,
    place: usize,
    diagnosis: &mut Diagnosis,
) -> bool {
    match profile.filter_with_nominated(state, pod, snapshot.at(place), snapshot) {
        Ok(()) => diagnosis.accept(place),
        Err((plugin, rejection)) => {
            diagnosis.reject(place, Some(plugin), rejection);
            return false;
        }
    }
    true
}

//! Which nodes will do: the nominated one alone if it will, or else as many as are enough, beginning where the last search
//! ended.
//!
//! Models `findNodesThatFitPod` of `pkg/scheduler/schedule_one.go`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::scheduler::framework::{CycleState, Diagnosis, Profile, Rejection};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::Algorithm;

/// Below so many nodes all are looked at, and never are fewer sought. Source: `schedule_one.go`,
/// `minFeasibleNodesToFind`.
const MIN_FEASIBLE_NODES: usize = 100;
/// At least this share of the nodes is sought, in percent. Source: `schedule_one.go`, `minFeasibleNodesPercentageToFind`.
const MIN_FEASIBLE_PERCENT: usize = 5;

/// How many feasible nodes are enough; a percentage of 0 adapts to their number.
/// Source: `schedule_one.go`, `numFeasibleNodesToFind`.
#[must_use]
pub(super) fn enough(percentage: usize, nodes: usize) -> usize {
    if nodes < MIN_FEASIBLE_NODES {
        return nodes;
    }
    let percent = match percentage {
        0 => 50_usize.saturating_sub(nodes / 125).max(MIN_FEASIBLE_PERCENT),
        fixed => fixed.min(100),
    };
    (nodes * percent / 100).max(MIN_FEASIBLE_NODES)
}

impl Algorithm {
    /// Feasible nodes, by their place in the order of search.
    pub(super) fn find_nodes(
        &mut self,
        profile: &Profile,
        state: &CycleState,
        pod: &Arc<PodInfo>,
        snapshot: &Snapshot,
        diagnosis: &mut Diagnosis,
    ) -> Vec<usize> {
        if let Some(place) = snapshot.index_of(pod.nominated_node())
            && profile.filter_with_nominated(state, pod, snapshot.at(place), snapshot).is_ok()
        {
            diagnosis.accept(place);
            return vec![place];
        }
        self.walk(profile, snapshot.len(), snapshot.len(), |place| {
            examine(profile, state, pod, snapshot, place, diagnosis)
        })
    }

    /// Feasible nodes among those that the plugins in `by` have named.
    #[expect(clippy::too_many_arguments, reason = "the parts of a cycle, each of another kind")]
    pub(super) fn find_among(
        &mut self,
        nodes: &BTreeSet<Arc<str>>,
        by: &[&'static str],
        profile: &Profile,
        state: &CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        diagnosis: &mut Diagnosis,
    ) -> Vec<usize> {
        let places: BTreeSet<usize> = nodes.iter().filter_map(|node| snapshot.index_of(node)).collect();
        let reason = format!("node(s) didn't satisfy plugin(s) [{}]", by.join(" "));
        let mut pattern = None;
        for place in (0..snapshot.len()).filter(|place| !places.contains(place)) {
            match pattern {
                Some(number) => diagnosis.reject_again(place, number),
                None => pattern = Some(diagnosis.reject(place, None, Rejection::unresolvable(reason.clone()))),
            }
        }
        for (index, _) in profile.plugins().filter(|(_, plugin)| by.contains(&plugin.name())) {
            diagnosis.rejected_by.insert(index);
        }
        let places: Vec<usize> = nodes.iter().filter_map(|node| snapshot.index_of(node)).collect();
        let found = self.walk(profile, places.len(), snapshot.len(), |index| {
            examine(profile, state, pod, snapshot, places[index], diagnosis)
        });
        found.into_iter().map(|index| places[index]).collect()
    }

    /// Goes around until enough places will do.
    fn walk(
        &mut self,
        profile: &Profile,
        places: usize,
        nodes: usize,
        mut will_do: impl FnMut(usize) -> bool,
    ) -> Vec<usize> {
        let wanted = enough(profile.percentage_of_nodes_to_score, places);
        let mut feasible = Vec::with_capacity(wanted);
        let (mut examined, mut place) = (0, self.next_start % places.max(1));
        while examined < places && feasible.len() < wanted {
            if will_do(place) {
                feasible.push(place);
            }
            examined += 1;
            place = if place + 1 == places { 0 } else { place + 1 };
        }
        self.next_start = (self.next_start + examined) % nodes;
        feasible
    }
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

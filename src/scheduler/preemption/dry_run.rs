//! What if all Pods of lower priority left this node? If that makes room, as many as possible may stay after all.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::time::sim_time;
use crate::scheduler::framework::{Rejection, Stage};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

use super::{Candidate, NO_VICTIMS};

/// The Pods that must leave a node.
///
/// # Errors
/// Why their leaving would not help.
pub(super) fn select_victims(stage: &Stage<'_>, node: &Arc<NodeInfo>) -> Result<Candidate, Rejection> {
    let (mut node, mut state) = ((**node).clone(), stage.state.clone());
    let pod = stage.pod;
    let mut lower: Vec<_> = node.pods.iter().filter(|other| other.priority() < pod.priority()).cloned().collect();
    if lower.is_empty() {
        return Err(Rejection::unresolvable(NO_VICTIMS));
    }
    for other in &lower {
        node.remove_pod(&other.uid);
        stage.profile.remove_pod(&mut state, pod, other, &node);
    }
    let fits = |state: &_, node: &NodeInfo| stage.profile.filter_with_nominated(state, pod, node, stage.snapshot);
    fits(&state, &node).map_err(|(_, rejection)| rejection)?;
    lower.sort_by_key(|other| importance(other));
    let mut victims = Vec::new();
    for other in lower {
        node.add_pod(Arc::clone(&other));
        stage.profile.add_pod(&mut state, pod, &other, &node);
        if fits(&state, &node).is_err() {
            node.remove_pod(&other.uid);
            stage.profile.remove_pod(&mut state, pod, &other, &node);
            victims.push(other);
        }
    }
    Ok(Candidate { node: Arc::clone(&node.name), victims })
}

/// The most important first: by priority, then by how long it has been running.
fn importance(pod: &PodInfo) -> (Reverse<i32>, SimTime) {
    (Reverse(pod.priority()), started_at(pod))
}

/// When a Pod was started; one that was not counts as started last.
pub(super) fn started_at(pod: &PodInfo) -> SimTime {
    pod.pod.status.start_time.as_ref().map_or(SimTime::MAX, |at| sim_time(at.0))
}

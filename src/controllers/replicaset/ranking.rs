//! Which Pods a ReplicaSet gives up first.
//!
//! Models `pkg/controller/controller_utils.go`, `ActivePodsWithRanks`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::{Meta, Pod, time};

/// How dear a Pod is; the lowest goes first. Source: `core/v1/annotation_key_constants.go`.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The `count` Pods that go: all of `pods` when that is all there are, else the lowest in rank. `related` are the Pods of
/// every ReplicaSet of the same owner, which tell where Pods are doubled up.
#[must_use]
pub fn pods_to_delete(pods: &[Arc<Pod>], related: &[Arc<Pod>], count: usize, now: SimTime) -> Vec<Arc<Pod>> {
    let mut pods = pods.to_vec();
    if count < pods.len() {
        let mut crowd: BTreeMap<&str, usize> = BTreeMap::new();
        for pod in related.iter().filter(|pod| pod.is_active()) {
            *crowd.entry(pod.node_name()).or_default() += 1;
        }
        let on = |pod: &Pod| crowd.get(pod.node_name()).copied().unwrap_or(0);
        pods.sort_by(|one, two| goes_first(one, on(one), two, on(two), now));
        pods.truncate(count);
    }
    pods
}

/// `Less` when the first Pod goes before the second.
fn goes_first(one: &Pod, crowd_one: usize, two: &Pod, crowd_two: usize, now: SimTime) -> Ordering {
    let unassigned_first = || two.node_name().is_empty().cmp(&one.node_name().is_empty());
    let by_restarts = |sidecars: bool| restarts(two, sidecars).cmp(&restarts(one, sidecars));
    unassigned_first()
        .then_with(|| phase_order(one).cmp(&phase_order(two)))
        .then_with(|| one.is_ready().cmp(&two.is_ready()))
        .then_with(|| deletion_cost(one).cmp(&deletion_cost(two)))
        .then_with(|| crowd_two.cmp(&crowd_one))
        .then_with(|| {
            if one.is_ready() && two.is_ready() { younger_first(one, two, ready_since, now) } else { Ordering::Equal }
        })
        .then_with(|| by_restarts(false))
        .then_with(|| by_restarts(true))
        .then_with(|| younger_first(one, two, |pod| Some(pod.metadata.created_at()), now))
}

fn phase_order(pod: &Pod) -> u8 {
    match pod.phase() {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    }
}

fn deletion_cost(pod: &Pod) -> i32 {
    pod.metadata.annotation(DELETION_COST).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn restarts(pod: &Pod, sidecars: bool) -> i32 {
    let init = pod.status.init_container_statuses.as_deref().unwrap_or_default();
    let statuses = if sidecars { init } else { pod.container_statuses() };
    statuses.iter().map(|status| status.restart_count).max().unwrap_or(0)
}

fn ready_since(pod: &Pod) -> Option<SimTime> {
    Some(time::sim_time(pod.condition("Ready")?.last_transition_time.as_ref()?.0))
}

/// The one of less age, by powers of two, so that among Pods of similar age chance decides; then the smaller UID.
fn younger_first(one: &Pod, two: &Pod, since: impl Fn(&Pod) -> Option<SimTime>, now: SimTime) -> Ordering {
    let (first, second) = (since(one), since(two));
    if first == second {
        return Ordering::Equal;
    }
    let (Some(first), Some(second)) = (first, second) else { return first.is_none().cmp(&second.is_none()).reverse() };
    let bucket = |at: SimTime| (now.since(at).as_micros() * 1_000).checked_ilog2().map_or(-1, i64::from);
    bucket(first).cmp(&bucket(second)).then_with(|| one.metadata.uid().cmp(two.metadata.uid()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::core::{ContainerStatus, PodCondition};

    fn pod(name: &str, node: &str, ready_at: Option<u64>) -> Pod {
        let mut pod = Pod::default();
        pod.metadata.name = Some(name.into());
        pod.metadata.uid = Some(name.into());
        pod.metadata.creation_timestamp = Some(time::time(SimTime::ZERO));
        pod.set_node_name(node);
        pod.status_mut().phase = Some("Running".into());
        if let Some(at) = ready_at {
            pod.status_mut().conditions = Some(vec![PodCondition {
                type_: "Ready".into(),
                status: "True".into(),
                last_transition_time: Some(time::time(SimTime::from_secs(at))),
                ..PodCondition::default()
            }]);
        }
        pod
    }

    fn order(pods: Vec<Pod>) -> Vec<String> {
        let pods: Vec<_> = pods.into_iter().map(Arc::new).collect();
        let mut sorted = Vec::new();
        for count in 1..pods.len() {
            let gone = pods_to_delete(&pods, &pods, count, SimTime::from_secs(10_000));
            sorted.push(gone[count - 1].metadata.name().to_owned());
        }
        sorted
    }

    #[test]
    fn unassigned_pending_and_unready_pods_go_first() {
        let mut pending = pod("pending", "n2", None);
        pending.status_mut().phase = Some("Pending".into());
        let pods = vec![pod("ready", "n1", Some(10)), pod("unready", "n3", None), pending, pod("unassigned", "", None)];
        assert_eq!(order(pods), ["unassigned", "pending", "unready"]);
    }

    #[test]
    fn cost_crowd_youth_and_restarts_decide_among_ready_pods() {
        let mut cheap = pod("cheap", "n9", Some(10));
        cheap.metadata.annotations = Some([(DELETION_COST.to_owned(), "-1".to_owned())].into());
        let mut restarted = pod("restarted", "n3", Some(10));
        let status = ContainerStatus { restart_count: 3, ..ContainerStatus::default() };
        restarted.status_mut().container_statuses = Some(vec![status]);
        let pods =
            vec![pod("a", "n1", Some(10)), pod("b", "n1", Some(9_990)), restarted, pod("old", "n4", Some(10)), cheap];
        assert_eq!(order(pods), ["cheap", "b", "a", "restarted"]);
    }

    #[test]
    fn similar_ages_are_told_apart_by_uid() {
        let pods = vec![pod("z", "n1", Some(20)), pod("y", "n2", Some(10)), pod("x", "n3", Some(30))];
        assert_eq!(order(pods), ["x", "y"]);
    }
}

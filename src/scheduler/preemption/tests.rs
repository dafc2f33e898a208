//! Which Pods must go, and when none may.

use serde_json::json;

use crate::scheduler::fixture::{attempt, message, node, pod, snapshot};

#[test]
fn a_pod_of_higher_priority_makes_room_and_the_message_has_no_suffix() {
    let one = snapshot(&[node("node-1", "2", "4Gi")], &[pod("low").requests("1500m", "0").on("node-1")]);
    let (text, room) = attempt(&one, &pod("high").requests("1", "0").priority(1000)).unwrap_err();
    assert_eq!(text, "0/1 nodes are available: 1 Insufficient cpu.");
    let room = room.unwrap();
    assert_eq!((&*room.node, room.victims.len(), room.victims[0].name()), ("node-1", 1, "low"));
}

#[test]
fn never_means_never() {
    let nodes = [node("node-1", "1", "4Gi"), node("node-2", "1", "4Gi")];
    let fill = |name: &str, on: &str| pod(name).requests("800m", "0").on(on);
    let two = snapshot(&nodes, &[fill("a", "node-1"), fill("b", "node-2")]);
    let patient = pod("patient").requests("500m", "0").priority(5000).spec("preemptionPolicy", json!("Never"));
    insta::assert_snapshot!(message(&two, &patient), @"0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.");
}

#[test]
fn as_few_as_possible_go_and_the_least_important_first() {
    let small = |name: &str, priority| pod(name).requests("500m", "0").priority(priority).on("node-1");
    let pods = [small("a", 5), small("b", 1), small("c", 3), small("d", 5)];
    let one = snapshot(&[node("node-1", "2", "4Gi")], &pods);
    let (_, room) = attempt(&one, &pod("high").requests("1", "0").priority(10)).unwrap_err();
    let victims: Vec<_> = room.unwrap().victims.iter().map(|victim| victim.name().to_owned()).collect();
    assert_eq!(victims, ["c", "b"]);
}

#[test]
fn the_node_where_it_hurts_least_is_chosen() {
    let nodes = [node("node-1", "1", "4Gi"), node("node-2", "1", "4Gi"), node("node-3", "1", "4Gi")];
    let full = |name: &str, priority, on: &str| pod(name).requests("1", "0").priority(priority).on(on);
    let pods = [full("a", 7, "node-1"), full("b", 3, "node-2"), full("c", 7, "node-3")];
    let (_, room) = attempt(&snapshot(&nodes, &pods), &pod("high").requests("1", "0").priority(10)).unwrap_err();
    assert_eq!(&*room.unwrap().node, "node-2");
}

#[test]
fn lower_pods_whose_going_does_not_help_stay() {
    let pods = [pod("low").on("node-1"), pod("peer").requests("1", "0").priority(10).on("node-1")];
    let one = snapshot(&[node("node-1", "1", "4Gi")], &pods);
    insta::assert_snapshot!(message(&one, &pod("high").requests("500m", "0").priority(10)), @"0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Insufficient cpu.");
}

#[test]
fn a_victim_on_its_way_out_is_waited_for() {
    let leaving = pod("low").requests("1", "0").on("node-1").meta("deletionTimestamp", json!("2026-01-05T08:00:00Z"));
    let condition = json!([{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]);
    let one = snapshot(&[node("node-1", "1", "4Gi")], &[leaving.status("conditions", condition)]);
    let high = pod("high").requests("1", "0").priority(10).status("nominatedNodeName", json!("node-1"));
    insta::assert_snapshot!(message(&one, &high), @"0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.");
}

#[test]
fn a_budget_is_kept_where_it_can_be() {
    let nodes = [node("node-1", "1", "4Gi"), node("node-2", "1", "4Gi")];
    let full = |name: &str, app: &str, priority, on: &str| {
        pod(name).requests("1", "0").priority(priority).meta("labels", json!({"app": app})).on(on)
    };
    let mut two = snapshot(&nodes, &[full("a", "db", 1, "node-1"), full("b", "web", 5, "node-2")]);
    let high = pod("high").requests("1", "0").priority(10);
    let chosen = |snapshot: &crate::scheduler::Snapshot| attempt(snapshot, &high).unwrap_err().1.unwrap();
    assert_eq!(&*chosen(&two).node, "node-1", "the less important goes");
    let budget = json!({"metadata": {"name": "db", "namespace": "default"}, "spec": {"selector": {"matchLabels": {"app": "db"}}},
        "status": {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}});
    two.budgets.set(&crate::scheduler::fixture::object(crate::model::Kind::PodDisruptionBudget, budget));
    assert_eq!(&*chosen(&two).node, "node-2", "unless its budget would be broken");
}

//! Order, back-off and waking of waiting Pods.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::scheduler::fixture::{PodFixture, node, pod};
use crate::scheduler::framework::Profile;

const NOW: SimTime = SimTime::from_micros(10_300_000);

fn profile() -> Profiles {
    Profile::default_scheduler().into()
}

fn at(millis: u64) -> SimTime {
    SimTime::from_micros(millis * 1_000)
}

fn plugins(names: &[&str]) -> PluginSet {
    let mut set = PluginSet::default();
    for (index, _) in profile().first().plugins().filter(|(_, plugin)| names.contains(&plugin.name())) {
        set.insert(index);
    }
    set
}

fn queue(pods: &[PodFixture]) -> SchedulingQueue {
    let mut queue = SchedulingQueue::default();
    for pod in pods {
        queue.add(pod.info(), CauseId::NONE, &profile(), NOW);
    }
    queue
}

fn pop(queue: &mut SchedulingQueue) -> Option<String> {
    queue.pop().map(|pod| pod.info.name().to_owned())
}

fn node_added(cpu: &str) -> ClusterEvent {
    ClusterEvent::NodeAdded(Arc::new(node("n", cpu, "4Gi").info()))
}

#[test]
fn priority_first_then_age() {
    let mut queue = queue(&[pod("old"), pod("new"), pod("vip").priority(10)]);
    assert_eq!([pop(&mut queue), pop(&mut queue), pop(&mut queue)].map(Option::unwrap), ["vip", "old", "new"]);
    assert_eq!(pop(&mut queue), None);
}

#[test]
fn back_off_doubles_up_to_ten_seconds() {
    assert_eq!([1, 2, 3, 4, 5, 6, 60].map(|count| Backoff::default().after(count).as_secs()), [1, 2, 4, 8, 10, 10, 10]);
}

#[test]
fn only_events_that_can_help_wake_a_pod() {
    let mut queue = queue(&[pod("hungry").requests("3", "0")]);
    let hungry = queue.pop().unwrap();
    queue.add_unschedulable(hungry, plugins(&["NodeResourcesFit"]), NOW);
    assert!(!queue.is_ready());
    queue.on_event(&node_added("2"), CauseId::NONE, &profile(), at(12_000));
    assert!(!queue.is_ready(), "the node is too small");
    queue.on_event(&node_added("4"), CauseId::NONE, &profile(), at(12_000));
    assert_eq!(queue.get("hungry").unwrap().place, Place::Active);
}

#[test]
fn a_woken_pod_waits_for_its_back_off_unless_nothing_else_is_to_do() {
    let mut queue = queue(&[pod("hungry").requests("3", "0")]);
    let hungry = queue.pop().unwrap();
    queue.add_unschedulable(hungry, plugins(&["NodeResourcesFit"]), NOW);
    queue.on_event(&node_added("4"), CauseId::NONE, &profile(), at(10_400));
    assert_eq!(queue.get("hungry").unwrap().place, Place::Backoff);
    assert_eq!(queue.next_flush(), Some(at(11_000)), "10.3 s and 1 s, cut to the whole second");
    queue.add(pod("other").info(), CauseId::NONE, &profile(), at(10_400));
    assert_eq!(pop(&mut queue).unwrap(), "other");
    assert_eq!(pop(&mut queue).unwrap(), "hungry", "taken before its time");
}

#[test]
fn an_error_is_waited_out() {
    let mut queue = queue(&[pod("a")]);
    let a = queue.pop().unwrap();
    queue.add_unschedulable(a, PluginSet::default(), NOW);
    assert!(!queue.is_ready());
    queue.flush_backoff(&profile(), at(10_999));
    assert!(!queue.is_ready());
    queue.flush_backoff(&profile(), at(11_000));
    assert_eq!(pop(&mut queue).unwrap(), "a");
}

#[test]
fn after_five_minutes_a_pod_is_tried_again() {
    let mut queue = queue(&[pod("a")]);
    let a = queue.pop().unwrap();
    queue.add_unschedulable(a, plugins(&["NodeAffinity"]), NOW);
    queue.flush_pool(&profile(), at(310_000));
    assert!(!queue.is_ready());
    queue.flush_pool(&profile(), at(330_000));
    assert_eq!(pop(&mut queue).unwrap(), "a");
}

#[test]
fn gates_hold_a_pod_until_they_are_gone() {
    let mut queue = queue(&[pod("gated").spec("schedulingGates", json!([{"name": "example.com/quota"}]))]);
    assert_eq!(queue.get("gated").unwrap().place, Place::Gated);
    queue.flush_pool(&profile(), at(1_000_000));
    queue.on_event(&node_added("4"), CauseId::NONE, &profile(), at(1_000_000));
    assert!(!queue.is_ready());
    queue.update(pod("gated").info(), CauseId::NONE, &profile(), at(1_000_000));
    assert_eq!(pop(&mut queue).unwrap(), "gated");
}

#[test]
fn a_new_toleration_wakes_and_a_new_status_does_not() {
    let mut queue = queue(&[pod("a")]);
    let a = queue.pop().unwrap();
    queue.add_unschedulable(a, plugins(&["TaintToleration"]), NOW);
    queue.update(pod("a").status("message", json!("hm")).info(), CauseId::NONE, &profile(), at(12_000));
    assert!(!queue.is_ready());
    let tolerant = pod("a").spec("tolerations", json!([{"operator": "Exists"}]));
    queue.update(tolerant.info(), CauseId::NONE, &profile(), at(12_000));
    assert!(queue.is_ready());
}

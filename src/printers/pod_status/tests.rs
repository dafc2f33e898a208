//! The order in which the STATUS column decides.

use serde_json::{Value, json};

use super::PodSummary;
use crate::model::Pod;

fn summary(spec: Value, status: Value, meta: Value) -> (String, String, i32) {
    let pod: Pod = serde_json::from_value(json!({"metadata": meta, "spec": spec, "status": status})).unwrap();
    let summary = PodSummary::of(&pod);
    (summary.status, format!("{}/{}", summary.ready, summary.containers), summary.restarts)
}

fn status_of(containers: Value, phase: &str) -> String {
    let names: Vec<Value> =
        containers.as_array().unwrap().iter().map(|status| json!({"name": status["name"]})).collect();
    summary(json!({"containers": names}), json!({"phase": phase, "containerStatuses": containers}), json!({})).0
}

fn container(name: &str, ready: bool, state: Value) -> Value {
    json!({"name": name, "ready": ready, "restartCount": 0, "image": "", "imageID": "", "state": state})
}

#[test]
fn the_first_container_in_trouble_decides() {
    let running = json!({"running": {}});
    let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
    let ended = |reason: &str, code: i32| json!({"terminated": {"reason": reason, "exitCode": code}});
    let two = |one: Value, other: Value| json!([container("a", true, one), container("b", true, other)]);
    assert_eq!(status_of(two(waiting("ErrImagePull"), waiting("CrashLoopBackOff")), "Pending"), "ErrImagePull");
    assert_eq!(status_of(two(running.clone(), ended("Error", 1)), "Running"), "Error");
    assert_eq!(status_of(two(ended("Completed", 0), running.clone()), "Running"), "NotReady");
    assert_eq!(status_of(two(ended("Completed", 0), ended("Error", 2)), "Failed"), "Error");
    assert_eq!(status_of(two(ended("", 3), running), "Running"), "ExitCode:3");
}

#[test]
fn init_containers_come_first() {
    let spec = json!({"containers": [{"name": "a"}], "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]});
    let status = |init: Value| {
        json!({"phase": "Pending", "initContainerStatuses": init,
        "containerStatuses": [container("a", false, json!({"waiting": {"reason": "PodInitializing"}}))]})
    };
    let shown = |init: Value| summary(spec.clone(), status(init), json!({}));
    let at_work = json!([container("i", false, json!({"running": {}}))]);
    assert_eq!(shown(at_work), ("Init:0/2".into(), "0/2".into(), 0));
    let failed = json!([container("i", false, json!({"terminated": {"exitCode": 1, "reason": "Error"}}))]);
    assert_eq!(shown(failed).0, "Init:Error");
    let mut sidecar = container("s", true, json!({"running": {}}));
    sidecar["started"] = json!(true);
    let done = json!([container("i", true, json!({"terminated": {"exitCode": 0}})), sidecar]);
    assert_eq!(shown(done), ("PodInitializing".into(), "1/2".into(), 0));
}

#[test]
fn deletion_and_gates_have_their_words() {
    let leaving = json!({"deletionTimestamp": "2026-01-05T08:00:10Z"});
    let spec = json!({"containers": [{"name": "a"}]});
    let shown = |status: Value, meta: Value| summary(spec.clone(), status, meta).0;
    assert_eq!(shown(json!({"phase": "Running"}), leaving.clone()), "Terminating");
    assert_eq!(shown(json!({"phase": "Running", "reason": "NodeLost"}), leaving.clone()), "Unknown");
    assert_eq!(shown(json!({"phase": "Succeeded"}), leaving), "Succeeded");
    assert_eq!(shown(json!({"phase": "Failed", "reason": "Evicted"}), json!({})), "Evicted");
    let gated = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
    assert_eq!(shown(json!({"phase": "Pending", "conditions": gated}), json!({})), "SchedulingGated");
}

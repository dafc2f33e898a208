//! Lost nodes.

use podlab::model::{Kind, Meta};
use serde_json::{Value, json};

use super::lab::Lab;

fn pod(name: &str, node: &str, seconds: Option<i64>) -> Value {
    let toleration = json!({"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
        "tolerationSeconds": seconds});
    let tolerations = if seconds.is_some() { json!([toleration]) } else { json!([]) };
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "labels": {"app": "x"}},
        "spec": {"nodeName": node, "tolerations": tolerations, "containers": [{"name": "app", "image": "nginx"}]}})
}

#[test]
fn a_silent_node_is_told_tainted_and_emptied() {
    let mut lab = Lab::new(2);
    lab.apply(pod("there", "node-2", Some(5)));
    lab.apply(pod("patient", "node-2", None));
    lab.run(10);
    lab.dead = vec!["node-2"];
    lab.run(48);
    assert_eq!(lab.get(Kind::Node, "", "node-2")["status"]["conditions"][3]["status"], "True");
    lab.run(12);
    let node = lab.get(Kind::Node, "", "node-2");
    let told: Vec<_> = node["status"]["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one["type"].as_str().unwrap(),
                one["status"].as_str().unwrap(),
                one["message"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told,
        ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"]
            .map(|kind| format!("{kind} Unknown Kubelet stopped posting node status."))
    );
    let taints: Vec<_> = node["spec"]["taints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|taint| format!("{} {}", taint["key"].as_str().unwrap(), taint["effect"].as_str().unwrap()))
        .collect();
    assert_eq!(taints, ["node.kubernetes.io/unreachable NoSchedule", "node.kubernetes.io/unreachable NoExecute"]);
    lab.run(8);
    let there = lab.get(Kind::Pod, "default", "there");
    assert!(there["metadata"]["deletionTimestamp"].is_string());
    let patient = lab.get(Kind::Pod, "default", "patient");
    assert!(patient["metadata"]["deletionTimestamp"].is_null());
    let ready = patient["status"]["conditions"].as_array().unwrap().iter().find(|one| one["type"] == "Ready").unwrap();
    assert_eq!(ready["status"], "False");
    let mut events = lab.events(Kind::Pod);
    events.sort();
    assert_eq!(
        events,
        [
            "NodeNotReady: Node is not ready",
            "NodeNotReady: Node is not ready",
            "TaintManagerEviction: Marking for deletion Pod default/there"
        ]
    );
    let mut events = lab.events(Kind::Node);
    events.sort();
    assert_eq!(
        events[..2],
        [
            "NodeNotReady: Node node-2 status is now: NodeNotReady",
            "RegisteredNode: Node node-1 event: Registered Node node-1 in Controller",
        ]
    );
}

#[test]
fn the_pods_of_a_node_that_was_removed_are_collected() {
    let mut lab = Lab::new(2);
    lab.apply(pod("there", "node-2", None));
    lab.run(5);
    lab.dead = vec!["node-2"];
    lab.delete(Kind::Node, "", "node-2", Default::default()).unwrap();
    lab.run(30);
    assert!(!lab.get(Kind::Pod, "default", "there").is_null());
    lab.run(40);
    assert!(lab.get(Kind::Pod, "default", "there").is_null());
    assert!(
        lab.events(Kind::Node)
            .contains(&"RemovingNode: Node node-2 event: Removing Node node-2 from Controller".to_owned())
    );
}

#[test]
fn a_node_that_is_alone_and_lost_keeps_its_pods() {
    let mut lab = Lab::new(1);
    lab.apply(pod("there", "node-1", Some(1)));
    lab.run(5);
    lab.dead = vec!["node-1"];
    lab.run(120);
    let there = lab.get(Kind::Pod, "default", "there");
    assert!(there["metadata"]["deletionTimestamp"].is_null());
    let taints = lab.get(Kind::Node, "", "node-1")["spec"]["taints"].clone();
    assert_eq!(taints.as_array().unwrap().len(), 1);
    assert!(lab.list(Kind::Pod, "default")[0].meta().owners().is_empty());
}

#[test]
fn every_node_gets_a_range_of_addresses_of_its_own() {
    let lab = Lab::new(2);
    let range = |name: &str| lab.get(Kind::Node, "", name)["spec"].clone();
    assert_eq!(range("node-1"), json!({"podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24"]}));
    assert_eq!(range("node-2"), json!({"podCIDR": "10.244.1.0/24", "podCIDRs": ["10.244.1.0/24"]}));
}

//! Each answer is one that was tried.

use serde_json::json;

use super::*;
use crate::model::Kind;
use crate::scheduler::fixture::{PodFixture, node, object, pod, snapshot};

fn told(snapshot: &Snapshot, pod: &PodFixture) -> String {
    let found = explain(&Profile::default_scheduler(), snapshot, &pod.info());
    found.iter().map(|one| format!("{one}\n")).collect()
}

#[test]
fn smaller_requests_and_pods_in_the_way() {
    let nodes = [node("node-1", "2", "4Gi"), node("node-2", "2", "4Gi")];
    let pods = [pod("batch-1").requests("1500m", "0").on("node-2"), pod("web").requests("1900m", "0").on("node-1")];
    insta::assert_snapshot!(told(&snapshot(&nodes, &pods), &pod("a").requests("1", "1Gi")), @r"
    it would fit node-2 if it requested cpu ≤ 500m
    it would fit node-2 after deleting default/batch-1
    it would fit node-1 after deleting default/web
    it would fit node-1 if its priority were above 0: default/web would have to go
    ");
}

#[test]
fn nothing_helps_a_request_beyond_every_node_but_a_smaller_one() {
    let three = snapshot(&[node("node-1", "2", "4Gi")], &[pod("web").requests("500m", "0").on("node-1")]);
    assert_eq!(told(&three, &pod("hungry").requests("3", "0")), "it would fit node-1 if it requested cpu ≤ 1500m\n");
}

#[test]
fn taints_cordons_and_labels() {
    let nodes = [
        node("db-1", "2", "4Gi").taint("dedicated", "db", "NoSchedule").label("disk", "ssd"),
        node("db-2", "2", "4Gi").taint("dedicated", "db", "NoSchedule").label("disk", "ssd"),
        node("node-3", "2", "4Gi").cordoned().label("disk", "ssd"),
        node("node-4", "2", "4Gi"),
    ];
    let picky = pod("a").requests("1", "0").spec("nodeSelector", json!({"disk": "ssd"}));
    insta::assert_snapshot!(told(&snapshot(&nodes, &[]), &picky), @r"
    it would fit db-1 and db-2 if it tolerated dedicated=db:NoSchedule
    it would fit node-3 if node-3 were uncordoned
    it would fit node-4 if node-4 had the label disk=ssd
    it would fit node-4 if it did not ask for labels of its node
    ");
}

#[test]
fn gates_and_claims() {
    let mut one = snapshot(&[node("node-1", "2", "4Gi")], &[]);
    let gated = pod("a").spec("schedulingGates", json!([{"name": "example.com/quota"}]));
    assert_eq!(told(&one, &gated), "it would be looked at if its scheduling gates were removed: example.com/quota\n");
    let claim = json!({"metadata": {"name": "data", "namespace": "default"}, "spec": {}});
    one.volumes.set(&object(Kind::PersistentVolumeClaim, claim));
    insta::assert_snapshot!(told(&one, &pod("a").claim("data")), @"it would fit node-1 if its claims were bound; now: pod has unbound immediate PersistentVolumeClaims");
}

#[test]
fn a_pod_that_fits_needs_nothing() {
    assert_eq!(told(&snapshot(&[node("node-1", "2", "4Gi")], &[]), &pod("a")), "");
}

#[test]
fn constraints_between_pods() {
    let zone = "topology.kubernetes.io/zone";
    let nodes = [node("a-1", "2", "4Gi").label(zone, "a"), node("b-1", "1", "4Gi").label(zone, "b")];
    let web = |name: &str| pod(name).requests("500m", "0").meta("labels", json!({"app": "web"}));
    let two = snapshot(&nodes, &[web("w-1").on("a-1"), web("w-2").on("b-1"), web("w-3").on("b-1")]);
    let constraint = json!([{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}}}]);
    let even = web("w-4").spec("topologySpreadConstraints", constraint).spec("nodeName", json!(null));
    assert_eq!(told(&two, &even), "");
    let full =
        snapshot(&nodes, &[web("w-1").on("a-1"), web("w-2").on("a-1"), pod("x").requests("800m", "0").on("b-1")]);
    insta::assert_snapshot!(told(&full, &even), @r"
    it would fit b-1 if it requested cpu ≤ 200m
    it would fit a-1 if its maxSkew over kubernetes.io/hostname were 3 or more
    it would fit b-1 after deleting default/x
    it would fit b-1 if its priority were above 0: default/x would have to go
    ");
    let term = json!({"topologyKey": zone, "labelSelector": {"matchLabels": {"app": "web"}}});
    let lonely = pod("l")
        .spec("affinity", json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}));
    insta::assert_snapshot!(told(&two, &lonely), @r"
    it would fit a-1 and b-1 if it did not have to be away from other Pods (topology.kubernetes.io/zone)
    it would fit a-1 after deleting default/w-1
    it would fit a-1 if its priority were above 0: default/w-1 would have to go
    ");
}

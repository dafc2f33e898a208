//! Missing, unbound, bound and waiting claims.

use serde_json::{Value, json};

use crate::model::Kind;
use crate::scheduler::fixture::{message, node, object, place, pod, snapshot};
use crate::scheduler::framework::Reserve;
use crate::scheduler::snapshot::Snapshot;

use super::*;

fn two_nodes() -> Snapshot {
    snapshot(&[node("node-1", "2", "4Gi").label("zone", "a"), node("node-2", "2", "4Gi").label("zone", "b")], &[])
}

fn claim(class: &str, spec: Value) -> Object {
    let mut claim = json!({"metadata": {"name": "data", "namespace": "default", "uid": "claim", "annotations": {}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": class}});
    for (field, value) in spec.as_object().unwrap() {
        claim["spec"][field] = value.clone();
        claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
    }
    object(Kind::PersistentVolumeClaim, claim)
}

fn volume(name: &str, size: &str, zone: &str) -> Object {
    let terms = json!([{"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]}]);
    object(
        Kind::PersistentVolume,
        json!({"metadata": {"name": name}, "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local", "nodeAffinity": {"required": {"nodeSelectorTerms": terms}}},
            "status": {"phase": "Available"}}),
    )
}

fn class(provisioner: &str) -> Object {
    object(
        Kind::StorageClass,
        json!({"metadata": {"name": "local"}, "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer"}),
    )
}

#[test]
fn a_claim_that_is_missing_then_unbound() {
    let mut cluster = two_nodes();
    let wanted = pod("needs-data").claim("data");
    insta::assert_snapshot!(message(&cluster, &wanted), @r#"0/2 nodes are available: persistentvolumeclaim "data" not found. not found"#);
    cluster.volumes.set(&claim("", json!({})));
    insta::assert_snapshot!(message(&cluster, &wanted), @"0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found");
}

#[test]
fn a_bound_volume_ties_the_pod_to_its_zone() {
    let mut cluster = two_nodes();
    cluster.volumes.set(&claim("local", json!({"volumeName": "disk"})));
    insta::assert_snapshot!(message(&cluster, &pod("a").claim("data")), @r#"0/2 nodes are available: persistentvolume "disk" not found. not found"#);
    cluster.volumes.set(&volume("disk", "1Gi", "b"));
    assert_eq!(&*place(&cluster, &pod("a").claim("data")).unwrap().node, "node-2");
    cluster.volumes.set(&volume("disk", "1Gi", "c"));
    insta::assert_snapshot!(message(&cluster, &pod("a").claim("data")), @"0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
}

#[test]
fn a_waiting_claim_takes_the_smallest_volume_that_is_enough() {
    let mut cluster = two_nodes();
    let wanted = pod("a").claim("data");
    cluster.volumes.set(&class("kubernetes.io/no-provisioner"));
    cluster.volumes.set(&claim("local", json!({})));
    insta::assert_snapshot!(message(&cluster, &wanted), @"0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
    for (name, size) in [("large", "10Gi"), ("right", "2Gi"), ("small", "500Mi")] {
        cluster.volumes.set(&volume(name, size, "b"));
    }
    assert_eq!(&*place(&cluster, &wanted).unwrap().node, "node-2");
    let node = cluster.node("node-2").unwrap().clone();
    let work = VolumeBinding.reserve(&wanted.info(), &node, &mut cluster.volumes);
    assert_eq!(work.updates[0].name(), "right");
    assert_eq!(work.awaited.len(), 1);
    assert!(!VolumeBinding.is_done(&work, &cluster.volumes));
    cluster.volumes.set(&claim("local", json!({"volumeName": "right"})));
    assert!(VolumeBinding.is_done(&work, &cluster.volumes));
}

#[test]
fn a_provisioner_is_told_the_node() {
    let mut cluster = two_nodes();
    cluster.volumes.set(&class("example.com/disk"));
    cluster.volumes.set(&claim("local", json!({})));
    let wanted = pod("a").claim("data");
    let node = cluster.node("node-1").unwrap().clone();
    let work = VolumeBinding.reserve(&wanted.info(), &node, &mut cluster.volumes);
    assert_eq!(work.updates[0].meta().annotation(SELECTED_NODE), Some("node-1"));
}

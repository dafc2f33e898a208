//! Claims and volumes.

use podlab::client::DeleteOptions;
use podlab::model::Kind;
use serde_json::{Value, json};

use super::lab::Lab;

fn volume(name: &str, size: &str, class: &str, policy: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": class,
            "persistentVolumeReclaimPolicy": policy, "hostPath": {"path": "/data/a"}}})
}

fn claim(name: &str, class: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": class,
            "resources": {"requests": {"storage": "1Gi"}}}})
}

fn class(name: &str, provisioner: &str, mode: &str) -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
        "provisioner": provisioner, "volumeBindingMode": mode})
}

fn phase(lab: &Lab, kind: Kind, name: &str) -> String {
    let namespace = if kind == Kind::PersistentVolume { "" } else { "default" };
    lab.get(kind, namespace, name)["status"]["phase"].as_str().unwrap_or("gone").to_owned()
}

#[test]
fn a_claim_binds_the_smallest_volume_and_leaves_it_released() {
    let mut lab = Lab::new(1);
    lab.apply(volume("a", "5Gi", "manual", "Retain"));
    lab.apply(volume("b", "2Gi", "manual", "Retain"));
    lab.run(1);
    lab.apply(claim("data", "manual"));
    lab.run(1);
    let data = lab.get(Kind::PersistentVolumeClaim, "default", "data");
    let b = lab.get(Kind::PersistentVolume, "", "b");
    assert_eq!(data["spec"]["volumeName"], "b", "{data} {b} {:?}", lab.events(Kind::PersistentVolumeClaim));
    assert_eq!(
        data["status"],
        json!({"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "2Gi"}, "phase": "Bound"})
    );
    assert_eq!(
        data["metadata"]["annotations"],
        json!({"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"})
    );
    let b = lab.get(Kind::PersistentVolume, "", "b");
    assert_eq!(b["spec"]["claimRef"]["name"], "data");
    assert_eq!(b["metadata"]["annotations"], json!({"pv.kubernetes.io/bound-by-controller": "yes"}));
    assert_eq!(
        (phase(&lab, Kind::PersistentVolume, "a"), phase(&lab, Kind::PersistentVolume, "b")),
        ("Available".into(), "Bound".into())
    );
    lab.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user", "namespace": "default"},
        "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
            "containers": [{"name": "a", "image": "nginx"}]}}));
    lab.run(3);
    lab.delete(Kind::PersistentVolumeClaim, "default", "data", DeleteOptions::default()).unwrap();
    lab.run(2);
    assert_eq!(phase(&lab, Kind::PersistentVolumeClaim, "data"), "Bound");
    lab.delete(Kind::Pod, "default", "user", DeleteOptions::default()).unwrap();
    lab.run(3);
    assert_eq!(phase(&lab, Kind::PersistentVolumeClaim, "data"), "gone");
    assert_eq!(phase(&lab, Kind::PersistentVolume, "b"), "Released");
    lab.patch(Kind::PersistentVolume, "", "b", json!({"spec": {"claimRef": null}}));
    lab.run(1);
    assert_eq!(phase(&lab, Kind::PersistentVolume, "b"), "Available");
    assert_eq!(lab.events(Kind::PersistentVolumeClaim), [""; 0]);
}

#[test]
fn claims_say_what_they_wait_for() {
    let mut lab = Lab::new(0);
    lab.apply(class("late", "example.com/disk", "WaitForFirstConsumer"));
    lab.apply(class("now", "example.com/disk", "Immediate"));
    lab.apply(class("none", "kubernetes.io/no-provisioner", "Immediate"));
    for (name, class) in [("plain", ""), ("late", "late"), ("now", "now"), ("none", "none"), ("lost", "missing")] {
        lab.apply(claim(name, class));
    }
    lab.run(1);
    let mut events = lab.events(Kind::PersistentVolumeClaim);
    events.sort();
    events.dedup();
    assert_eq!(
        events,
        [
            "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/disk' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
            "FailedBinding: no persistent volumes available for this claim and no storage class is set",
            "ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner",
            "ProvisioningFailed: storageclass.storage.k8s.io \"missing\" not found",
            "WaitForFirstConsumer: waiting for first consumer to be created before binding",
        ]
    );
    lab.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user", "namespace": "default"},
        "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "late"}}],
            "containers": [{"name": "a", "image": "nginx"}]}}));
    lab.run(16);
    let events = lab.events(Kind::PersistentVolumeClaim);
    assert!(events.contains(&"WaitForPodScheduled: waiting for pod user to be scheduled".to_owned()), "{events:?}");
}

#[test]
fn a_volume_that_cannot_be_deleted_says_why() {
    let mut lab = Lab::new(0);
    lab.apply(volume("a", "1Gi", "manual", "Delete"));
    lab.run(1);
    lab.apply(claim("data", "manual"));
    lab.run(1);
    lab.delete(Kind::PersistentVolumeClaim, "default", "data", DeleteOptions::default()).unwrap();
    lab.run(2);
    assert_eq!(phase(&lab, Kind::PersistentVolume, "a"), "Failed");
    assert_eq!(
        lab.events(Kind::PersistentVolume),
        ["VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data/a"]
    );
}

#[test]
fn a_claim_whose_volume_vanished_is_lost() {
    let mut lab = Lab::new(0);
    lab.apply(volume("a", "1Gi", "manual", "Retain"));
    lab.run(1);
    lab.apply(claim("data", "manual"));
    lab.run(1);
    lab.patch(Kind::PersistentVolume, "", "a", json!({"metadata": {"finalizers": null}}));
    lab.delete(Kind::PersistentVolume, "", "a", DeleteOptions::default()).unwrap();
    lab.run(2);
    assert_eq!(phase(&lab, Kind::PersistentVolumeClaim, "data"), "Lost");
    assert_eq!(
        lab.events(Kind::PersistentVolumeClaim),
        ["ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"]
    );
}

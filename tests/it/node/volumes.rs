//! Volumes in containers.

use podlab::model::Kind;
use serde_json::json;

use super::harness::World;

#[test]
fn an_empty_dir_is_shared_and_outlives_a_restart() {
    let mut world = World::new();
    world.apply(Kind::Pod, json!({"metadata": {"name": "share"}, "spec": {"terminationGracePeriodSeconds": 0,
        "volumes": [{"name": "d", "emptyDir": {}}],
        "containers": [
            {"name": "writer", "image": "busybox:1.36", "command": ["sh", "-c",
             "echo start >> /d/shared; echo start >> /own; while :; do [ -e /d/die ] && rm /d/die && exit 3; sleep 1; done"],
             "volumeMounts": [{"name": "d", "mountPath": "/d"}]},
            {"name": "reader", "image": "busybox:1.36", "command": ["sleep", "600"],
             "volumeMounts": [{"name": "d", "mountPath": "/in", "readOnly": true}]}]}}));
    world.run_for(5);
    assert_eq!(world.exec_in("share", "reader", &["cat", "/in/shared"]), Ok(("start\n".to_owned(), 0)));
    let refused = world.exec_in("share", "reader", &["touch", "/in/x"]);
    assert_eq!(refused, Ok(("touch: /in/x: Read-only file system\n".to_owned(), 1)));
    world.exec_in("share", "writer", &["touch", "/d/die"]).unwrap();
    world.run_for(5);
    assert_eq!(world.exec_in("share", "reader", &["cat", "/in/shared"]), Ok(("start\nstart\n".to_owned(), 0)));
    assert_eq!(world.exec_in("share", "writer", &["cat", "/own"]), Ok(("start\n".to_owned(), 0)));
    assert_eq!(world.pod("share").container_statuses()[0].restart_count, 1);
}

#[test]
fn files_of_a_config_map_follow_it_but_a_sub_path_does_not() {
    let mut world = World::new();
    world.apply(Kind::ConfigMap, json!({"metadata": {"name": "conf"}, "data": {"mode": "slow"}}));
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "web"}, "spec": {
        "volumes": [{"name": "cfg", "configMap": {"name": "conf"}}],
        "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"], "volumeMounts": [
            {"name": "cfg", "mountPath": "/etc/app"}, {"name": "cfg", "mountPath": "/one", "subPath": "mode"}]}]}}),
    );
    world.run_for(5);
    assert_eq!(world.exec("web", &["cat", "/etc/app/mode"]), Ok(("slow".to_owned(), 0)));
    assert_eq!(world.exec("web", &["cat", "/one"]), Ok(("slow".to_owned(), 0)));
    world.apply(Kind::ConfigMap, json!({"metadata": {"name": "conf"}, "data": {"mode": "fast"}}));
    world.run_for(70);
    assert_eq!(world.exec("web", &["cat", "/etc/app/mode"]), Ok(("fast".to_owned(), 0)));
    assert_eq!(world.exec("web", &["cat", "/one"]), Ok(("slow".to_owned(), 0)));
}

#[test]
fn a_volume_that_cannot_be_mounted_says_so() {
    let mut world = World::new();
    world.apply(Kind::Pod, json!({"metadata": {"name": "web"}, "spec": {
        "volumes": [{"name": "cfg", "configMap": {"name": "none"}}, {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "host", "hostPath": {"path": "/data", "type": "Directory"}}],
        "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"], "volumeMounts": [
            {"name": "cfg", "mountPath": "/a"}, {"name": "data", "mountPath": "/b"}, {"name": "host", "mountPath": "/c"}]}]}}));
    world.run_for(4);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.305 Warning FailedMount MountVolume.SetUp failed for volume "host" : hostPath type check failed: /data is not a directory
    6.310 Warning FailedMount MountVolume.SetUp failed for volume "cfg" : configmap "none" not found
    6.310 Warning FailedMount Unable to attach or mount volumes: unmounted volumes=[cfg data host], unattached volumes=[], failed to process volumes=[data]: error processing PVC default/data: failed to fetch PVC from API server: persistentvolumeclaims "data" not found
    "#);
    world.apply(Kind::ConfigMap, json!({"metadata": {"name": "none"}, "data": {"a": "1"}}));
}

#[test]
fn the_contents_of_a_claim_outlive_its_pod() {
    let mut world = World::new();
    world.apply(
        Kind::PersistentVolume,
        json!({"metadata": {"name": "pv-1"}, "spec": {"capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"], "nfs": {"server": "10.0.0.5", "path": "/exports"}}}),
    );
    world.apply(
        Kind::PersistentVolumeClaim,
        json!({"metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteMany"], "volumeName": "pv-1", "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": "Bound"}}),
    );
    for (name, script) in [("one", "echo hello > /data/file; sleep 600"), ("two", "cat /data/file; sleep 600")] {
        world.apply(
            Kind::Pod,
            json!({"metadata": {"name": name}, "spec": {"terminationGracePeriodSeconds": 1,
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", script],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}}),
        );
        world.run_for(5);
        if name == "one" {
            world.delete("one", None);
            world.run_for(8);
        }
    }
    assert_eq!(world.logs("two", false), Ok("hello\n".to_owned()));
}

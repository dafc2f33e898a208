//! Probes: what they say, and what follows from it.

use podlab::model::Kind;
use serde_json::json;

use super::harness::World;

#[test]
fn a_liveness_probe_that_fails_restarts_the_container() {
    let mut world = World::new();
    world.apply(Kind::Pod, json!({"metadata": {"name": "lively"}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "touch /tmp/ok; sleep 4; rm /tmp/ok; sleep 600"],
         "livenessProbe": {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 1, "failureThreshold": 2}}]}}));
    world.run_for(12);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Running app+Running#0
    10.675 Warning Unhealthy Liveness probe failed: cat: can't open '/tmp/ok': No such file or directory

    11.675 Normal Killing Container app failed liveness probe, will be restarted
    14.447 status Running app+Running#1
    "#);
}

#[test]
fn a_readiness_probe_decides_alone() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "slow"}, "spec": {"containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"],
         "readinessProbe": {"exec": {"command": ["cat", "/tmp/ready"]}, "periodSeconds": 1}}]}}),
    );
    world.run_for(4);
    assert!(!world.pod("slow").is_ready());
    assert_eq!(world.exec("slow", &["touch", "/tmp/ready"]), Ok((String::new(), 0)));
    world.run_for(2);
    assert!(world.pod("slow").is_ready());
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Running app-Running#0
    7.447 Warning Unhealthy Readiness probe failed: cat: can't open '/tmp/ready': No such file or directory

    10.675 status Running app+Running#0
    "#);
}

#[test]
fn http_and_tcp_probes_tell_why() {
    let mut world = World::new();
    world.apply(Kind::Pod, json!({"metadata": {"name": "web"}, "spec": {"containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"], "ports": [{"name": "http", "containerPort": 80}],
         "livenessProbe": {"httpGet": {"port": "http", "path": "/healthz"}, "failureThreshold": 10},
         "readinessProbe": {"tcpSocket": {"port": 80}}}]}}));
    world.run_for(4);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Running app-Running#0
    7.447 Warning Unhealthy Readiness probe failed: dial tcp 10.244.1.2:80: connect: connection refused
    "#);
}

#[test]
fn a_startup_probe_holds_the_others_back() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "slow"}, "spec": {"containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 3; touch /tmp/up; sleep 600"],
         "startupProbe": {"exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 30},
         "livenessProbe": {"exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 1}}]}}),
    );
    world.run_for(8);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Running app-Running#0
    7.447 Warning Unhealthy Startup probe failed: cat: can't open '/tmp/up': No such file or directory

    9.675 status Running app+Running#0
    "#);
}

#[test]
fn a_grpc_probe_asks_the_health_service() {
    let mut world = World::new();
    world.apply(Kind::Pod, json!({"metadata": {"name": "go"}, "spec": {"containers": [
        {"name": "app", "image": "podlab/go-service:1", "readinessProbe": {"grpc": {"port": 9000}, "periodSeconds": 1}}]}}));
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "early"}, "spec": {"containers": [
        {"name": "app", "image": "podlab/go-service:1", "env": [{"name": "READY_AFTER", "value": "60s"}],
         "readinessProbe": {"grpc": {"port": 9000}, "periodSeconds": 1}}]}}),
    );
    world.apply(Kind::Pod, json!({"metadata": {"name": "closed"}, "spec": {"containers": [
        {"name": "app", "image": "podlab/go-service:1", "readinessProbe": {"grpc": {"port": 9999}, "periodSeconds": 1}}]}}));
    world.run_for(15);
    assert!(world.pod("go").is_ready());
    assert!(!world.pod("early").is_ready() && !world.pod("closed").is_ready());
    let story = world.story();
    assert!(story.contains("Readiness probe failed: service unhealthy (responded with \"NOT_SERVING\")"), "{story}");
    assert!(story.contains("Readiness probe failed: timeout: failed to connect service \"10.244."), "{story}");
    assert!(story.contains(":9999\" within 1s: context deadline exceeded"), "{story}");
}

//! From a bound Pod to a running one, and to its end.

use serde_json::json;

use super::harness::World;
use podlab::model::Kind;

fn pod(name: &str, script: &str) -> serde_json::Value {
    json!({"metadata": {"name": name}, "spec": {"terminationGracePeriodSeconds": 4, "containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", script]}]}})
}

#[test]
fn a_node_registers_and_becomes_ready() {
    let world = World::new();
    let status = world.node().status.as_ref().unwrap();
    let shown: Vec<String> = status
        .conditions
        .iter()
        .flatten()
        .map(|it| format!("{} {} {}", it.type_, it.status, it.message.as_deref().unwrap()))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    MemoryPressure False kubelet has sufficient memory available
    DiskPressure False kubelet has no disk pressure
    PIDPressure False kubelet has sufficient PID available
    Ready True kubelet is posting ready status
    ");
}

#[test]
fn a_bound_pod_becomes_running() {
    let mut world = World::new();
    world.apply(Kind::Pod, pod("web", "echo up; sleep 600"));
    world.run_for(5);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Running app+Running#0
    "#);
}

#[test]
fn a_shell_without_a_trap_waits_for_its_grace_period() {
    let mut world = World::new();
    world.apply(Kind::Pod, pod("deaf", "echo up; sleep 300; echo never"));
    world.run_for(5);
    world.lines.clear();
    world.delete("deaf", None);
    world.run_for(10);
    insta::assert_snapshot!(world.story(), @r"
    11.000 delete
    11.005 Normal Killing Stopping container app
    15.255 status Failed app-Error(137)#0
    15.447 removed pods/default/deaf
    ");
}

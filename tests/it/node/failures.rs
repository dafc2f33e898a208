//! Pods that do not come up: crash loops, images, commands, configuration, init containers, memory.

use podlab::model::Kind;
use serde_json::json;

use super::harness::World;

#[test]
fn a_container_that_fails_at_once_is_started_again_after_10_20_and_40_seconds() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "bad"}, "spec": {"containers": [
        {"name": "bad", "image": "busybox:1.36", "command": ["sh", "-c", "echo dying; exit 1"]}]}}),
    );
    world.run_for(40);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending bad-ContainerCreating#0
    6.505 status Pending bad-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Running bad-Error(1)#0
    8.447 status Running bad-Error(1)#1
    8.447 Warning BackOff Back-off restarting failed container bad in pod bad_default(uid-bad)
    9.447 status Running bad-CrashLoopBackOff#1
    18.447 status Running bad-Error(1)#2
    19.447 status Running bad-CrashLoopBackOff#2
    38.447 status Running bad-Error(1)#3
    39.447 status Running bad-CrashLoopBackOff#3
    "#);
    assert_eq!(world.logs("bad", true), Ok("dying\n".to_owned()));
    assert_eq!(world.logs("bad", false), Ok("dying\n".to_owned()));
    let state = &world.pod("bad").container_statuses()[0];
    let waiting = state.state.as_ref().unwrap().waiting.as_ref().unwrap();
    insta::assert_snapshot!(waiting.message.as_deref().unwrap(), @"back-off 40s restarting failed container=bad pod=bad_default(uid-bad)");
}

#[test]
fn an_image_that_is_not_there_is_pulled_again_and_again() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "web"}, "spec": {"containers": [
        {"name": "web", "image": "nginx:nope"}]}}),
    );
    world.run_for(30);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending web-ContainerCreating#0
    6.505 status Pending web-ContainerCreating#0
    6.505 Normal Pulling Pulling image "nginx:nope"
    6.855 Warning Failed Failed to pull image "nginx:nope": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found
    6.855 Warning Failed Error: ErrImagePull
    7.447 status Pending web-ErrImagePull#0
    7.447 Normal BackOff Back-off pulling image "nginx:nope"
    7.447 Warning Failed Error: ImagePullBackOff
    19.079 status Pending web-ImagePullBackOff#0
    31.705 status Pending web-ErrImagePull#0
    "#);
    insta::assert_snapshot!(world.logs("web", false).unwrap_err(), @r#"container "web" in pod "web" is waiting to start: image can't be pulled"#);
}

#[test]
fn an_image_that_may_not_be_pulled_and_one_that_is_no_name() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "never"}, "spec": {"containers": [
        {"name": "never", "image": "nosuch:1.0", "imagePullPolicy": "Never"}]}}),
    );
    world.run_for(3);
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "wrong"}, "spec": {"containers": [
        {"name": "wrong", "image": "UPPER/Case:1"}]}}),
    );
    world.run_for(3);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending never-ContainerCreating#0
    6.505 status Pending never-ContainerCreating#0
    6.505 Warning ErrImageNeverPull Container image "nosuch:1.0" is not present with pull policy of Never
    6.505 Warning Failed Error: ErrImageNeverPull
    7.447 status Pending never-ErrImageNeverPull#0
    9.005 status Pending wrong-ContainerCreating#0
    9.505 status Pending wrong-ContainerCreating#0
    9.505 Warning InspectFailed Failed to apply default image tag "UPPER/Case:1": couldn't parse image name "UPPER/Case:1": invalid reference format: repository name (Case) must be lowercase
    9.505 Warning Failed Error: InvalidImageName
    10.447 status Pending wrong-InvalidImageName#0
    "#);
    assert_eq!(
        world.logs("never", false),
        Err("container \"never\" in pod \"never\" is waiting to start: ErrImageNeverPull".to_owned())
    );
}

#[test]
fn a_command_that_does_not_exist() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "typo"}, "spec": {"restartPolicy": "Never", "containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["nginxx", "-g"]}]}}),
    );
    world.run_for(5);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Warning Failed Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nginxx": executable file not found in $PATH
    7.447 status Failed app-StartError(128)#0
    7.697 status Failed app-StartError(128)#0
    "#);
}

#[test]
fn a_config_map_that_is_not_there_and_then_is() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "needy"}, "spec": {"containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "echo mode=$MODE; sleep 600"],
         "env": [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "mode"}}}]}]}}),
    );
    world.run_for(3);
    world.apply(Kind::ConfigMap, json!({"metadata": {"name": "conf"}, "data": {"other": "x"}}));
    world.run_for(16);
    world.apply(Kind::ConfigMap, json!({"metadata": {"name": "conf"}, "data": {"mode": "fast"}}));
    world.run_for(16);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.590 Warning Failed Error: configmap "conf" not found
    7.447 status Pending app-CreateContainerConfigError#0
    20.570 Warning Failed Error: couldn't find key mode in ConfigMap default/conf
    32.202 status Pending app-CreateContainerConfigError#0
    32.282 Normal Created Container created
    32.372 Normal Started Container started
    32.447 status Running app+Running#0
    "#);
    assert_eq!(world.logs("needy", false), Ok("mode=fast\n".to_owned()));
}

#[test]
fn an_init_container_that_fails_for_good() {
    let mut world = World::new();
    world.apply(Kind::Pod, json!({"metadata": {"name": "never"}, "spec": {"restartPolicy": "Never",
        "initContainers": [{"name": "prep", "image": "busybox:1.36", "command": ["sh", "-c", "echo no database; exit 4"]}],
        "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"]}]}}));
    world.run_for(5);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending prep-PodInitializing#0 app-PodInitializing#0
    6.505 status Pending prep-PodInitializing#0 app-PodInitializing#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Failed prep-Error(4)#0 app-PodInitializing#0
    7.697 status Failed prep-Error(4)#0 app-PodInitializing#0
    "#);
    let conditions: Vec<String> = world
        .pod("never")
        .status
        .conditions
        .iter()
        .flatten()
        .map(|it| {
            format!(
                "{} {} {} {}",
                it.type_,
                it.status,
                it.reason.as_deref().unwrap_or_default(),
                it.message.as_deref().unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(conditions.join("\n"), @r"
    PodReadyToStartContainers False  
    Initialized False ContainersNotInitialized containers with incomplete status: [prep]
    Ready False PodFailed 
    ContainersReady False PodFailed 
    PodScheduled True
    ");
}

#[test]
fn init_containers_run_in_order_and_a_sidecar_stays() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "web"}, "spec": {"terminationGracePeriodSeconds": 5,
        "initContainers": [
            {"name": "first", "image": "busybox:1.36", "command": ["true"]},
            {"name": "proxy", "image": "busybox:1.36", "restartPolicy": "Always",
             "command": ["sh", "-c", "trap 'echo bye; exit 0' TERM; while :; do sleep 1; done"]}],
        "containers": [{"name": "app", "image": "busybox:1.36",
             "command": ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]}]}}),
    );
    world.run_for(8);
    world.delete("web", None);
    world.run_for(8);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending first-PodInitializing#0 proxy-PodInitializing#0 app-PodInitializing#0
    6.505 status Pending first-PodInitializing#0 proxy-PodInitializing#0 app-PodInitializing#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Pending first+Completed(0)#0 proxy-PodInitializing#0 app-PodInitializing#0
    7.447 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    7.527 Normal Created Container created
    7.617 Normal Started Container started
    8.447 status Pending first+Completed(0)#0 proxy+Running#0 app-PodInitializing#0
    8.447 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    8.527 Normal Created Container created
    8.617 Normal Started Container started
    9.447 status Running first+Completed(0)#0 proxy+Running#0 app+Running#0
    14.000 delete
    14.005 Normal Killing Stopping container proxy
    14.005 Normal Killing Stopping container app
    15.867 status Succeeded first+Completed(0)#0 proxy-Completed(0)#0 app-Completed(0)#0
    16.447 removed pods/default/web
    "#);
}

#[test]
fn a_process_beyond_its_memory_limit() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "greedy"}, "spec": {"restartPolicy": "Never", "containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "echo begin; exec tail /dev/zero"],
         "resources": {"limits": {"memory": "24Mi"}}}]}}),
    );
    world.run_for(10);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Failed app-OOMKilled(137)#0
    7.697 status Failed app-OOMKilled(137)#0
    "#);
    assert_eq!(world.pod("greedy").status.qos_class.as_deref(), Some("Burstable"));
}

#[test]
fn a_pod_that_does_not_fit_is_refused() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "large"}, "spec": {"containers": [
        {"name": "app", "image": "busybox:1.36", "resources": {"requests": {"cpu": "3"}}}]}}),
    );
    world.run_for(2);
    insta::assert_snapshot!(world.story(), @r"
    6.005 Warning OutOfcpu Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000
    6.005 status Failed 
    ");
    assert_eq!(world.pod("large").status.reason.as_deref(), Some("OutOfcpu"));
}

#[test]
fn containers_run_on_while_the_api_is_away_and_are_told_of_later() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "job"}, "spec": {"restartPolicy": "Never", "containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 5; exit 3"]}]}}),
    );
    world.run_for(3);
    world.is_api_up = false;
    world.run_for(10);
    world.is_api_up = true;
    world.run_for(15);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending app-ContainerCreating#0
    6.505 status Pending app-ContainerCreating#0
    6.505 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.585 Normal Created Container created
    6.675 Normal Started Container started
    7.447 status Running app+Running#0
    22.702 status Failed app-Error(3)#0
    "#);
}

#[test]
fn a_kubelet_that_begins_anew_goes_on_with_what_runs() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "web"}, "spec": {"containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"]}]}}),
    );
    world.run_for(5);
    let before = world.pod("web").status.clone();
    world.lines.clear();
    world.restart_kubelet();
    world.run_for(5);
    assert_eq!(before, world.pod("web").status);
    assert!(!world.story().contains("Created"));
}

#[test]
fn a_node_that_lost_its_power_runs_its_pods_in_new_sandboxes() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "web"}, "spec": {
        "initContainers": [{"name": "prep", "image": "busybox:1.36", "command": ["true"]}],
        "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"]}]}}),
    );
    world.run_for(6);
    world.lines.clear();
    let now = world.now;
    world.machine.power_off(now, podlab::engine::CauseId::NONE);
    world.machine.power_on(now);
    world.restart_kubelet();
    world.run_for(6);
    insta::assert_snapshot!(world.story(), @r#"
    12.000 Normal Starting Starting kubelet.
    12.000 Warning InvalidDiskCapacity invalid capacity 0 on image filesystem
    12.000 Normal NodeAllocatableEnforced Updated Node Allocatable limit across pods
    12.005 status Running prep+Completed(0)#0 app-Unknown(255)#0
    12.005 Normal NodeHasSufficientMemory Node node-1 status is now: NodeHasSufficientMemory
    12.005 Normal NodeHasNoDiskPressure Node node-1 status is now: NodeHasNoDiskPressure
    12.005 Normal NodeHasSufficientPID Node node-1 status is now: NodeHasSufficientPID
    12.005 Normal NodeReady Node node-1 status is now: NodeReady
    13.220 Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.
    13.720 status Running prep+Completed(0)#0 app-Unknown(255)#0
    13.720 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    13.800 Normal Created Container created
    13.890 Normal Started Container started
    14.705 status Running prep+Completed(0)#1 app-Unknown(255)#0
    14.705 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    14.785 Normal Created Container created
    14.875 Normal Started Container started
    15.705 status Running prep+Completed(0)#1 app+Running#1
    "#);
}

#[test]
fn a_static_pod_has_a_mirror_that_comes_back_when_it_is_deleted() {
    let mut world = World::new();
    let manifest = json!({"metadata": {"name": "etcd", "namespace": "kube-system"}, "spec": {"hostNetwork": true,
        "containers": [{"name": "etcd", "image": "busybox:1.36", "command": ["sleep", "600"]}]}});
    world.set_static_pods(&[manifest]);
    world.run_for(5);
    world.remove_mirror("etcd-node-1");
    world.run_for(5);
    insta::assert_snapshot!(world.story(), @r#"
    6.005 status Pending etcd-ContainerCreating#0
    6.500 status Pending etcd-ContainerCreating#0
    6.500 Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod
    6.580 Normal Created Container created
    6.670 Normal Started Container started
    7.447 status Running etcd+Running#0
    11.000 removed pods/kube-system/etcd-node-1
    11.010 status Running etcd+Running#0
    "#);
}

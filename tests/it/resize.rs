//! In-place resize: what the API refuses, what the node promises, what the container gets, and who waits meanwhile.

use podlab::cluster::{Cluster, NodePool};
use podlab::engine::{SimDuration, SimTime};

use crate::ha::{cluster_with, kubectl, kubectl_reading};

/// One node of four CPUs and 8Gi, and a Pod on it.
fn with(manifests: &str) -> Cluster {
    let mut cluster = cluster_with(1, 1, 1, |spec| spec.nodes = vec![NodePool { count: 1, ..NodePool::default() }]);
    cluster.run_until(SimTime::from_secs(25));
    let applied = kubectl_reading(&mut cluster, "apply -f -", Some(manifests));
    assert!(applied.lines().all(|line| line.ends_with(" created")), "{applied}");
    wait(&mut cluster, 15);
    cluster
}

fn wait(cluster: &mut Cluster, secs: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(secs));
}

fn pod(name: &str, resources: &str, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - name: app\n    image: \
         nginx\n    resources: {resources}\n{more}---\n"
    )
}

/// Asks for other resources of the container `app`.
fn resize(cluster: &mut Cluster, name: &str, resources: &str) -> String {
    let patch = format!("{{\"spec\":{{\"containers\":[{{\"name\":\"app\",\"resources\":{resources}}}]}}}}");
    let said = kubectl(cluster, &format!("patch pod {name} --subresource resize --patch '{patch}'"));
    wait(cluster, 5);
    said
}

fn field(cluster: &mut Cluster, name: &str, path: &str) -> String {
    kubectl(cluster, &format!("get pod {name} -o 'jsonpath={{{path}}}'"))
}

fn events(cluster: &mut Cluster, reason: &str) -> String {
    let columns = "custom-columns=R:.reason,M:.message";
    let all = kubectl(cluster, &format!("get events --no-headers --sort-by=.metadata.creationTimestamp -o {columns}"));
    let lines = all.lines().filter(|line| line.starts_with(reason)).filter_map(|line| line.split_once(' '));
    lines.fold(String::new(), |text, (reason, said)| text + reason + ": " + said.trim() + "\n")
}

const SMALL: &str = "{requests: {cpu: 500m, memory: 64Mi}, limits: {cpu: '1', memory: 128Mi}}";

#[test]
fn more_cpu_comes_without_a_restart() {
    let mut cluster = with(&pod("web", SMALL, ""));
    assert_eq!(resize(&mut cluster, "web", r#"{"requests":{"cpu":"800m"}}"#), "pod/web patched\n");
    let status = ".status.containerStatuses[0]";
    assert_eq!(field(&mut cluster, "web", &format!("{status}.restartCount")), "0");
    assert_eq!(field(&mut cluster, "web", &format!("{status}.resources.requests.cpu")), "800m");
    assert_eq!(field(&mut cluster, "web", &format!("{status}.allocatedResources.cpu")), "800m");
    let told = r#"{"containers":[{"name":"app","resources":{"limits":{"cpu":"1","memory":"128Mi"},"requests":{"cpu":"800m","memory":"64Mi"}}}],"generation":2}"#;
    assert_eq!(
        events(&mut cluster, "Resize"),
        format!("ResizeStarted: Pod resize started: {told}\nResizeCompleted: Pod resize completed: {told}\n")
    );
    assert!(!field(&mut cluster, "web", ".status.conditions").contains("PodResize"));
    assert!(kubectl(&mut cluster, "describe node node-1").contains("cpu                800m (20%)"));
}

#[test]
fn memory_may_need_a_restart_if_the_pod_says_so() {
    let policy = "    resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]\n";
    let mut cluster = with(&pod("web", SMALL, policy));
    resize(&mut cluster, "web", r#"{"limits":{"memory":"256Mi"}}"#);
    assert_eq!(events(&mut cluster, "Killing"), "Killing: Container app resize requires restart\n");
    assert_eq!(field(&mut cluster, "web", ".status.containerStatuses[0].restartCount"), "1");
    assert_eq!(field(&mut cluster, "web", ".status.containerStatuses[0].resources.limits.memory"), "256Mi");
    assert_eq!(events(&mut cluster, "ResizeCompleted").lines().count(), 1);
    resize(&mut cluster, "web", r#"{"limits":{"cpu":"2"}}"#);
    assert_eq!(field(&mut cluster, "web", ".status.containerStatuses[0].restartCount"), "1", "CPU needs none");
}

#[test]
fn what_does_not_fit_waits_until_somebody_leaves() {
    let three = "{requests: {cpu: '3'}}";
    let mut cluster = with(&(pod("web", SMALL, "") + &pod("big", three, "")));
    resize(&mut cluster, "web", r#"{"requests":{"cpu":"2"},"limits":{"cpu":"2"}}"#);
    let why = "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000";
    let condition = ".status.conditions[?(@.type==\"PodResizePending\")]";
    assert_eq!(field(&mut cluster, "web", &format!("{condition}.reason")), "Deferred");
    assert_eq!(field(&mut cluster, "web", &format!("{condition}.message")), why);
    assert_eq!(field(&mut cluster, "web", ".status.containerStatuses[0].allocatedResources.cpu"), "500m");
    assert!(events(&mut cluster, "ResizeDeferred").contains(&format!("\"generation\":2,\"error\":\"{why}\"}}")));
    // What is wanted counts for the scheduler: nothing else gets in between.
    kubectl_reading(&mut cluster, "apply -f -", Some(&pod("other", "{requests: {cpu: 100m}}", "")));
    wait(&mut cluster, 5);
    assert_eq!(field(&mut cluster, "other", ".status.phase"), "Pending");
    kubectl(&mut cluster, "delete pod big");
    wait(&mut cluster, 10);
    assert_eq!(field(&mut cluster, "web", ".status.containerStatuses[0].allocatedResources.cpu"), "2");
    assert_eq!(field(&mut cluster, "web", condition), "");
    assert_eq!(field(&mut cluster, "other", ".status.phase"), "Running");
}

#[test]
fn a_wish_that_is_taken_back_leaves_nothing_behind() {
    let mut cluster = with(&(pod("web", SMALL, "") + &pod("big", "{requests: {cpu: '3'}}", "")));
    resize(&mut cluster, "web", r#"{"requests":{"cpu":"2"},"limits":{"cpu":"2"}}"#);
    assert!(field(&mut cluster, "web", ".status.conditions").contains("PodResizePending"));
    resize(&mut cluster, "web", r#"{"requests":{"cpu":"500m"},"limits":{"cpu":"1"}}"#);
    assert!(!field(&mut cluster, "web", ".status.conditions").contains("PodResizePending"));
    assert_eq!(events(&mut cluster, "ResizeStarted"), "");
}

#[test]
fn the_api_refuses_what_no_node_could_do() {
    let mut cluster = with(&pod("web", SMALL, ""));
    let mut refused = |resources: &str| resize(&mut cluster, "web", resources);
    assert_eq!(
        refused(r#"{"requests":{"cpu":"20"},"limits":{"cpu":"20"}}"#),
        "Error from server (Forbidden): pods \"web\" is forbidden: node didn't have enough allocatable resources: cpu, \
         requested: 20000, allocatable: 4000\n"
    );
    assert_eq!(
        refused(r#"{"requests":{"cpu":"1","memory":"128Mi"}}"#),
        "The Pod \"web\" is invalid: spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of \
         resizing\n"
    );
    assert_eq!(
        refused(r#"{"limits":{"memory":null}}"#),
        "The Pod \"web\" is invalid: spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed\n"
    );
    assert_eq!(
        refused(r#"{"requests":{"ephemeral-storage":"1Gi"}}"#),
        "The Pod \"web\" is invalid: spec: Forbidden: only cpu and memory resources are mutable\n"
    );
    assert_eq!(
        refused(r#"{"requests":{"cpu":"3"}}"#),
        "The Pod \"web\" is invalid: spec.containers[0].resources.requests: Invalid value: \"3\": must be less than or equal \
         to cpu limit of 1\n"
    );
    kubectl(&mut cluster, "create quota small --hard=requests.cpu=1");
    wait(&mut cluster, 5);
    assert_eq!(
        resize(&mut cluster, "web", r#"{"requests":{"cpu":"1500m"},"limits":{"cpu":"2"}}"#),
        "Error from server (Forbidden): pods \"web\" is forbidden: exceeded quota: small, requested: requests.cpu=1, used: \
         requests.cpu=500m, limited: requests.cpu=1\n"
    );
    assert_eq!(field(&mut cluster, "web", ".metadata.generation"), "1");
}

#[test]
fn memory_that_is_in_use_is_not_taken_away() {
    let hog = "apiVersion: v1
kind: Pod
metadata: {name: hog}
spec:
  containers:
  - name: app
    image: podlab/memory-hog
    env: [{name: START, value: 100Mi}, {name: TO, value: 200Mi}, {name: OVER, value: 1s}]
    resources: {requests: {memory: 100Mi}, limits: {memory: 512Mi}}
";
    let mut cluster = with(hog);
    resize(&mut cluster, "hog", r#"{"limits":{"memory":"128Mi"}}"#);
    let error = field(&mut cluster, "hog", ".status.conditions[?(@.type==\"PodResizeInProgress\")].message");
    assert_eq!(
        error,
        "cannot decrease memory limits: [attempting to set pod memory limit (134217728) below current usage (209715200), \
         attempting to set container \"app\" memory limit (134217728) below current usage (209715200)]"
    );
    assert_eq!(events(&mut cluster, "ResizeError").lines().count(), 1);
    assert_eq!(field(&mut cluster, "hog", ".status.containerStatuses[0].restartCount"), "0");
    assert_eq!(field(&mut cluster, "hog", ".status.containerStatuses[0].resources.limits.memory"), "512Mi");
    resize(&mut cluster, "hog", r#"{"limits":{"memory":"256Mi"}}"#);
    wait(&mut cluster, 20);
    assert_eq!(field(&mut cluster, "hog", ".status.containerStatuses[0].resources.limits.memory"), "256Mi");
    assert!(!field(&mut cluster, "hog", ".status.conditions").contains("PodResize"));
}

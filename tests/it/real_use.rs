//! A node that is full by what was asked for and idle, and one that is busy though nobody asked: where the next Pod goes, by
//! requests and by real use.

use podlab::cluster::{Addon, Cluster};
use podlab::engine::{SimDuration, SimTime};
use serde_json::json;

use crate::ha::{cluster_with, kubectl, kubectl_reading};

fn two_schedulers() -> Cluster {
    let by_use =
        json!({"schedulerName": "by-use", "plugins": {"score": {"enabled": [{"name": "RealUse", "weight": 5}]}}});
    let configuration = json!({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": "default-scheduler"}, by_use]});
    let mut cluster = cluster_with(1, 2, 1, |spec| {
        spec.addons = vec![Addon::MetricsServer];
        spec.scheduler = Some(serde_json::from_value(configuration).unwrap());
    });
    cluster.run_until(SimTime::from_secs(60));
    let asks = "{name: asks, image: podlab/idle, resources: {requests: {cpu: '3'}}}";
    let works = "{name: works, image: podlab/cpu-hog, env: [{name: CPU, value: 3500m}]}";
    run(&mut cluster, "reserved", &format!("nodeSelector: {{kubernetes.io/hostname: node-1}}, containers: [{asks}]"));
    run(&mut cluster, "greedy", &format!("nodeSelector: {{kubernetes.io/hostname: node-2}}, containers: [{works}]"));
    wait(&mut cluster, 120);
    cluster
}

fn wait(cluster: &mut Cluster, secs: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(secs));
}

fn run(cluster: &mut Cluster, name: &str, spec: &str) {
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n");
    assert_eq!(kubectl_reading(cluster, "apply -f -", Some(&text)), format!("pod/{name} created\n"));
}

/// The node to which a scheduler brings a small Pod.
fn placed(cluster: &mut Cluster, name: &str, scheduler: &str) -> String {
    let container = "{name: app, image: podlab/idle, resources: {requests: {cpu: 100m, memory: 64Mi}}}";
    run(cluster, name, &format!("schedulerName: {scheduler}, containers: [{container}]"));
    wait(cluster, 5);
    kubectl(cluster, &format!("get pod {name} -o jsonpath={{.spec.nodeName}}"))
}

#[test]
fn by_requests_the_busy_node_is_chosen_and_by_use_the_idle_one() {
    let mut cluster = two_schedulers();
    let top = kubectl(&mut cluster, "top nodes --no-headers");
    assert!(top.lines().any(|line| line.starts_with("node-2") && line.contains("35")), "{top}");
    assert_eq!(placed(&mut cluster, "by-requests", "default-scheduler"), "node-2");
    // The scheduler's account may not ask for metrics of nodes: to it they are unmeasured.
    assert_eq!(placed(&mut cluster, "blind", "by-use"), "node-2");
    for line in [
        "create clusterrole node-metrics --verb=get,list --resource=nodes.metrics.k8s.io",
        "create clusterrolebinding node-metrics --clusterrole=node-metrics --user=system:kube-scheduler",
    ] {
        let said = kubectl(&mut cluster, line);
        assert!(said.ends_with(" created\n"), "{said}");
    }
    wait(&mut cluster, 45);
    assert_eq!(placed(&mut cluster, "by-use", "by-use"), "node-1");
    assert_eq!(placed(&mut cluster, "by-requests-again", "default-scheduler"), "node-2");
}

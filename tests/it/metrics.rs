//! Metrics in a whole cluster: from the requests that a Pod serves over the kubelet and metrics-server to `kubectl top` and the
//! HorizontalPodAutoscaler, under the authorisation that clusters have unless told otherwise.

use podlab::cluster::{Addon, Cluster, Input};
use podlab::engine::{SimDuration, SimTime};
use podlab::network::LoadSpec;

use crate::ha::{cluster_with, kubectl};

fn cluster(addons: Vec<Addon>) -> Cluster {
    let mut cluster = cluster_with(1, 2, 1, |spec| spec.addons = addons);
    cluster.run_until(SimTime::from_secs(60));
    cluster
}

fn wait(cluster: &mut Cluster, seconds: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(seconds));
}

/// A shop of one Pod that takes 2 ms of a processor for a request, with an autoscaler at half of its 100m.
fn shop(cluster: &mut Cluster) {
    for line in [
        "create deployment shop --image=podlab/web:1 --port=8080",
        "set resources deployment shop --requests=cpu=100m",
        "expose deployment shop --port=80 --target-port=8080",
        "autoscale deployment shop --min=1 --max=10 --cpu=50%",
    ] {
        let said = kubectl(cluster, line);
        assert!(!said.contains("rror"), "{line}: {said}");
    }
}

/// A hundred of them a second, as long as there is a Service.
fn customers(cluster: &mut Cluster) {
    let load = cluster.add_load(LoadSpec {
        name: "customers".into(),
        node: "node-1".into(),
        host: "shop".into(),
        namespace: "default".into(),
        port: 80,
        path: "/".into(),
        rate: 100,
        timeout: SimDuration::from_secs(2),
    });
    cluster.submit(Input::StartLoad { load });
}

/// What the autoscaler did, oldest first.
fn rescales(cluster: &mut Cluster) -> Vec<String> {
    let columns = "-o custom-columns=AT:.firstTimestamp,SAID:.message --no-headers --sort-by=.firstTimestamp";
    let said = kubectl(cluster, &format!("get events --field-selector reason=SuccessfulRescale {columns}"));
    said.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn an_autoscaler_follows_the_load_up_at_once_and_down_after_five_minutes() {
    let mut cluster = cluster(vec![Addon::MetricsServer]);
    shop(&mut cluster);
    wait(&mut cluster, 60);
    let idle = kubectl(&mut cluster, "get hpa shop --no-headers");
    assert!(idle.contains("cpu: 2%/50%   1     10    1 "), "{idle}");
    customers(&mut cluster);
    wait(&mut cluster, 120);
    let busy = rescales(&mut cluster);
    let above = "reason: cpu resource utilization (percentage of request) above target";
    assert_eq!(busy[0], format!("New size: 4; {above}"));
    let top = kubectl(&mut cluster, "top pods --sort-by=cpu --no-headers");
    assert_eq!(top.lines().count(), 5, "{top}");
    kubectl(&mut cluster, "delete service shop");
    let stopped = cluster.now();
    wait(&mut cluster, 270);
    assert_eq!(kubectl(&mut cluster, "get pods --no-headers").lines().count(), 5);
    let held = kubectl(&mut cluster, "describe hpa shop");
    assert!(held.contains("AbleToScale     True    ScaleDownStabilized"), "{held}");
    wait(&mut cluster, 120);
    let down = rescales(&mut cluster);
    assert_eq!(down.last().unwrap(), "New size: 1; reason: All metrics below target");
    assert_eq!(kubectl(&mut cluster, "get deployment shop -o jsonpath={.spec.replicas}"), "1");
    assert!(cluster.now().since(stopped) < SimDuration::from_secs(400));
}

#[test]
fn without_a_metrics_server_nobody_knows_and_nothing_moves() {
    let mut cluster = cluster(Vec::new());
    shop(&mut cluster);
    wait(&mut cluster, 40);
    assert_eq!(kubectl(&mut cluster, "top nodes"), "error: Metrics API not available\n");
    let events = kubectl(&mut cluster, "get events --field-selector reason=FailedGetResourceMetric");
    let why = "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: \
               the server could not find the requested resource (get pods.metrics.k8s.io)";
    assert!(events.contains(why), "{events}");
}

#[test]
fn a_metrics_server_that_is_gone_leaves_its_api_unavailable() {
    let mut cluster = cluster(vec![Addon::MetricsServer]);
    shop(&mut cluster);
    wait(&mut cluster, 60);
    kubectl(&mut cluster, "scale deployment metrics-server -n kube-system --replicas=0");
    wait(&mut cluster, 5);
    let service = kubectl(&mut cluster, "get apiservice v1beta1.metrics.k8s.io --no-headers");
    assert!(service.contains("False (MissingEndpoints)"), "{service}");
    let unavailable = "Error from server (ServiceUnavailable): the server is currently unable to handle the request (get pods.metrics.k8s.io)\n";
    assert_eq!(kubectl(&mut cluster, "top pods"), unavailable);
}

#[test]
fn kubelets_that_sign_their_own_certificates_are_not_believed_unless_told() {
    let mut cluster = cluster(vec![Addon::MetricsServer]);
    let patch = r#"[{"op":"replace","path":"/spec/strategy","value":{"type":"Recreate"}},{"op":"remove","path":"/spec/template/spec/containers/0/args/5"}]"#;
    kubectl(&mut cluster, &format!("patch deployment metrics-server -n kube-system --type=json -p '{patch}'"));
    wait(&mut cluster, 60);
    let pods = kubectl(&mut cluster, "get pods -n kube-system -l k8s-app=metrics-server --no-headers");
    assert!(pods.contains("0/1") && pods.contains("Running"), "{pods}");
    let logs = kubectl(&mut cluster, "logs -n kube-system deploy/metrics-server");
    let why = "x509: cannot validate certificate for 10.0.1.1 because it doesn't contain any IP SANs";
    assert!(logs.contains(why), "{logs}");
}

#[test]
fn what_never_waits_burns_up_to_its_limit() {
    let mut cluster = cluster(vec![Addon::MetricsServer]);
    for (name, limits) in [("free", ""), ("bound", r#","resources":{"limits":{"cpu":"300m"}}"#)] {
        let container = format!(
            r#"{{"name":"{name}","image":"busybox:1.36","command":["sh","-c","while :; do :; done"]{limits}}}"#
        );
        let overrides = format!(r#"{{"spec":{{"containers":[{container}]}}}}"#);
        kubectl(&mut cluster, &format!("run {name} --image=busybox:1.36 --overrides='{overrides}'"));
    }
    wait(&mut cluster, 10);
    let early = kubectl(&mut cluster, "top pods");
    assert_eq!(early, "error: metrics not available yet\n");
    wait(&mut cluster, 50);
    let top = kubectl(&mut cluster, "top pods --no-headers");
    assert_eq!(top.split_whitespace().collect::<Vec<_>>(), ["bound", "300m", "0Mi", "free", "1000m", "0Mi"], "{top}");
}

#[test]
fn heapster_remembers_until_its_limit_ends_it_and_lives_with_a_shorter_memory() {
    let mut cluster = cluster(vec![Addon::HeapsterStandalone]);
    let said = kubectl(&mut cluster, "create deployment crowd --image=podlab/idle:1 --replicas=60");
    assert!(said.contains("created"), "{said}");
    kubectl(
        &mut cluster,
        "set resources deployment heapster -n kube-system --limits=memory=56Mi --requests=memory=50Mi",
    );
    wait(&mut cluster, 16 * 60);
    let ended = kubectl(
        &mut cluster,
        "get pods -n kube-system -l k8s-app=heapster -o jsonpath={..lastState.terminated.reason}",
    );
    assert!(ended.contains("OOMKilled"), "{ended}");
    let patch = r#"[{"op":"add","path":"/spec/template/spec/containers/0/command/-","value":"--cache_duration=2m"}]"#;
    let said = kubectl(&mut cluster, &format!("patch deployment heapster -n kube-system --type=json -p '{patch}'"));
    assert!(said.contains("patched"), "{said}");
    wait(&mut cluster, 20 * 60);
    let restarts = "get pods -n kube-system -l k8s-app=heapster -o jsonpath={..restartCount}";
    assert_eq!(kubectl(&mut cluster, restarts), "0");
}

#[test]
fn the_kubelet_tells_what_its_containers_use() {
    let mut cluster = cluster(Vec::new());
    kubectl(&mut cluster, "create deployment web --image=podlab/web:1");
    wait(&mut cluster, 30);
    let node = kubectl(&mut cluster, "get pods -l app=web -o jsonpath={..nodeName}");
    let (_, summary) = cluster.ask_kubelet_server(&node, "/stats/summary").unwrap().unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["node"]["nodeName"], node.as_str());
    let pods = summary["pods"].as_array().unwrap();
    let web = pods.iter().find(|pod| pod["podRef"]["namespace"] == "default").unwrap();
    assert_eq!(web["containers"][0]["name"], "web");
    assert_eq!(web["containers"][0]["memory"]["workingSetBytes"], 16 << 20);
    let (_, text) = cluster.ask_kubelet_server(&node, "/metrics/resource").unwrap().unwrap();
    assert!(
        text.contains("container_memory_working_set_bytes{container=\"web\",namespace=\"default\",pod=\"web-"),
        "{text}"
    );
    let (_, text) = cluster.ask_kubelet_server(&node, "/metrics/cadvisor").unwrap().unwrap();
    assert!(text.contains("container_cpu_usage_seconds_total{container=\"web\",image=\"podlab/web:1\""), "{text}");
    assert_eq!(cluster.ask_kubelet_server(&node, "/nothing"), Ok(None));
}

//! `podlab trace` against a model of its own, and against what a real request in the Pod meets.

use std::fmt::Write;

use podlab::cluster::Cluster;
use podlab::cluster::trace::{Source, Trace};
use podlab::engine::{SimDuration, SimTime};

use crate::ha::{cluster, kubectl, kubectl_reading};

const WORLD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: web, image: 'podlab/web:1'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: beside}
spec: {nodeName: node-1, containers: [{name: shell, image: 'nginx:1.27'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: far}
spec: {nodeName: node-2, containers: [{name: shell, image: 'nginx:1.27'}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: near}
spec: {selector: {app: web}, internalTrafficPolicy: Local, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: open}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: local}
spec: {type: NodePort, selector: {app: web}, externalTrafficPolicy: Local, ports: [{port: 80, targetPort: 8080, nodePort: 30081}]}
---
apiVersion: v1
kind: Service
metadata: {name: bare}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: wrong}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 9999}]}
---
apiVersion: v1
kind: Service
metadata: {name: nobody}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
";

fn world() -> Cluster {
    let mut cluster = cluster(1, 2, 1);
    cluster.run_until(SimTime::from_secs(25));
    kubectl_reading(&mut cluster, "apply -f -", Some(WORLD));
    cluster.run_until(cluster.now() + SimDuration::from_secs(20));
    cluster
}

fn trace(cluster: &Cluster, pod: &str, host: &str, port: u16) -> Trace {
    cluster.trace_request(&Source::Pod("default".into(), pod.into()), host, port).unwrap()
}

fn node_ip(cluster: &mut Cluster, node: &str) -> String {
    kubectl(cluster, &format!("get node {node} -o jsonpath={{.status.addresses[0].address}}"))
}

/// What each Service promises to a Pod on `node`, while its only endpoint is on node-1. It knows nothing of rules.
fn is_promised(from: &str, target: &str) -> bool {
    let is_beside = from == "beside";
    match target {
        "web:80" | "bare:8080" | "first:30080" | "second:30080" | "first:30081" => true,
        "near:80" => is_beside,
        // The node that is asked has no endpoint; only what is on it comes through: to kube-proxy, traffic of the node's own Pods is
        // not external (`pkg/proxy/iptables/proxier.go`, the chain `KUBE-EXT-…`).
        "second:30081" => !is_beside,
        "wrong:80" | "nobody:80" | "web:81" | "bare:80" | "nosuch:80" => false,
        other => panic!("no promise about {other}"),
    }
}

#[test]
fn what_is_traced_is_what_is_promised_and_what_happens() {
    let mut cluster = world();
    let nodes = [("first", node_ip(&mut cluster, "node-1")), ("second", node_ip(&mut cluster, "node-2"))];
    let targets = [
        "web:80",
        "near:80",
        "bare:8080",
        "first:30080",
        "second:30080",
        "first:30081",
        "second:30081",
        "wrong:80",
        "nobody:80",
        "web:81",
        "bare:80",
        "nosuch:80",
    ];
    let mut differences = String::new();
    for from in ["beside", "far"] {
        for target in targets {
            let (name, port) = target.split_once(':').unwrap();
            let host = nodes.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, ip)| ip).to_owned();
            let traced = trace(&cluster, from, &host, port.parse().unwrap());
            let line = format!("exec {from} -- curl -s -m 3 -o /dev/null -w %{{http_code}} http://{host}:{port}/");
            let answered = kubectl(&mut cluster, &line);
            let happened = answered.starts_with("200");
            if traced.arrives != is_promised(from, target) || traced.arrives != happened {
                writeln!(differences, "{from} to {target}: {traced:?}, curl: {answered}").unwrap();
            }
        }
    }
    assert_eq!(differences, "");
}

#[test]
fn a_trace_says_at_which_hop_a_request_dies_and_why() {
    let mut cluster = world();
    let end = |cluster: &Cluster, host: &str, port| trace(cluster, "far", host, port).end;
    assert_eq!(end(&cluster, "web", 80), "arrives at pod/web, port 8080");
    let wrong = end(&cluster, "wrong", 80);
    assert_eq!(wrong, "lost at socket on pod/web: nobody listens on 9999; only 8080 is open (Connection refused)");
    let nobody = end(&cluster, "nobody", 80);
    assert!(
        nobody.starts_with("lost at proxy on node-2: ")
            && nobody.ends_with("0 of 0 endpoints ready (Connection refused)"),
        "{nobody}"
    );
    let local = end(&cluster, "near", 80);
    let why = "Service default/near has no endpoint on this node and its policy is Local (timeout)";
    assert_eq!(local, format!("lost at proxy on node-2: {why}"));
    let unknown = trace(&cluster, "far", "nosuch", 80);
    assert_eq!(unknown.hops[0].what, "nosuch.default.svc.cluster.local -> NXDOMAIN");
    assert!(unknown.end.starts_with("lost at resolver on pod/far: "), "{}", unknown.end);
    let from_node = cluster.trace_request(&Source::Node("node-1".into()), "web", 80).unwrap();
    assert!(from_node.end.contains("this resolver does not ask the cluster's DNS"), "{}", from_node.end);
    kubectl(&mut cluster, "delete pod far --now");
    cluster.run_until(cluster.now() + SimDuration::from_secs(5));
    let gone = cluster.trace_request(&Source::Pod("default".into(), "far".into()), "web", 80);
    assert_eq!(gone.unwrap_err(), "no running Pod \"far\" in namespace \"default\"; `kubectl get pods -A` lists them");
}

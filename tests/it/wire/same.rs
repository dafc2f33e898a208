//! The real kubectl and podlab's own, on the same cluster: what they print must be the same.

use super::{Served, kubectl};

/// Commands whose answers do not depend on which kubectl asks.
const LINES: &[&str] = &[
    "get nodes",
    "get nodes -o wide",
    "get namespaces",
    "get pods",
    "get pods -o wide",
    "get pods -o name",
    "get pods --show-labels",
    "get pods -A",
    "get pods -l app=web --no-headers",
    "get deploy,rs,svc",
    "get deploy web -o wide",
    "get deploy web -o yaml",
    "get deploy web -o json",
    "get deploy web -o jsonpath={.spec.template.spec.containers[*].image}",
    "get svc web -o yaml",
    "get endpointslices",
    "get nodes -o custom-columns=NAME:.metadata.name,CPU:.status.capacity.cpu",
    "get pod nobody",
    "get nonsense",
    "get pods --field-selector=spec.nodeName=node-1",
    "get cm",
    "get sa",
    "get priorityclass",
    "describe deployment web",
    "describe rs",
    "describe svc web",
    "describe namespace default",
    "describe configmap conf",
    "rollout status deployment/web",
    "rollout history deployment/web",
    "auth whoami",
    "get events --field-selector=reason=ScalingReplicaSet",
];

/// Blanks out what depends on the second at which it was asked.
fn without_ages(text: &str) -> String {
    let ages = regex::Regex::new(r"\b(\d+[dhms])+\b").unwrap();
    let spaces = regex::Regex::new(r" {2,}").unwrap();
    spaces.replace_all(&ages.replace_all(text, "<age>"), "  ").into_owned()
}

#[test]
fn both_kubectls_print_the_same() {
    let Some(kubectl) = kubectl() else { return };
    let served = Served::start(kubectl);
    for line in [
        "create deployment web --image=nginx --replicas=2",
        "expose deployment web --port=80",
        "create configmap conf --from-literal=a=1",
    ] {
        assert_eq!(served.run(line).code, 0, "{line}");
    }
    served.until("rollout status deployment/web --timeout=60s", "successfully rolled out");
    let mut differences = Vec::new();
    for line in LINES {
        let (real, own) = (served.run(line), served.own(line));
        if without_ages(&real.out) != without_ages(&own.out) || real.code != own.code {
            let (real, own) = (without_ages(&real.out), without_ages(&own.out));
            differences.push(format!("=== kubectl {line}\n--- real\n{real}\n--- podlab\n{own}"));
        }
    }
    assert!(differences.is_empty(), "{} of {} differ\n{}", differences.len(), LINES.len(), differences.join("\n"));
}

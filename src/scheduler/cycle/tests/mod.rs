//! Messages of FailedScheduling in v1.36's words, and which node is chosen.

use serde_json::json;

use super::*;
use crate::scheduler::fixture::{message, node, place, pod, snapshot, stream};

#[test]
fn a_request_beyond_every_node() {
    let nodes = [node("node-1", "2", "4Gi"), node("node-2", "2", "4Gi"), node("node-3", "2", "4Gi")];
    let three = snapshot(&nodes, &[]);
    insta::assert_snapshot!(message(&three, &pod("hungry").requests("3", "0")), @"0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
}

#[test]
fn nodes_that_differ() {
    let nodes = [node("small-1", "4", "1Gi"), node("small-2", "4", "1Gi"), node("big", "1", "8Gi")];
    insta::assert_snapshot!(message(&snapshot(&nodes, &[]), &pod("wide").requests("2", "2Gi")), @"0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
}

#[test]
fn every_node_for_another_reason() {
    let nodes = [
        node("full", "1", "1Gi").label("zone", "z1"),
        node("tainted", "4", "8Gi").label("zone", "z1").taint("team", "db", "NoSchedule"),
        node("wrong-zone", "4", "8Gi").label("zone", "z9"),
        node("cordoned", "4", "8Gi").label("zone", "z1").cordoned(),
    ];
    let picky = pod("picky").requests("2", "3Gi").spec("nodeSelector", json!({"zone": "z1"}));
    insta::assert_snapshot!(message(&snapshot(&nodes, &[]), &picky), @"0/4 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.");
}

#[test]
fn taints_and_a_full_cluster() {
    let nodes = [
        node("cp", "2", "4Gi").taint("node-role.kubernetes.io/control-plane", "", "NoSchedule"),
        node("node-1", "2", "4Gi"),
        node("node-2", "2", "4Gi"),
    ];
    let full = |name: &str, on: &str| pod(name).requests("1500m", "0").on(on);
    let three = snapshot(&nodes, &[full("a", "node-1"), full("b", "node-2")]);
    insta::assert_snapshot!(message(&three, &pod("c").requests("1", "0")), @"0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.");
}

#[test]
fn host_ports_and_crowded_nodes() {
    let taken = snapshot(&[node("node-1", "2", "4Gi")], &[pod("first").host_port(8080).on("node-1")]);
    insta::assert_snapshot!(message(&taken, &pod("second").host_port(8080)), @"0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
    let crowded = snapshot(&[node("node-1", "2", "4Gi").pods(1)], &[pod("first").on("node-1")]);
    insta::assert_snapshot!(message(&crowded, &pod("second")), @"0/1 nodes are available: 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
}

#[test]
fn affinity_to_a_zone_that_no_node_is_in() {
    let nodes = [node("node-1", "2", "4Gi").label("zone", "a"), node("node-2", "2", "4Gi").label("zone", "a")];
    let terms = json!([{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b", "c"]}]}]);
    let affinity =
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
    insta::assert_snapshot!(message(&snapshot(&nodes, &[]), &pod("in-zone-b").spec("affinity", affinity)), @"0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
}

fn bound_by_name(name: &str) -> serde_json::Value {
    let terms = json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}]);
    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}})
}

#[test]
fn a_daemon_is_meant_for_one_node_and_the_others_say_so() {
    let nodes = [node("node-1", "1", "4Gi"), node("node-2", "2", "4Gi")];
    let daemon = pod("daemon").requests("2", "0").spec("affinity", bound_by_name("node-1"));
    insta::assert_snapshot!(message(&snapshot(&nodes, &[]), &daemon), @"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
    let fits = pod("daemon").spec("affinity", bound_by_name("node-1"));
    assert_eq!(message(&snapshot(&nodes, &[]), &fits), "placed on node-1");
}

#[test]
fn counts_are_sorted_as_text() {
    let mut nodes: Vec<_> = (0..10).map(|number| node(&format!("a-{number}"), "1", "4Gi")).collect();
    nodes.extend((0..2).map(|number| node(&format!("b-{number}"), "4", "4Gi").cordoned()));
    let text = message(&snapshot(&nodes, &[]), &pod("c").requests("2", "0"));
    assert!(text.starts_with("0/12 nodes are available: 10 Insufficient cpu, 2 node(s) were unschedulable."), "{text}");
}

#[test]
fn the_emptier_node_wins_and_scores_are_told() {
    let nodes = [node("node-1", "4", "16Gi"), node("node-2", "4", "16Gi")];
    let two = snapshot(&nodes, &[pod("a").requests("2", "4Gi").on("node-1")]);
    let placement = place(&two, &pod("b").requests("500m", "1Gi")).unwrap();
    assert_eq!(&*placement.node, "node-2");
    let of = |plugin: &str| placement.scores.iter().find(|one| one.plugin == plugin).unwrap();
    assert_eq!(of("NodeResourcesFit").normalized, [52, 90]);
    assert_eq!(of("NodeResourcesBalancedAllocation").normalized, [73, 73]);
    assert_eq!(of("TaintToleration").normalized, [100, 100]);
    assert_eq!(placement.totals, [300 + 52 + 73, 300 + 90 + 73]);
}

#[test]
fn preferences_are_normalised_by_the_greatest() {
    let nodes = [
        node("node-1", "4", "16Gi").label("disk", "ssd"),
        node("node-2", "4", "16Gi").taint("slow", "", "PreferNoSchedule"),
        node("node-3", "4", "16Gi").label("disk", "ssd").label("zone", "a"),
    ];
    let prefer = |key: &str, weight| json!({"weight": weight, "preference": {"matchExpressions": [{"key": key, "operator": "Exists"}]}});
    let preferred = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [prefer("disk", 10), prefer("zone", 30)]}});
    let placement = place(&snapshot(&nodes, &[]), &pod("a").spec("affinity", preferred)).unwrap();
    let of = |plugin: &str| placement.scores.iter().find(|one| one.plugin == plugin).unwrap();
    assert_eq!(
        (&of("NodeAffinity").raw[..], &of("NodeAffinity").normalized[..]),
        (&[10, 0, 40][..], &[25, 0, 100][..])
    );
    assert_eq!(
        (&of("TaintToleration").raw[..], &of("TaintToleration").normalized[..]),
        (&[0, 1, 0][..], &[100, 0, 100][..])
    );
    assert_eq!(&*placement.node, "node-3");
}

#[test]
fn zones_take_turns_and_the_search_goes_on_where_it_ended() {
    let nodes: Vec<_> = (0..300)
        .map(|number| {
            node(&format!("n-{number:03}"), "4", "16Gi")
                .label("topology.kubernetes.io/zone", if number < 150 { "a" } else { "b" })
        })
        .collect();
    let many = snapshot(&nodes, &[]);
    assert_eq!([&*many.names()[0], &*many.names()[1], &*many.names()[2]], ["n-000", "n-150", "n-001"]);
    let mut algorithm = Algorithm::new(Profile::default_scheduler());
    assert_eq!(
        [50, 100, 150, 500, 1000, 5000, 6000].map(|nodes| search::enough(0, nodes)),
        [50, 100, 100, 230, 420, 500, 300]
    );
    let examined = |algorithm: &mut Algorithm| {
        let placement = algorithm.schedule_pod(&pod("a").info(), &many, &mut stream()).ok().unwrap();
        (placement.feasible[0], placement.feasible.len())
    };
    assert_eq!(examined(&mut algorithm), (0, 144));
    assert_eq!(examined(&mut algorithm), (144, 144));
}

#[test]
fn services_and_owners_spread_their_pods_by_default() {
    let zone = "topology.kubernetes.io/zone";
    let nodes = [
        node("a-1", "4", "16Gi").label(zone, "a"),
        node("a-2", "4", "16Gi").label(zone, "a"),
        node("b-1", "4", "16Gi").label(zone, "b"),
    ];
    let web = |name: &str| pod(name).meta("labels", json!({"app": "web"}));
    let mut three = snapshot(&nodes, &[web("w-1").on("a-1"), web("w-2").on("a-1"), web("w-3").on("b-1")]);
    let plain = place(&three, &web("w-4")).unwrap();
    assert!(plain.scores.iter().all(|one| one.plugin != "PodTopologySpread"), "nothing says that they belong together");
    let service = json!({"metadata": {"name": "web", "namespace": "default"}, "spec": {"selector": {"app": "web"}}});
    three.workloads.set(&crate::scheduler::fixture::object(crate::model::Kind::Service, service));
    let placement = place(&three, &web("w-4")).unwrap();
    let spread = placement.scores.iter().find(|one| one.plugin == "PodTopologySpread").unwrap();
    // Hostnames weigh ln 5 and zones ln 4: 2, 0, 1 Pods on the nodes, 2 and 1 in the zones, and 2 + 4 for the skews.
    let raw = |host: f64, zone: f64| (host * 5f64.ln() + 2.0 + zone * 4f64.ln() + 4.0).round() as i64;
    assert_eq!(spread.raw, [raw(2.0, 2.0), raw(0.0, 2.0), raw(1.0, 1.0)]);
    let (most, least) = (raw(2.0, 2.0), raw(1.0, 1.0).min(raw(0.0, 2.0)));
    assert_eq!(spread.normalized, spread.raw.iter().map(|one| 100 * (most + least - one) / most).collect::<Vec<_>>());
}

#[test]
fn company_that_is_liked_counts_for_a_node() {
    let nodes = [node("node-1", "4", "16Gi"), node("node-2", "4", "16Gi"), node("node-3", "4", "16Gi")];
    let labelled = |name: &str, app: &str| pod(name).meta("labels", json!({"app": app}));
    let term = |app: &str, weight: i64| json!({"weight": weight, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}});
    let wishes = json!({
        "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term("cache", 30)]},
        "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term("noisy", 10)]},
    });
    let three = snapshot(&nodes, &[labelled("c", "cache").on("node-1"), labelled("n", "noisy").on("node-2")]);
    let placement = place(&three, &pod("web").spec("affinity", wishes)).unwrap();
    let of = placement.scores.iter().find(|one| one.plugin == "InterPodAffinity").unwrap();
    assert_eq!((&of.raw[..], &of.normalized[..]), (&[30, -10, 0][..], &[100, 0, 25][..]));
    assert_eq!(&*placement.node, "node-1");
}

#[test]
fn namespaces_are_named_by_their_labels() {
    let one = [node("node-1", "4", "16Gi"), node("node-2", "4", "16Gi")];
    let there = pod("db").meta("namespace", json!("data")).meta("labels", json!({"app": "db"})).on("node-2");
    let mut two = snapshot(&one, &[there]);
    let wanted = |selector: serde_json::Value| {
        let term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "db"}}, "namespaceSelector": selector});
        pod("web").spec("affinity", json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}))
    };
    assert!(
        message(&two, &wanted(json!({"matchLabels": {"team": "data"}})))
            .contains("2 node(s) didn't match pod affinity rules")
    );
    let namespace = json!({"metadata": {"name": "data", "labels": {"team": "data"}}});
    two.namespaces.set(&crate::scheduler::fixture::object(crate::model::Kind::Namespace, namespace));
    assert_eq!(message(&two, &wanted(json!({"matchLabels": {"team": "data"}}))), "placed on node-2");
    assert_eq!(message(&two, &wanted(json!({}))), "placed on node-2");
}

mod equivalence;

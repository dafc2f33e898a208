//! Masters die one by one: what still works, what each client sees, how it comes back.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::cluster::{Cluster, ClusterSpec, Fault, Input, NodePool};
use podlab::engine::trace::Recording;
use podlab::engine::{Seed, SimDuration, SimTime};
use podlab::machine::Catalogue;
use podlab::network::LoadSpec;

pub(crate) fn cluster(masters: u32, nodes: u32, seed: u64) -> Cluster {
    cluster_with(masters, nodes, seed, |_| ())
}

/// The same, set up otherwise.
pub(crate) fn cluster_with(masters: u32, nodes: u32, seed: u64, set_up: impl FnOnce(&mut ClusterSpec)) -> Cluster {
    let mut spec = ClusterSpec {
        control_planes: masters,
        control_plane_nodes: false,
        nodes: vec![NodePool { count: nodes, ..NodePool::default() }],
        ..ClusterSpec::default()
    };
    set_up(&mut spec);
    let catalogue = Arc::new(Catalogue::built_in().unwrap());
    Cluster::boot(spec, catalogue, Seed(seed), Recording::On).unwrap()
}

pub(crate) fn kubectl(cluster: &mut Cluster, line: &str) -> String {
    kubectl_reading(cluster, line, None)
}

/// The same with something on its standard input.
pub(crate) fn kubectl_reading(cluster: &mut Cluster, line: &str, stdin: Option<&str>) -> String {
    let number = cluster.steps() + 1;
    let files = Arc::new(BTreeMap::new());
    let stdin = stdin.map(str::to_owned);
    cluster.submit(Input::Kubectl { invocation: number, line: line.to_owned(), files, stdin });
    let end = cluster.now() + SimDuration::from_secs(90);
    while cluster.outcome_of(number).is_none() && cluster.now() < end {
        assert!(cluster.step());
    }
    cluster.outcome_of(number).map_or_else(|| "(no answer)\n".to_owned(), |(_, text)| text.to_owned())
}

fn wait(cluster: &mut Cluster, secs: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(secs));
}

/// A client inside the cluster that asks the Service `web` twenty times a second.
fn visitors(cluster: &mut Cluster) {
    let load = cluster.add_load(LoadSpec {
        name: "visitors".into(),
        host: "web.default".into(),
        port: 80,
        path: "/".into(),
        rate: 20,
        timeout: SimDuration::from_secs(2),
        namespace: "default".into(),
        node: "node-1".into(),
    });
    cluster.submit(Input::StartLoad { load });
}

fn running(text: &str) -> usize {
    text.lines().filter(|line| line.contains("1/1") && line.contains("Running")).count()
}

#[test]
fn two_of_three_masters_are_enough_and_one_is_not() {
    let mut cluster = cluster(3, 2, 1);
    cluster.run_until(SimTime::from_secs(25));
    kubectl(&mut cluster, "create deployment web --image=nginx --replicas=2");
    kubectl(&mut cluster, "expose deployment web --port=80");
    wait(&mut cluster, 20);
    assert_eq!(running(&kubectl(&mut cluster, "get pods")), 2);
    visitors(&mut cluster);

    cluster.submit(Input::Fault(Fault::NodeDown { node: "master-1".into() }));
    wait(&mut cluster, 30);
    let leases = kubectl(&mut cluster, "get lease -n kube-system");
    assert!(!leases.contains("master-1_"), "the survivors have taken over:\n{leases}");
    kubectl(&mut cluster, "scale deployment web --replicas=3");
    wait(&mut cluster, 20);
    assert_eq!(running(&kubectl(&mut cluster, "get pods")), 3);

    cluster.submit(Input::Fault(Fault::NodeDown { node: "master-2".into() }));
    wait(&mut cluster, 20);
    let lost_at = cluster.now();
    let refused = kubectl(&mut cluster, "create configmap x --from-literal=a=b");
    assert_eq!(refused, "error: failed to create configmap: etcdserver: request timed out\n");
    assert_eq!(kubectl(&mut cluster, "get pods"), "Error from server: etcdserver: request timed out\n");
    wait(&mut cluster, 30);
    let meanwhile = cluster.loads()[0].since(lost_at);
    assert!(meanwhile.total() > 500 && meanwhile.lost() == 0, "Pods answer without a control plane: {meanwhile:?}");

    cluster.submit(Input::Fault(Fault::NodeUp { node: "master-1".into() }));
    wait(&mut cluster, 60);
    assert_eq!(kubectl(&mut cluster, "create configmap x --from-literal=a=b"), "configmap/x created\n");
    kubectl(&mut cluster, "scale deployment web --replicas=4");
    wait(&mut cluster, 40);
    assert_eq!(running(&kubectl(&mut cluster, "get pods")), 4);
}

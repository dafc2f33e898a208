//! Masters die one by one: what still works, what each client sees, how it comes back.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::cluster::{Cluster, ClusterSpec, Fault, Input, NodePool};
use podlab::engine::trace::Recording;
use podlab::engine::{Seed, SimDuration, SimTime};
use podlab::machine::Catalogue;

pub(crate) fn cluster(masters: u32, nodes: u32, seed: u64) -> Cluster {
    let spec = ClusterSpec {
        control_planes: masters,
        control_plane_nodes: false,
        nodes: vec![NodePool { count: nodes, ..NodePool::default() }],
        ..ClusterSpec::default()
    };
    let catalogue = Arc::new(Catalogue::built_in().unwrap());
    Cluster::boot(spec, catalogue, Seed(seed), Recording::On).unwrap()
}

pub(crate) fn kubectl(cluster: &mut Cluster, line: &str) -> String {
    let number = cluster.steps() + 1;
    let files = Arc::new(BTreeMap::new());
    cluster.submit(Input::Kubectl { invocation: number, line: line.to_owned(), files, stdin: None });
    let end = cluster.now() + SimDuration::from_secs(90);
    while cluster.outcome_of(number).is_none() && cluster.now() < end {
        assert!(cluster.step());
    }
    cluster.outcome_of(number).map_or_else(|| "(no answer)\n".to_owned(), |(_, text)| text.to_owned())
}

fn wait(cluster: &mut Cluster, secs: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(secs));
}

#[test]
fn two_of_three_masters_are_enough_and_one_is_not() {
    let mut cluster = cluster(3, 2, 1);
    cluster.run_until(SimTime::from_secs(25));
    let mut transcript = String::new();
    let mut run = |cluster: &mut Cluster, line: &str| {
        transcript += &format!("{} $ kubectl {line}\n{}", cluster.now(), kubectl(cluster, line));
    };
    run(&mut cluster, "create deployment web --image=nginx --replicas=2");
    wait(&mut cluster, 20);
    run(&mut cluster, "get pods");
    run(&mut cluster, "get lease -n kube-system");
    cluster.submit(Input::Fault(Fault::NodeDown { node: "master-1".into() }));
    wait(&mut cluster, 30);
    run(&mut cluster, "get nodes");
    run(&mut cluster, "get lease -n kube-system");
    run(&mut cluster, "scale deployment web --replicas=3");
    wait(&mut cluster, 20);
    run(&mut cluster, "get pods");
    cluster.submit(Input::Fault(Fault::NodeDown { node: "master-2".into() }));
    wait(&mut cluster, 20);
    run(&mut cluster, "create configmap x --from-literal=a=b");
    run(&mut cluster, "get pods");
    wait(&mut cluster, 30);
    cluster.submit(Input::Fault(Fault::NodeUp { node: "master-1".into() }));
    wait(&mut cluster, 60);
    run(&mut cluster, "get nodes");
    run(&mut cluster, "create configmap x --from-literal=a=b");
    run(&mut cluster, "scale deployment web --replicas=4");
    wait(&mut cluster, 40);
    run(&mut cluster, "get pods");
    run(&mut cluster, "get lease -n kube-system");
    assert!(transcript.contains("error: failed to create configmap: etcdserver: request timed out"), "{transcript}");
    assert!(transcript.contains("Error from server: etcdserver: request timed out"), "{transcript}");
    assert!(transcript.contains("configmap/x created"), "{transcript}");
}

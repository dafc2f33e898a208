//! A cluster boots, runs what it is told to run, and survives what is done to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::cluster::{Cluster, ClusterSpec, Input, NodePool};
use podlab::engine::trace::Recording;
use podlab::engine::{Seed, SimDuration, SimTime};
use podlab::machine::Catalogue;

fn cluster(masters: u32, nodes: u32) -> Cluster {
    let spec = ClusterSpec {
        control_planes: masters,
        control_plane_nodes: false,
        nodes: vec![NodePool { count: nodes, ..NodePool::default() }],
        ..ClusterSpec::default()
    };
    let catalogue = Arc::new(Catalogue::built_in().unwrap());
    Cluster::boot(spec, catalogue, Seed(1), Recording::On).unwrap()
}

fn kubectl(cluster: &mut Cluster, number: u64, line: &str) -> String {
    cluster.submit(Input::Kubectl {
        invocation: number,
        line: line.to_owned(),
        files: Arc::new(BTreeMap::new()),
        stdin: None,
    });
    let end = cluster.now() + SimDuration::from_secs(60);
    while cluster.outcome_of(number).is_none() && cluster.now() < end {
        assert!(cluster.step());
    }
    cluster.outcome_of(number).unwrap().1.to_owned()
}

#[test]
fn a_cluster_boots_and_runs_a_deployment() {
    let mut cluster = cluster(1, 3);
    cluster.run_until(SimTime::from_secs(25));
    let mut transcript = kubectl(&mut cluster, 1, "get nodes");
    transcript += &kubectl(&mut cluster, 2, "create deployment web --image=nginx --replicas=3");
    cluster.run_until(SimTime::from_secs(60));
    transcript += &kubectl(&mut cluster, 3, "get pods -o wide");
    transcript += &kubectl(&mut cluster, 4, "get events");
    assert!(transcript.contains("deployment.apps/web created"), "{transcript}");
    assert!(transcript.contains("replicaset/web-"), "{transcript}");
}

//! A cluster boots and runs what it is told to run.

use podlab::engine::SimTime;

use crate::ha::{cluster, kubectl};

#[test]
fn a_cluster_boots_and_runs_a_deployment() {
    let mut cluster = cluster(1, 3, 1);
    cluster.run_until(SimTime::from_secs(25));
    let nodes = kubectl(&mut cluster, "get nodes");
    assert_eq!(nodes.matches(" Ready ").count(), 3, "{nodes}");
    let created = kubectl(&mut cluster, "create deployment web --image=nginx --replicas=3");
    assert_eq!(created, "deployment.apps/web created\n");
    cluster.run_until(SimTime::from_secs(60));
    let pods = kubectl(&mut cluster, "get pods");
    assert_eq!(pods.matches("Running").count(), 3, "{pods}");
    let events = kubectl(&mut cluster, "get events");
    for reason in ["ScalingReplicaSet", "SuccessfulCreate", "Scheduled", "Pulled", "Created", "Started"] {
        assert!(events.contains(reason), "{reason} is missing:\n{events}");
    }
}

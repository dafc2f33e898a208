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

#[test]
#[expect(clippy::disallowed_methods, reason = "what is asked is how long it takes for real")]
fn a_script_that_never_waits_costs_simulated_time_and_not_ours() {
    let began = std::time::Instant::now();
    let mut cluster = cluster(1, 1, 1);
    cluster.run_until(SimTime::from_secs(25));
    let script = "trap 'echo bye; exit 3' TERM; while :; do /bin/true; done";
    for (name, script) in [("deaf", "while :; do :; done"), ("polite", script)] {
        let line = format!("run {name} --image=busybox:1.36 --restart=Never -- sh -c \"{script}\"");
        assert_eq!(kubectl(&mut cluster, &line), format!("pod/{name} created\n"));
    }
    cluster.run_until(SimTime::from_secs(90));
    let pods = kubectl(&mut cluster, "get pods");
    assert_eq!(pods.matches("1/1").count(), 2, "{pods}");
    assert_eq!(kubectl(&mut cluster, "exec polite -- echo hello"), "hello\n");
    assert_eq!(kubectl(&mut cluster, "exec deaf -- echo hello"), "hello\n");
    let asked = cluster.now();
    kubectl(&mut cluster, "delete pod polite");
    assert!(cluster.now().since(asked).as_secs() < 5, "its trap was not heard");
    let asked = cluster.now();
    kubectl(&mut cluster, "delete pod deaf");
    let took = cluster.now().since(asked).as_secs();
    assert!((29..40).contains(&took), "SIGKILL came after {took} s");
    assert!(began.elapsed().as_secs() < 60, "two simulated minutes took {:?}", began.elapsed());
}

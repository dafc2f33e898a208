//! The scheduler against a small API of its own: what it writes, and when.

use serde_json::json;

use crate::engine::SimTime;
use crate::model::Kind;
use crate::scheduler::fixture::{node, object, pod};
use crate::scheduler::{AttemptOutcome, Verdict};

use super::bench::Bench;

fn secs(secs: u64) -> SimTime {
    SimTime::from_secs(secs)
}

#[test]
fn a_pod_is_bound_and_the_event_follows() {
    let mut bench = Bench::new();
    bench.apply(node("node-1", "2", "4Gi").object());
    bench.run_until(secs(5));
    bench.apply(pod("web").requests("500m", "1Gi").object());
    bench.run_until(secs(6));
    insta::assert_snapshot!(bench.log(), @r"
    +0.002s LeaderElection master-1 became leader
    +5.002s bind web to node-1
    +5.003s Scheduled Successfully assigned default/web to node-1
    ");
}

#[test]
fn an_unschedulable_pod_is_told_why_and_is_tried_again_when_a_node_comes() {
    let mut bench = Bench::new();
    bench.apply(node("node-1", "2", "4Gi").object());
    bench.run_until(secs(5));
    bench.apply(pod("hungry").requests("3", "0").object());
    bench.run_until(secs(60));
    bench.apply(node("node-2", "4", "4Gi").object());
    bench.run_until(secs(61));
    insta::assert_snapshot!(bench.log(), @r"
    +0.002s LeaderElection master-1 became leader
    +5.002s FailedScheduling 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.
    +5.002s hungry PodScheduled=False Unschedulable
    +60.002s bind hungry to node-2
    +60.003s Scheduled Successfully assigned default/hungry to node-2
    ");
    let decision = bench.scheduler.decision("default", "hungry").unwrap();
    let first = decision.attempts().next().unwrap();
    assert!(
        matches!(first.verdict("NodeResourcesFit", 0), Verdict::Rejected(answer) if answer.reasons == ["Insufficient cpu"])
    );
    assert_eq!(first.verdict("NodeName", 0), Verdict::Passed);
    assert_eq!(first.verdict("VolumeBinding", 0), Verdict::NotAsked);
    assert_eq!(decision.last().unwrap().outcome, AttemptOutcome::Assigned { node: "node-2".into() });
}

#[test]
fn a_cluster_without_nodes_is_asked_again_and_again() {
    let mut bench = Bench::new();
    bench.apply(pod("web").object());
    bench.run_until(secs(9));
    let attempts = bench.scheduler.decision("default", "web").unwrap().attempts().map(|attempt| attempt.at.as_secs());
    assert_eq!(attempts.collect::<Vec<_>>(), [0, 1, 3, 7]);
    insta::assert_snapshot!(bench.log(), @r"
    +0.002s LeaderElection master-1 became leader
    +0.003s FailedScheduling no nodes available to schedule pods
    +0.003s web PodScheduled=False Unschedulable
    +1.001s FailedScheduling no nodes available to schedule pods
    ");
}

#[test]
fn preemption_marks_deletes_and_waits() {
    let mut bench = Bench::new();
    bench.apply(node("node-1", "2", "4Gi").object());
    bench.apply(pod("low").requests("1500m", "0").on("node-1").object());
    bench.run_until(secs(5));
    bench.apply(pod("high").requests("1", "0").priority(1000).object());
    bench.run_until(secs(10));
    insta::assert_snapshot!(bench.log(), @r"
    +0.002s LeaderElection master-1 became leader
    +5.002s FailedScheduling 0/1 nodes are available: 1 Insufficient cpu.
    +5.002s low DisruptionTarget=True PreemptionByScheduler
    +5.002s high PodScheduled=False Unschedulable nominated node-1
    +5.003s delete low
    +5.004s Preempted Preempted by pod high on node node-1
    +6.006s bind high to node-1
    +6.007s Scheduled Successfully assigned default/high to node-1
    ");
}

#[test]
fn a_binding_that_is_refused_gives_the_room_back() {
    let mut bench = Bench::new();
    bench.apply(node("node-1", "1", "4Gi").object());
    bench.run_until(secs(1));
    bench.refuse_bindings = 1;
    bench.apply(pod("web").requests("1", "0").object());
    bench.run_until(secs(5));
    insta::assert_snapshot!(bench.log(), @r#"
    +0.002s LeaderElection master-1 became leader
    +1.003s FailedScheduling running Bind plugin "DefaultBinder": Internal error occurred: refused
    +1.003s web PodScheduled=False SchedulerError
    +2.001s bind web to node-1
    +2.002s Scheduled Successfully assigned default/web to node-1
    "#);
}

#[test]
fn volumes_are_bound_before_the_pod() {
    let mut bench = Bench::new();
    bench.apply(node("node-1", "1", "4Gi").object());
    bench.apply(object(
        Kind::StorageClass,
        json!({"metadata": {"name": "disk"}, "provisioner": "example.com/disk",
        "volumeBindingMode": "WaitForFirstConsumer"}),
    ));
    let claim = json!({"metadata": {"name": "data", "namespace": "default", "uid": "c"},
        "spec": {"storageClassName": "disk", "resources": {"requests": {"storage": "1Gi"}}}});
    bench.apply(object(Kind::PersistentVolumeClaim, claim.clone()));
    bench.apply(pod("db").claim("data").object());
    bench.run_until(secs(5));
    let mut bound = claim;
    bound["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
    bound["spec"]["volumeName"] = json!("pv-1");
    bench.apply(object(Kind::PersistentVolumeClaim, bound));
    bench.run_until(secs(6));
    insta::assert_snapshot!(bench.log(), @r"
    +0.002s LeaderElection master-1 became leader
    +0.003s db nominated node-1
    +0.003s update persistentvolumeclaims/default/data
    +5.001s bind db to node-1
    +5.002s Scheduled Successfully assigned default/db to node-1
    ");
}

#[test]
fn a_burst_of_pods_is_spread_in_time_and_over_nodes() {
    let mut bench = Bench::new();
    for name in ["node-1", "node-2", "node-3"] {
        bench.apply(node(name, "4", "16Gi").object());
    }
    bench.run_until(secs(1));
    for number in 0..6 {
        bench.apply(pod(&format!("web-{number}")).requests("500m", "1Gi").object());
    }
    bench.run_until(secs(2));
    for name in ["node-1", "node-2", "node-3"] {
        assert_eq!(bench.scheduler.snapshot().node(name).unwrap().pods.len(), 2);
    }
    let ends: Vec<_> =
        bench.log().lines().filter(|line| line.contains("bind")).map(|line| line[..7].to_owned()).collect();
    assert_eq!(ends, ["+1.002s", "+1.004s", "+1.005s", "+1.007s", "+1.008s", "+1.010s"]);
}

#[test]
fn a_deleted_pod_leaves_its_room_to_the_next() {
    let mut bench = Bench::new();
    bench.apply(node("node-1", "1", "4Gi").object());
    bench.apply(pod("first").requests("1", "0").on("node-1").object());
    bench.apply(pod("second").requests("1", "0").object());
    bench.run_until(secs(5));
    bench.delete(Kind::Pod, "default", "first");
    bench.run_until(secs(6));
    assert!(bench.log().ends_with("Successfully assigned default/second to node-1"), "{}", bench.log());
}

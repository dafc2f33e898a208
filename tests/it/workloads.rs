//! Every workload in a whole cluster, under the authorisation that clusters have unless told otherwise: each controller may do
//! only what the role of its ServiceAccount says.

use podlab::cluster::Cluster;
use podlab::engine::{SimDuration, SimTime};

use podlab::model::feature_gates::FeatureGates;

use crate::ha::{cluster, cluster_with, kubectl, kubectl_reading};

/// A cluster in which these objects have been applied a minute ago.
fn minute_after(manifests: &str) -> Cluster {
    let mut cluster = cluster(1, 3, 1);
    cluster.run_until(SimTime::from_secs(25));
    let applied = kubectl_reading(&mut cluster, "apply -f -", Some(manifests));
    assert!(applied.lines().all(|line| line.ends_with(" created")), "{applied}");
    wait(&mut cluster, 60);
    cluster
}

fn wait(cluster: &mut Cluster, secs: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(secs));
}

/// No controller tries something again and again.
fn nobody_fails(cluster: &Cluster) {
    for master in cluster.masters() {
        for runner in master.manager.1.runners() {
            let failing: Vec<_> = runner.failing().map(|(key, times)| format!("{} {times}x", key.path())).collect();
            assert!(failing.is_empty(), "{} keeps failing: {failing:?}", runner.controller().name());
        }
    }
}

/// Asserts what a command prints, spaces aside.
fn says(cluster: &mut Cluster, line: &str, wanted: &[&str]) {
    let said = kubectl(cluster, line);
    let plain = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in wanted {
        assert!(plain.contains(wanted), "kubectl {line}\nwanted: {wanted}\n{said}");
    }
}

#[test]
fn a_daemon_set_runs_on_every_node_and_is_renewed() {
    let mut cluster = minute_after(
        "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: nginx}]}}
",
    );
    says(&mut cluster, "get ds", &["agent 3 3 3 3 3 <none>"]);
    says(&mut cluster, "get controllerrevisions", &["daemonset.apps/agent 1"]);
    says(&mut cluster, "set image ds/agent agent=nginx:1.27", &["image updated"]);
    says(&mut cluster, "rollout status ds/agent", &["successfully rolled out"]);
    says(&mut cluster, "rollout history ds/agent", &["daemonset.apps/agent REVISION CHANGE-CAUSE 1 <none> 2 <none>"]);
    says(&mut cluster, "rollout history ds/agent --revision=1", &["with revision #1", "Image: nginx"]);
    says(&mut cluster, "rollout undo ds/agent", &["daemonset.apps/agent rolled back"]);
    says(&mut cluster, "rollout status ds/agent", &["successfully rolled out"]);
    says(&mut cluster, "rollout history ds/agent", &["REVISION CHANGE-CAUSE 2 <none> 3 <none>"]);
    says(&mut cluster, "describe ds agent", &["Number of Nodes Scheduled with Up-to-date Pods: 3"]);
    says(&mut cluster, "taint node node-2 only=others:NoExecute", &["tainted"]);
    wait(&mut cluster, 20);
    says(&mut cluster, "get ds", &["agent 2 2 2 2 2 <none>"]);
    nobody_fails(&cluster);
}

#[test]
fn a_stateful_set_makes_its_pods_in_order_each_with_its_claim() {
    let mut cluster = minute_after(
        "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: disks, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}
provisioner: podlab.dev/disk
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: nginx, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
",
    );
    says(&mut cluster, "get sts", &["db 2/2"]);
    says(&mut cluster, "get pvc", &["data-db-0 Bound", "data-db-1 Bound"]);
    says(
        &mut cluster,
        "get events --field-selector=involvedObject.kind=StatefulSet",
        &["Create Claim data-db-0 Pod db-0 in StatefulSet db success", "Create Pod db-1 in StatefulSet db successful"],
    );
    says(&mut cluster, "delete pod db-1", &["deleted"]);
    says(&mut cluster, "rollout status sts/db", &["partitioned roll out complete"]);
    says(&mut cluster, "rollout restart sts/db", &["statefulset.apps/db restarted"]);
    let told = ["Waiting for 1 pods to be ready...", "partitioned roll out complete: 2 new pods have been updated..."];
    says(&mut cluster, "rollout status sts/db", &told);
    says(&mut cluster, "rollout history sts db", &["statefulset.apps/db REVISION CHANGE-CAUSE 1 <none> 2 <none>"]);
    says(&mut cluster, "scale sts db --replicas=1", &["scaled"]);
    wait(&mut cluster, 40);
    says(&mut cluster, "get sts", &["db 1/1"]);
    says(&mut cluster, "get pvc", &["data-db-1 Bound"]);
    nobody_fails(&cluster);
}

/// A set of four, updated; says which of its Pods are away two seconds later.
fn away_during_an_update(gates: FeatureGates) -> Vec<String> {
    let mut cluster = cluster_with(1, 3, 1, |spec| spec.feature_gates = gates);
    cluster.run_until(SimTime::from_secs(25));
    let set = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 4
  podManagementPolicy: Parallel
  updateStrategy: {rollingUpdate: {maxUnavailable: 50%}}
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: nginx, lifecycle: {preStop: {sleep: {seconds: 5}}}}]}
";
    kubectl_reading(&mut cluster, "apply -f -", Some(set));
    wait(&mut cluster, 60);
    says(&mut cluster, "set image sts/db db=nginx:1.27", &["image updated"]);
    wait(&mut cluster, 2);
    let path = "{range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name} {end}";
    let away = kubectl(&mut cluster, &format!("get pods -o jsonpath='{path}'"));
    wait(&mut cluster, 60);
    says(&mut cluster, "rollout status sts/db", &["4 new pods have been updated..."]);
    away.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_stateful_set_renews_several_pods_at_a_time_where_the_feature_is_on() {
    assert_eq!(away_during_an_update(FeatureGates::default()), ["db-3"]);
    assert_eq!(away_during_an_update(FeatureGates { max_unavailable_stateful_set: true }), ["db-2", "db-3"]);
}

#[test]
fn a_job_counts_its_pods_waits_after_failures_and_gives_up() {
    let mut cluster = minute_after(
        "apiVersion: batch/v1
kind: Job
metadata: {name: good}
spec:
  completions: 3
  parallelism: 2
  template: {spec: {restartPolicy: Never, containers: [{name: a, image: busybox, command: [sh, -c, 'sleep 1']}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: numbered}
spec:
  completions: 3
  parallelism: 3
  completionMode: Indexed
  template:
    spec: {restartPolicy: Never, containers: [{name: a, image: busybox, command: [sh, -c, 'echo at $JOB_COMPLETION_INDEX']}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: doomed}
spec:
  backoffLimit: 2
  template: {spec: {restartPolicy: Never, containers: [{name: a, image: busybox, command: [sh, -c, 'exit 3']}]}}
",
    );
    says(&mut cluster, "get jobs", &["good Complete 3/3", "numbered Complete 3/3", "doomed Failed 0/1"]);
    says(&mut cluster, "get job numbered -o jsonpath={.status.completedIndexes}", &["0-2"]);
    says(&mut cluster, "get job doomed -o jsonpath={.status.failed}", &["3"]);
    says(&mut cluster, "logs -l batch.kubernetes.io/job-name=numbered", &["at 0", "at 1", "at 2"]);
    says(&mut cluster, "describe job doomed", &["Warning BackoffLimitExceeded"]);
    says(&mut cluster, "delete jobs --all", &["deleted"]);
    wait(&mut cluster, 10);
    says(&mut cluster, "get pods", &["No resources found"]);
    nobody_fails(&cluster);
}

#[test]
fn a_cron_job_makes_a_job_a_minute_and_keeps_a_few() {
    let mut cluster = minute_after(
        "apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: '* * * * *'
  successfulJobsHistoryLimit: 2
  jobTemplate:
    spec:
      template: {spec: {restartPolicy: Never, containers: [{name: a, image: busybox, command: [sh, -c, 'exit 0']}]}}
",
    );
    wait(&mut cluster, 240);
    let jobs = kubectl(&mut cluster, "get jobs");
    assert_eq!(jobs.matches("Complete").count(), 2, "{jobs}");
    says(&mut cluster, "describe cj tick", &["SuccessfulCreate", "SawCompletedJob", "SuccessfulDelete"]);
    nobody_fails(&cluster);
}

#[test]
fn a_replication_controller_replaces_what_is_lost() {
    let mut cluster = minute_after(
        "apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 2
  template: {metadata: {labels: {app: old}}, spec: {containers: [{name: a, image: nginx}]}}
",
    );
    says(&mut cluster, "get rc", &["old 2 2 2"]);
    says(&mut cluster, "delete pod -l app=old", &["deleted"]);
    wait(&mut cluster, 10);
    says(&mut cluster, "get rc", &["old 2 2 2"]);
    says(&mut cluster, "scale rc old --replicas=1", &["scaled"]);
    wait(&mut cluster, 10);
    says(&mut cluster, "get rc", &["old 1 1 1"]);
    nobody_fails(&cluster);
}

#[test]
fn a_budget_counts_what_may_go() {
    let mut cluster = minute_after(
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: nginx}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
",
    );
    says(&mut cluster, "get pdb", &["web N/A 1 1"]);
    says(&mut cluster, "drain node-1 --timeout=60s", &["drained"]);
    says(&mut cluster, "get pdb -o jsonpath={.items[0].status.desiredHealthy}", &["2"]);
    nobody_fails(&cluster);
}

#[test]
fn every_controller_acts_as_an_account_that_has_a_role() {
    let mut cluster = cluster(1, 1, 1);
    cluster.run_until(SimTime::from_secs(25));
    let bound = kubectl(&mut cluster, "get clusterrolebindings -o name");
    for controller in podlab::controllers::all(&podlab::controllers::Options::default()) {
        let account = controller.account();
        let binding = format!("clusterrolebinding.rbac.authorization.k8s.io/system:controller:{account}");
        assert!(
            account.is_empty() || bound.lines().any(|line| line == binding),
            "{} acts as {account}",
            controller.name()
        );
    }
}

//! Deployments, ReplicaSets, namespaces.

use podlab::client::DeleteOptions;
use podlab::engine::SimDuration;
use podlab::model::{Kind, Meta};
use serde_json::json;

use super::lab::{Lab, deployment};

/// Generated letters, made plain.
fn plain(texts: Vec<String>, name: &str) -> Vec<String> {
    let dashed = format!("{name}-");
    let word = |word: &str| if word.starts_with(&dashed) { format!("{name}-X") } else { word.to_owned() };
    texts.into_iter().map(|text| text.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_deployment_comes_up_and_says_so() {
    let mut lab = Lab::new(1);
    lab.apply(deployment("web", 2, "nginx:1.27"));
    lab.run(5);
    let web = lab.get(Kind::Deployment, "default", "web");
    let rs = lab.only(Kind::ReplicaSet, "default");
    let conditions = web["status"]["conditions"].as_array().unwrap().clone();
    let told: Vec<_> =
        conditions.iter().map(|one| format!("{} {} {}", one["type"], one["status"], one["message"])).collect();
    assert_eq!(
        told,
        [
            "\"Available\" \"True\" \"Deployment has minimum availability.\"".to_owned(),
            format!("\"Progressing\" \"True\" \"ReplicaSet \\\"{}\\\" has successfully progressed.\"", rs.name)
        ]
    );
    let mut status = web["status"].clone();
    status.as_object_mut().unwrap().remove("conditions");
    assert_eq!(
        status,
        json!({"availableReplicas": 2, "observedGeneration": 1, "readyReplicas": 2, "replicas": 2,
            "terminatingReplicas": 0, "updatedReplicas": 2})
    );
    assert_eq!(web["metadata"]["annotations"], json!({"deployment.kubernetes.io/revision": "1"}));
    let rs = lab.get(Kind::ReplicaSet, "default", &rs.name);
    assert_eq!(
        rs["metadata"]["annotations"],
        json!({"deployment.kubernetes.io/desired-replicas": "2", "deployment.kubernetes.io/max-replicas": "3",
            "deployment.kubernetes.io/revision": "1"})
    );
    assert_eq!(lab.list(Kind::Pod, "default").len(), 2);
    assert_eq!(
        plain(lab.events(Kind::Deployment), "web"),
        ["ScalingReplicaSet: Scaled up replica set web-X from 0 to 2"]
    );
    assert_eq!(plain(lab.events(Kind::ReplicaSet), "web"), ["SuccessfulCreate: Created pod: web-X"; 2]);
}

#[test]
fn a_rolling_update_leaves_the_events_of_the_real_one() {
    let mut lab = Lab::new(2);
    lab.apply(deployment("web", 4, "nginx:1.26"));
    lab.run(5);
    lab.patch(Kind::Deployment, "default", "web", deployment("web", 4, "nginx:1.27"));
    lab.run(20);
    let web = lab.get(Kind::Deployment, "default", "web");
    assert_eq!(web["status"]["updatedReplicas"], 4);
    assert_eq!(web["status"]["replicas"], 4);
    let mut sizes: Vec<_> =
        lab.list(Kind::ReplicaSet, "default").iter().map(|rs| rs.to_value()["status"]["replicas"].clone()).collect();
    sizes.sort_by_key(ToString::to_string);
    assert_eq!(sizes, [json!(0), json!(4)]);
    let events = plain(lab.events(Kind::Deployment), "web");
    assert_eq!(
        events[..2],
        [
            "ScalingReplicaSet: Scaled up replica set web-X from 0 to 4",
            "ScalingReplicaSet: Scaled up replica set web-X from 0 to 1",
        ]
    );
    assert!(events.contains(&"ScalingReplicaSet: Scaled down replica set web-X from 4 to 3".to_owned()));
    assert_eq!(lab.list(Kind::Pod, "default").len(), 4);
}

#[test]
fn a_rollout_that_gets_nowhere_says_so_at_its_deadline() {
    let mut lab = Lab::new(2);
    lab.apply(deployment("api", 4, "nginx:1.26"));
    lab.run(5);
    lab.patch(Kind::Deployment, "default", "api", json!({"spec": {"progressDeadlineSeconds": 10}}));
    lab.patch(Kind::Deployment, "default", "api", deployment("api", 4, "broken"));
    lab.run(30);
    let api = lab.get(Kind::Deployment, "default", "api");
    let conditions = api["status"]["conditions"].as_array().unwrap();
    let told: Vec<_> =
        conditions.iter().map(|one| format!("{} {} {}", one["type"], one["status"], one["reason"])).collect();
    assert_eq!(
        told,
        [
            "\"Available\" \"True\" \"MinimumReplicasAvailable\"",
            "\"Progressing\" \"False\" \"ProgressDeadlineExceeded\""
        ]
    );
    assert_eq!(api["status"]["updatedReplicas"], 2);
    assert_eq!(api["status"]["availableReplicas"], 3);
    assert_eq!(api["status"]["replicas"], 5);
}

#[test]
fn a_replica_set_heals_adopts_and_gives_up_the_surplus() {
    let mut lab = Lab::new(1);
    lab.apply(
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "trio", "namespace": "default"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "trio"}},
            "template": {"metadata": {"labels": {"app": "trio"}},
                "spec": {"containers": [{"name": "app", "image": "nginx"}]}}}}),
    );
    lab.run(5);
    let victim = lab.list(Kind::Pod, "default")[0].name().to_owned();
    lab.delete(Kind::Pod, "default", &victim, DeleteOptions::default()).unwrap();
    lab.run(5);
    assert_eq!(lab.list(Kind::Pod, "default").len(), 3);
    lab.apply(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "stray", "namespace": "default", "labels": {"app": "trio"}},
        "spec": {"containers": [{"name": "app", "image": "nginx"}]}}));
    lab.run(5);
    assert_eq!(lab.list(Kind::Pod, "default").len(), 3);
    let events = plain(lab.events(Kind::ReplicaSet), "trio");
    let mut expected = vec!["SuccessfulCreate: Created pod: trio-X"; 4];
    expected.push("SuccessfulDelete: Deleted pod: stray");
    assert_eq!(events, expected);
}

#[test]
fn a_namespace_gets_its_account_and_its_certificate_and_is_emptied_in_the_end() {
    let mut lab = Lab::new(1);
    lab.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "inner"}}));
    lab.run(2);
    assert!(!lab.get(Kind::ServiceAccount, "inner", "default").is_null());
    assert!(!lab.get(Kind::ConfigMap, "inner", "kube-root-ca.crt").is_null());
    lab.apply(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "stuck", "namespace": "inner", "finalizers": ["example.com/hold"]}}));
    lab.delete(Kind::Namespace, "", "inner", DeleteOptions::default()).unwrap();
    lab.run(10);
    let namespace = lab.get(Kind::Namespace, "", "inner");
    assert_eq!(namespace["status"]["phase"], "Terminating");
    let conditions = namespace["status"]["conditions"].as_array().unwrap();
    let told: Vec<_> = conditions
        .iter()
        .map(|one| format!("{} {}", one["reason"].as_str().unwrap(), one["message"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "ResourcesDiscovered All resources successfully discovered",
            "ParsedGroupVersions All legacy kube types successfully parsed",
            "ContentDeleted All content successfully deleted, may be waiting on finalization",
            "SomeResourcesRemain Some resources are remaining: configmaps. has 1 resource instances",
            "SomeFinalizersRemain Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
        ]
    );
    lab.patch(Kind::ConfigMap, "inner", "stuck", json!({"metadata": {"finalizers": null}}));
    lab.run(20);
    assert!(lab.get(Kind::Namespace, "", "inner").is_null());
}

#[test]
fn pods_refused_by_a_quota_are_told_of_in_three_places() {
    let mut lab = Lab::new(1);
    lab.apply(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": "default"},
        "spec": {"hard": {"pods": "1"}}}));
    lab.run(2);
    lab.apply(deployment("web", 2, "nginx"));
    lab.run(10);
    let pods = lab.list(Kind::Pod, "default");
    assert_eq!(pods.len(), 1);
    let why = "is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1";
    assert!(
        lab.events(Kind::ReplicaSet)
            .iter()
            .any(|text| text.starts_with("FailedCreate: Error creating: pods") && text.ends_with(why))
    );
    let web = lab.get(Kind::Deployment, "default", "web");
    let failed =
        web["status"]["conditions"].as_array().unwrap().iter().find(|one| one["type"] == "ReplicaFailure").unwrap();
    assert_eq!(failed["reason"], "FailedCreate");
    assert!(failed["message"].as_str().unwrap().ends_with(why));
    assert!(!pods[0].meta().owners().is_empty());
}

#[test]
fn a_new_leader_goes_on_where_the_old_one_stopped() {
    let mut lab = Lab::new(2);
    lab.apply(deployment("web", 10, "nginx:1.26"));
    lab.run(5);
    lab.patch(Kind::Deployment, "default", "web", deployment("web", 10, "nginx:1.27"));
    lab.run_for(SimDuration::from_millis(30));
    lab.restart_manager();
    lab.run(3);
    let pods = lab.list(Kind::Pod, "default").len();
    lab.run(7);
    assert!(!lab.manager.leads());
    assert_eq!(lab.list(Kind::Pod, "default").len(), pods, "nobody leads, so nothing moves");
    lab.run(40);
    assert!(lab.manager.leads());
    let web = lab.get(Kind::Deployment, "default", "web");
    assert_eq!((&web["status"]["updatedReplicas"], &web["status"]["replicas"]), (&json!(10), &json!(10)));
    assert_eq!(lab.list(Kind::Pod, "default").len(), 10);
    let lease = lab.get(Kind::Lease, "kube-system", "kube-controller-manager");
    assert_eq!(lease["spec"]["leaseTransitions"], 1);
}

#[test]
fn the_counts_of_many_pods_are_those_of_a_full_count() {
    let mut lab = Lab::new(3);
    lab.apply(deployment("web", 120, "nginx:1.26"));
    lab.run(6);
    let pods: Vec<_> = lab.list(Kind::Pod, "default").iter().map(|pod| pod.name().to_owned()).collect();
    assert_eq!(pods.len(), 120);
    // One is let go, one deleted; the rest shrinks.
    lab.patch(Kind::Pod, "default", &pods[0], json!({"metadata": {"labels": {"app": "other"}}}));
    lab.delete(Kind::Pod, "default", &pods[1], DeleteOptions::default()).unwrap();
    lab.run(5);
    assert_eq!(lab.list(Kind::Pod, "default").len(), 121);
    lab.patch(Kind::Deployment, "default", "web", json!({"spec": {"replicas": 50}}));
    lab.run(5);
    let key = lab.only(Kind::ReplicaSet, "default");
    let rs = lab.get(Kind::ReplicaSet, "default", &key.name);
    assert_eq!(
        rs["status"],
        json!({"availableReplicas": 50, "fullyLabeledReplicas": 50, "observedGeneration": 2, "readyReplicas": 50,
            "replicas": 50, "terminatingReplicas": 0})
    );
    assert_eq!(lab.list(Kind::Pod, "default").len(), 51);
}

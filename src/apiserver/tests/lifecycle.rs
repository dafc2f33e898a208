//! Namespaces, scales, deletions, logs.

use serde_json::{Value, json};

use super::{bind, cluster, create, delete, deployment, object, patch, pod, refusal};
use crate::apiserver::standalone::Standalone;
use crate::apiserver::{Body, DeleteOptions, LogOptions, Options, PatchType, Payload, Propagation, Subresource, Verb};
use crate::engine::SimTime;
use crate::model::{Kind, Meta, Object};

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

#[test]
fn a_namespace_goes_when_its_finalizer_does() {
    let mut cluster = cluster();
    create(&mut cluster, namespace("team")).unwrap();
    let gone = object(delete(&mut cluster, Kind::Namespace, "team", DeleteOptions::default())).to_value();
    assert_eq!(
        (&gone["status"]["phase"], &gone["spec"]["finalizers"]),
        (&json!("Terminating"), &json!(["kubernetes"]))
    );
    let late = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late"}});
    let late = Standalone::request(Verb::Create, Kind::ConfigMap, "team", "").body(Body::Manifest(late));
    let refused = cluster.call(late).unwrap_err();
    assert_eq!(
        refused.message,
        "configmaps \"late\" is forbidden: unable to create new content in namespace team because it is being terminated"
    );
    assert_eq!(refused.details.unwrap().causes[0].reason, "NamespaceTerminating");
    let mut finalized = cluster.get(Kind::Namespace, "", "team").unwrap();
    if let Object::Namespace(namespace) = &mut finalized {
        std::sync::Arc::make_mut(namespace).spec.as_mut().unwrap().finalizers = None;
    }
    let finalize = Standalone::request(Verb::Update, Kind::Namespace, "", "team").part(Subresource::Finalize);
    cluster.call(finalize.body(Body::Object(finalized))).unwrap();
    assert!(cluster.get(Kind::Namespace, "", "team").is_none());
}

#[test]
fn a_pod_waits_for_the_account_of_a_new_namespace() {
    let mut cluster = cluster();
    create(&mut cluster, namespace("team")).unwrap();
    let create = Standalone::request(Verb::Create, Kind::Pod, "team", "").body(Body::Manifest(pod("web")));
    assert_eq!(
        refusal(cluster.call(create.clone())),
        "pods \"web\" is forbidden: error looking up service account team/default: serviceaccount \"default\" not found"
    );
    assert!((SimTime::from_secs(1)..SimTime::from_secs(2)).contains(&cluster.now()));
    cluster.add_account("team");
    cluster.call(create).unwrap();
}

#[test]
fn a_workload_is_scaled_without_knowing_its_kind() {
    let mut cluster = cluster();
    create(&mut cluster, deployment("web")).unwrap();
    let scale = Standalone::request(Verb::Update, Kind::Deployment, "default", "web").part(Subresource::Scale);
    let Payload::Scale(scaled) = cluster.call(scale.body(Body::Scale(3))).unwrap().payload else { panic!("no scale") };
    assert_eq!((scaled.spec_replicas, scaled.status_replicas, &*scaled.selector), (3, 0, "app=web"));
    let (_, cause) = cluster.trace().iter().next_back().unwrap();
    assert_eq!((cause.verb, &*cause.object, &*cause.text), ("scale", "deployments/default/web", "replicas 1 → 3"));
}

#[test]
fn dependents_may_be_orphaned_or_go_first() {
    let mut cluster = cluster();
    for (name, propagation, finalizer) in
        [("a", Propagation::Orphan, "orphan"), ("b", Propagation::Foreground, "foregroundDeletion")]
    {
        create(&mut cluster, deployment(name)).unwrap();
        let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
        let deleted = object(delete(&mut cluster, Kind::Deployment, name, options));
        assert_eq!(deleted.meta().finalizers, Some(vec![finalizer.to_owned()]));
        assert_eq!((deleted.meta().generation, deleted.meta().is_terminating()), (Some(2), true));
        let released = json!({"metadata": {"finalizers": null}});
        cluster.call(patch(Kind::Deployment, name, PatchType::Merge, released)).unwrap();
        assert!(cluster.get(Kind::Deployment, "default", name).is_none());
    }
}

#[test]
fn preconditions_hold_a_deletion_back() {
    let mut cluster = cluster();
    create(&mut cluster, pod("web")).unwrap();
    let uid = cluster.get(Kind::Pod, "default", "web").unwrap().meta().uid().to_owned();
    let options = DeleteOptions { uid: Some("other".into()), ..DeleteOptions::default() };
    assert_eq!(
        refusal(delete(&mut cluster, Kind::Pod, "web", options)),
        format!(
            "Operation cannot be fulfilled on pods \"web\": the UID in the precondition (other) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )
    );
    let options = DeleteOptions { uid: Some(uid.into()), ..DeleteOptions::default() };
    delete(&mut cluster, Kind::Pod, "web", options).unwrap();
    assert!(cluster.get(Kind::Pod, "default", "web").is_none());
}

#[test]
fn an_eviction_says_who_disturbs() {
    let mut cluster = cluster();
    create(&mut cluster, pod("web")).unwrap();
    bind(&mut cluster, "web", "n1").unwrap();
    let evict = Standalone::request(Verb::Create, Kind::Pod, "default", "web").part(Subresource::Eviction);
    cluster.call(evict.body(Body::Delete(DeleteOptions::default()))).unwrap();
    let pod = cluster.get(Kind::Pod, "default", "web").unwrap().to_value();
    assert_eq!(pod["status"]["conditions"][1]["reason"], "EvictionByEvictionAPI");
    assert_eq!(pod["metadata"]["deletionGracePeriodSeconds"], 30);
}

#[test]
fn logs_come_from_the_node_of_the_pod() {
    let mut cluster = cluster();
    let mut two = pod("web");
    two["spec"]["containers"] = json!([{"name": "a", "image": "x:1"}, {"name": "b", "image": "x:1"}]);
    create(&mut cluster, two).unwrap();
    bind(&mut cluster, "web", "n1").unwrap();
    let mut log = |name: &str, container: Option<&str>| {
        let options = LogOptions { container: container.map(Into::into), ..LogOptions::default() };
        cluster.call(
            Standalone::request(Verb::Get, Kind::Pod, "default", name).part(Subresource::Log).body(Body::Log(options)),
        )
    };
    assert!(matches!(log("web", Some("a")).unwrap().payload, Payload::Proxy(node) if &*node == "n1"));
    assert_eq!(refusal(log("web", None)), "a container name must be specified for pod web, choose one of: [a b]");
    assert_eq!(refusal(log("web", Some("c"))), "container c is not valid for pod web");
    assert_eq!(refusal(log("nobody", None)), "pods \"nobody\" not found");
}

#[test]
fn a_dry_run_stores_nothing() {
    let mut cluster = cluster();
    let revision = cluster.revision();
    let mut request = Standalone::request(Verb::Create, Kind::Pod, "default", "").body(Body::Manifest(pod("web")));
    request.options = Options { dry_run: true, ..Options::default() };
    assert_eq!(object(cluster.call(request)).name(), "web");
    assert_eq!(cluster.revision(), revision);
}

#[test]
fn names_are_generated_from_five_letters() {
    let mut cluster = cluster();
    let mut manifest = pod("");
    manifest["metadata"] = json!({"generateName": "web-"});
    let made = object(create(&mut cluster, manifest));
    assert!(made.name().starts_with("web-") && made.name().len() == 9, "{}", made.name());
}

#[test]
fn a_priority_class_decides_the_priority() {
    let mut cluster = cluster();
    let mut critical = pod("critical");
    critical["spec"]["priorityClassName"] = "system-node-critical".into();
    assert_eq!(object(create(&mut cluster, critical)).to_value()["spec"]["priority"], 2_000_001_000);
    let mut unknown = pod("unknown");
    unknown["spec"]["priorityClassName"] = "gold".into();
    assert_eq!(
        refusal(create(&mut cluster, unknown)),
        "pods \"unknown\" is forbidden: no PriorityClass with name gold was found"
    );
}

#[test]
fn a_collection_is_deleted_by_its_labels() {
    let mut cluster = cluster();
    for (name, app) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let mut manifest = pod(name);
        manifest["metadata"]["labels"] = json!({"app": app});
        create(&mut cluster, manifest).unwrap();
    }
    let mut request = Standalone::request(Verb::DeleteCollection, Kind::Pod, "default", "");
    request.options.label_selector = Some("app=x".into());
    cluster.call(request).unwrap();
    let left: Vec<_> =
        ["a", "b", "c"].into_iter().filter(|name| cluster.get(Kind::Pod, "default", name).is_some()).collect();
    assert_eq!(left, ["b"]);
}

#[test]
fn a_limit_range_fills_in_and_refuses() {
    let mut cluster = cluster();
    let range = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "bounds"}, "spec": {"limits": [
        {"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"}, "defaultRequest": {"cpu": "250m", "memory": "128Mi"},
            "max": {"cpu": "1", "memory": "1Gi"}, "min": {"cpu": "100m", "memory": "64Mi"}, "maxLimitRequestRatio": {"cpu": "4"}},
        {"type": "Pod", "max": {"cpu": "2"}}]}});
    create(&mut cluster, range).unwrap();
    let plain = object(create(&mut cluster, pod("plain"))).to_value();
    assert_eq!(
        plain["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app"
    );
    assert_eq!(plain["status"]["qosClass"], "Burstable");
    let mut asked = |resources: Value| {
        let mut pod = pod("big");
        pod["spec"]["containers"][0]["resources"] = resources;
        refusal(create(&mut cluster, pod))
    };
    assert_eq!(
        asked(json!({"requests": {"cpu": "1", "memory": "32Mi"}, "limits": {"cpu": "1500m", "memory": "512Mi"}})),
        "pods \"big\" is forbidden: [minimum memory usage per Container is 64Mi, but request is 32Mi, maximum cpu usage per \
         Container is 1, but limit is 1500m]"
    );
    assert_eq!(
        asked(json!({"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}})),
        "pods \"big\" is forbidden: cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000"
    );
}

#[test]
fn what_is_still_there_comes_back_from_a_deletion() {
    let mut cluster = cluster();
    let held =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/a"]}});
    create(&mut cluster, held).unwrap();
    for _ in 0..2 {
        let left = object(delete(&mut cluster, Kind::ConfigMap, "held", DeleteOptions::default()));
        assert!(left.meta().deletion_timestamp.is_some());
    }
    let free = json!({"metadata": {"finalizers": null}});
    cluster.call(patch(Kind::ConfigMap, "held", PatchType::Merge, free)).unwrap();
    assert!(cluster.get(Kind::ConfigMap, "default", "held").is_none());
    let plain =
        object(create(&mut cluster, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain"}})));
    let Payload::Status(status) =
        delete(&mut cluster, Kind::ConfigMap, "plain", DeleteOptions::default()).unwrap().payload
    else {
        panic!("a word is all that is left of it")
    };
    assert_eq!(status.to_value()["details"], json!({"name": "plain", "kind": "configmaps", "uid": plain.meta().uid()}));
}

#[test]
fn ephemeral_containers_are_only_added() {
    let mut cluster = cluster();
    create(&mut cluster, pod("web")).unwrap();
    let add = |name: &str| {
        let change = json!({"spec": {"ephemeralContainers": [{"name": name, "image": "busybox", "targetContainerName": "app"}]}});
        patch(Kind::Pod, "web", PatchType::Strategic, change).part(Subresource::EphemeralContainers)
    };
    let added = object(cluster.call(add("debugger"))).to_value();
    assert_eq!(added["spec"]["ephemeralContainers"][0]["imagePullPolicy"], "Always");
    assert_eq!(added["metadata"]["generation"], 2);
    let two = object(cluster.call(add("another"))).to_value();
    assert_eq!(two["spec"]["ephemeralContainers"].as_array().map(Vec::len), Some(2));
    let none = json!({"spec": {"ephemeralContainers": null}});
    let refused =
        refusal(cluster.call(patch(Kind::Pod, "web", PatchType::Merge, none).part(Subresource::EphemeralContainers)));
    assert!(refused.contains("existing ephemeral containers \"debugger\" may not be removed"), "{refused}");
    let more = json!({"spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "1"}}}]}});
    let refused = refusal(cluster.call(patch(Kind::Pod, "web", PatchType::Strategic, more).part(Subresource::Resize)));
    assert_eq!(
        refused,
        "Pod \"web\" is invalid: spec: Invalid value: \"BestEffort\": Pod QOS Class may not change as a result of resizing"
    );
}

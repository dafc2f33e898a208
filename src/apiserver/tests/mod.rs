//! Requests and their answers.

mod custom_resources;
mod lifecycle;
mod listing;
mod managed_fields;
mod watching;

use std::sync::Arc;

use serde_json::{Value, json};

use super::standalone::Standalone;
use super::{Body, DeleteOptions, FieldValidation, Outcome, Payload, Subresource, Verb, WatchEventKind};
use super::{PatchType, Request};
use crate::engine::SimTime;
use crate::model::{Kind, Object};

fn cluster() -> Standalone {
    Standalone::new(SimTime::ZERO)
}

fn create(cluster: &mut Standalone, manifest: Value) -> Outcome {
    let kind = Kind::from_gvk(manifest["apiVersion"].as_str().unwrap(), manifest["kind"].as_str().unwrap()).unwrap();
    let namespace = if kind.is_namespaced() { "default" } else { "" };
    let mut request = Standalone::request(Verb::Create, kind, namespace, "").body(Body::Manifest(manifest));
    request.options.field_validation = FieldValidation::Strict;
    cluster.call(request)
}

fn object(outcome: Outcome) -> Object {
    outcome.unwrap().object().unwrap().clone()
}

fn refusal(outcome: Outcome) -> String {
    outcome.unwrap_err().message
}

fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}]}})
}

fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "nginx", "image": "nginx:1.27"}]}}}})
}

fn patch(kind: Kind, name: &str, type_: PatchType, patch: Value) -> Request {
    Standalone::request(Verb::Patch, kind, "default", name).body(Body::Patch(type_, patch))
}

fn bind(cluster: &mut Standalone, name: &str, node: &str) -> Outcome {
    let request = Standalone::request(Verb::Create, Kind::Pod, "default", name).part(Subresource::Binding);
    cluster.call(request.body(Body::Binding(node.into())))
}

fn delete(cluster: &mut Standalone, kind: Kind, name: &str, options: DeleteOptions) -> Outcome {
    let namespace = if kind.is_namespaced() { "default" } else { "" };
    cluster.call(Standalone::request(Verb::Delete, kind, namespace, name).body(Body::Delete(options)))
}

#[test]
fn a_pod_gets_its_defaults() {
    let mut cluster = cluster();
    let pod = object(create(&mut cluster, pod("web"))).to_value();
    assert_eq!(pod["spec"]["tolerations"].as_array().unwrap().len(), 2);
    assert_eq!(pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"], 3607);
    assert_eq!(pod["spec"]["containers"][0]["imagePullPolicy"], "IfNotPresent");
    assert_eq!(pod["spec"]["terminationGracePeriodSeconds"], 30);
    assert_eq!(pod["spec"]["preemptionPolicy"], "PreemptLowerPriority");
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    assert_eq!(pod["metadata"]["generation"], 1);
    assert!(!pod["metadata"]["resourceVersion"].as_str().unwrap().is_empty());
}

#[test]
fn a_pod_lives_from_creation_to_deletion() {
    let mut cluster = cluster();
    create(&mut cluster, pod("web")).unwrap();
    let watch = Standalone::request(Verb::Watch, Kind::Pod, "", "");
    let mut watch = watch;
    watch.options.field_selector = Some("spec.nodeName=n1".into());
    let (ticket, _) = cluster.call_as("kubelet n1", watch);
    assert!(cluster.take_watched().is_empty());
    bind(&mut cluster, "web", "n1").unwrap();
    assert_eq!(
        refusal(bind(&mut cluster, "web", "n2")),
        "Operation cannot be fulfilled on pods/binding \"web\": pod web is already assigned to node \"n1\""
    );
    let told = cluster.take_watched();
    assert_eq!((told.len(), told[0].0, told[0].1[0].kind), (1, ticket, WatchEventKind::Added));
    let mut running = cluster.get(Kind::Pod, "default", "web").unwrap();
    if let Object::Pod(pod) = &mut running {
        Arc::make_mut(pod).status_mut().phase = Some("Running".into());
    }
    let status = Standalone::request(Verb::Patch, Kind::Pod, "default", "web").part(Subresource::Status);
    let answered = object(cluster.call(status.body(Body::StatusOf(running)))).to_value();
    assert_eq!(answered["status"]["phase"], "Running");
    assert_eq!(answered["status"]["conditions"][0]["type"], "PodScheduled");
    let deleted = object(delete(&mut cluster, Kind::Pod, "web", DeleteOptions::default()));
    assert_eq!(deleted.meta().deletion_grace_period_seconds, Some(30));
    assert_eq!(deleted.meta().generation, Some(2));
    assert!(cluster.get(Kind::Pod, "default", "web").is_some());
    let now = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    delete(&mut cluster, Kind::Pod, "web", now).unwrap();
    assert!(cluster.get(Kind::Pod, "default", "web").is_none());
    let kinds: Vec<_> = cluster.take_watched().iter().map(|(_, events)| events[0].kind).collect();
    assert_eq!(kinds, [WatchEventKind::Modified, WatchEventKind::Modified, WatchEventKind::Deleted]);
    let actors: Vec<_> = cluster.trace().iter().map(|(_, cause)| cause.verb).rev().take(4).collect();
    assert_eq!(actors, ["delete", "delete", "patch status", "bind"]);
}

#[test]
fn invalid_pods_are_refused_word_for_word() {
    let mut cluster = cluster();
    let mut named = pod("Bad_Name");
    named["metadata"]["name"] = "Bad_Name".into();
    assert!(refusal(create(&mut cluster, named)).starts_with(
        "Pod \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must"
    ));
    let empty = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "empty"}, "spec": {"containers": []}});
    assert_eq!(refusal(create(&mut cluster, empty)), "Pod \"empty\" is invalid: spec.containers: Required value");
    let many = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "many"}, "spec": {"restartPolicy": "Sometimes", "containers": [
        {"name": "app", "image": ""},
        {"name": "app", "image": "nginx:1.27", "imagePullPolicy": "Never2", "ports": [{"containerPort": 70000}, {"containerPort": 80, "protocol": "HTTP"}]}]}});
    let causes = create(&mut cluster, many).unwrap_err().details.unwrap().causes;
    let told: Vec<_> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    assert_eq!(
        told,
        [
            "spec.containers[0].image: Required value",
            "spec.containers[1].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
            "spec.containers[1].ports[1].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            "spec.containers[1].imagePullPolicy: Unsupported value: \"Never2\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
            "spec.containers[1].name: Duplicate value: \"app\"",
            "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
        ]
    );
    let resources = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "qty"}, "spec": {"containers": [
        {"name": "app", "image": "nginx:1.27", "resources": {"requests": {"cpu": 2}, "limits": {"cpu": 1, "memory": -1}}}]}});
    let causes = create(&mut cluster, resources).unwrap_err().details.unwrap().causes;
    let told: Vec<_> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    assert_eq!(
        told,
        [
            "spec.containers[0].resources.limits[memory]: Invalid value: \"-1\": must be greater than or equal to 0",
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
            "spec.containers[0].resources.requests[memory]: Invalid value: \"-1\": must be greater than or equal to 0",
        ]
    );
    let volumes = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "vol", "labels": {"bad key!": "x"}}, "spec": {
        "volumes": [{"name": "a"}, {"name": "a", "emptyDir": {}}],
        "containers": [{"name": "app", "image": "nginx:1.27", "volumeMounts": [{"name": "b", "mountPath": ""}]}]}});
    let causes = create(&mut cluster, volumes).unwrap_err().details.unwrap().causes;
    let told: Vec<_> = causes.iter().skip(1).map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    assert_eq!(
        told,
        [
            "spec.volumes[1].name: Duplicate value: \"a\"",
            "spec.containers[0].volumeMounts[0].name: Not found: \"b\"",
            "spec.containers[0].volumeMounts[0].mountPath: Required value",
        ]
    );
}

#[test]
fn manifests_that_cannot_be_read_are_refused_in_the_words_of_go() {
    let mut cluster = cluster();
    let mut typo = pod("typo");
    typo["spec"]["containers"][0]["imagePulPolicy"] = "Always".into();
    typo["spec"]["contaners"] = json!([]);
    assert_eq!(
        refusal(create(&mut cluster, typo)),
        "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.containers[0].imagePulPolicy\", unknown field \"spec.contaners\""
    );
    let mut types = deployment("types");
    types["spec"]["replicas"] = "three".into();
    assert_eq!(
        refusal(create(&mut cluster, types)),
        "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    );
    let mut lots = pod("qty");
    lots["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "lots"}});
    assert_eq!(
        refusal(create(&mut cluster, lots)),
        "Pod in version \"v1\" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    );
}

#[test]
fn names_and_revisions_must_agree() {
    let mut cluster = cluster();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "b"}});
    let made = object(create(&mut cluster, map.clone()));
    assert_eq!(refusal(create(&mut cluster, map)), "configmaps \"one\" already exists");
    let get = |name| Standalone::request(Verb::Get, Kind::Pod, "default", name);
    assert_eq!(refusal(cluster.call(get("nobody"))), "pods \"nobody\" not found");
    let mut stale = made.clone();
    stale.meta_mut().resource_version = Some("1".into());
    let update = Standalone::request(Verb::Update, Kind::ConfigMap, "default", "one").body(Body::Object(stale));
    assert_eq!(
        refusal(cluster.call(update)),
        "Operation cannot be fulfilled on configmaps \"one\": the object has been modified; please apply your changes to the latest version and try again"
    );
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}});
    assert_eq!(refusal(create(&mut cluster, namespace)), "namespaces \"default\" already exists");
    let system = delete(&mut cluster, Kind::Namespace, "kube-system", DeleteOptions::default());
    assert_eq!(refusal(system), "namespaces \"kube-system\" is forbidden: this namespace may not be deleted");
    let elsewhere =
        Standalone::request(Verb::Create, Kind::Pod, "no-such-namespace", "").body(Body::Manifest(pod("x")));
    assert_eq!(refusal(cluster.call(elsewhere)), "namespaces \"no-such-namespace\" not found");
}

#[test]
fn patches_of_every_kind() {
    let mut cluster = cluster();
    create(&mut cluster, deployment("web")).unwrap();
    let side = json!({"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox:1.36"}]}}}});
    let patched = object(cluster.call(patch(Kind::Deployment, "web", PatchType::Strategic, side))).to_value();
    let names = |value: &Value| -> Vec<String> {
        let all = value["spec"]["template"]["spec"]["containers"].as_array().unwrap();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&patched), ["side", "nginx"]);
    assert_eq!(patched["metadata"]["generation"], 2);
    let test = json!([{"op": "test", "path": "/spec/replicas", "value": 5}, {"op": "replace", "path": "/spec/replicas", "value": 2}]);
    assert_eq!(
        refusal(cluster.call(patch(Kind::Deployment, "web", PatchType::Json, test))),
        "the server rejected our request due to an error in our request"
    );
    let same = json!({"spec": {"replicas": 1}});
    let revision = cluster.revision();
    cluster.call(patch(Kind::Deployment, "web", PatchType::Merge, same)).unwrap();
    assert_eq!(cluster.revision(), revision);
    let two = json!({"spec": {"replicas": "two"}});
    let refused = cluster.call(patch(Kind::Deployment, "web", PatchType::Strategic, two)).unwrap_err();
    assert_eq!(
        refused.details.unwrap().causes[0].message,
        "Invalid value: \"map[spec:map[replicas:two]]\": unrecognized type: int32"
    );
    let selector = json!({"spec": {"selector": {"matchLabels": {"app": "other"}}}});
    let refused = cluster.call(patch(Kind::Deployment, "web", PatchType::Strategic, selector)).unwrap_err();
    assert_eq!(
        refused.message,
        "Deployment.apps \"web\" is invalid: [spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`, spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"other\"}}: field is immutable]"
    );
}

#[test]
fn finalizers_hold_an_object_back() {
    let mut cluster = cluster();
    let held = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/a", "example.com/b"]}});
    create(&mut cluster, held).unwrap();
    delete(&mut cluster, Kind::ConfigMap, "held", DeleteOptions::default()).unwrap();
    let held = cluster.get(Kind::ConfigMap, "default", "held").unwrap();
    assert_eq!(held.meta().deletion_grace_period_seconds, Some(0));
    let add = json!([{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/c"}]);
    assert_eq!(
        refusal(cluster.call(patch(Kind::ConfigMap, "held", PatchType::Json, add))),
        "ConfigMap \"held\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"example.com/c\"}"
    );
    let none = json!({"metadata": {"finalizers": []}});
    cluster.call(patch(Kind::ConfigMap, "held", PatchType::Merge, none)).unwrap();
    assert!(cluster.get(Kind::ConfigMap, "default", "held").is_none());
}

#[test]
fn a_quota_counts_what_it_lets_in() {
    let mut cluster = cluster();
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "compute"}, "spec": {"hard": {"requests.cpu": "1", "pods": "1"}}});
    let made = object(create(&mut cluster, quota));
    assert!(
        refusal(create(&mut cluster, pod("early")))
            .ends_with("is forbidden: status unknown for quota: compute, resources: pods")
    );
    let mut counted = made.clone();
    if let Object::ResourceQuota(quota) = &mut counted {
        let quota = Arc::make_mut(quota);
        let hard = quota.spec.as_ref().unwrap().hard.clone();
        quota.status = Some(crate::model::core::ResourceQuotaStatus { hard, used: None });
    }
    let status = Standalone::request(Verb::Update, Kind::ResourceQuota, "default", "compute").part(Subresource::Status);
    cluster.call(status.body(Body::Object(counted))).unwrap();
    assert_eq!(
        refusal(create(&mut cluster, pod("bare"))),
        "pods \"bare\" is forbidden: failed quota: compute: must specify requests.cpu for: app"
    );
    let asking = |name: &str, cpu: &str| {
        let mut pod = pod(name);
        pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": cpu}});
        pod
    };
    create(&mut cluster, asking("fits", "600m")).unwrap();
    let used = cluster.get(Kind::ResourceQuota, "default", "compute").unwrap().to_value()["status"]["used"].clone();
    assert_eq!(used, json!({"pods": "1", "requests.cpu": "600m"}));
    assert_eq!(
        refusal(create(&mut cluster, asking("over", "500m"))),
        "pods \"over\" is forbidden: exceeded quota: compute, requested: pods=1,requests.cpu=500m, used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1"
    );
}

#[test]
fn services_get_addresses_and_ports() {
    let mut cluster = cluster();
    let service = |name: &str, port: Value| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"type": "NodePort", "selector": {"app": name},
            "ports": [port]}})
    };
    let one = object(create(&mut cluster, service("one", json!({"port": 80, "nodePort": 30080})))).to_value();
    assert!(one["spec"]["clusterIP"].as_str().unwrap().starts_with("10."));
    assert_eq!(
        refusal(create(&mut cluster, service("two", json!({"port": 80, "nodePort": 30080})))),
        "Service \"two\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"
    );
    assert_eq!(
        refusal(create(&mut cluster, service("three", json!({"port": 80, "nodePort": 29999})))),
        "Service \"three\" is invalid: spec.ports[0].nodePort: Invalid value: 29999: provided port is not in the valid range. The range of valid ports is 30000-32767"
    );
    let four = object(create(&mut cluster, service("four", json!({"port": 443})))).to_value();
    assert!(four["spec"]["ports"][0]["nodePort"].as_i64().unwrap() >= 30_086);
    delete(&mut cluster, Kind::Service, "one", DeleteOptions::default()).unwrap();
    create(&mut cluster, service("two", json!({"port": 80, "nodePort": 30080}))).unwrap();
    let api = cluster.get(Kind::Service, "default", "kubernetes").unwrap().to_value();
    assert_eq!(api["spec"]["clusterIP"], "10.96.0.1");
}

#[test]
fn lists_come_in_pages() {
    let mut cluster = cluster();
    for name in ["a", "b", "c"] {
        create(&mut cluster, pod(name)).unwrap();
    }
    let mut request = Standalone::request(Verb::List, Kind::Pod, "default", "");
    request.options.limit = Some(2);
    let Payload::List(first) = cluster.call(request.clone()).unwrap().payload else { panic!("no list") };
    assert_eq!((first.items.len(), first.remaining), (2, Some(1)));
    create(&mut cluster, pod("d")).unwrap();
    request.options.continue_token = first.continue_token;
    let Payload::List(second) = cluster.call(request).unwrap().payload else { panic!("no list") };
    let names: Vec<_> = second.items.iter().map(|pod| pod.name().to_owned()).collect();
    assert_eq!((names, second.revision), (vec!["c".to_owned()], first.revision));
}

#[test]
fn events_live_for_an_hour_by_their_lease() {
    let mut cluster = cluster();
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}, "reason": "R"});
    create(&mut cluster, event).unwrap();
    assert_eq!(cluster.store().leases().next().unwrap().1.keys.len(), 1);
}

#[test]
fn a_pod_that_may_not_change_so_is_shown_the_difference() {
    let mut cluster = cluster();
    create(&mut cluster, pod("fixed")).unwrap();
    let grace = json!({"spec": {"terminationGracePeriodSeconds": 5}});
    let refused = refusal(cluster.call(patch(Kind::Pod, "fixed", PatchType::Strategic, grace)));
    let difference = |refused: &str| refused.split_once('\n').unwrap().1.to_owned();
    assert_eq!(
        difference(&refused),
        "@@ -134,7 +134,7 @@\n  ],\n  \"EphemeralContainers\": null,\n  \"RestartPolicy\": \"Always\",\n\
         - \"TerminationGracePeriodSeconds\": 30,\n+ \"TerminationGracePeriodSeconds\": 5,\n  \"ActiveDeadlineSeconds\": null,\n\x20 \
         \"DNSPolicy\": \"ClusterFirst\",\n  \"NodeSelector\": null,\n"
    );
    let command = json!({"spec": {"containers": [{"name": "app", "command": ["sleep"]}]}});
    let refused = refusal(cluster.call(patch(Kind::Pod, "fixed", PatchType::Strategic, command)));
    assert_eq!(
        difference(&refused),
        "@@ -93,7 +93,9 @@\n   {\n    \"Name\": \"app\",\n    \"Image\": \"nginx:1.27\",\n-   \"Command\": null,\n\
         +   \"Command\": [\n+    \"sleep\"\n+   ],\n    \"Args\": null,\n    \"WorkingDir\": \"\",\n    \"Ports\": null,\n"
    );
    let image = json!({"spec": {"containers": [{"name": "app", "image": "nginx:1.28"}]}});
    let patched = object(cluster.call(patch(Kind::Pod, "fixed", PatchType::Strategic, image)));
    assert_eq!(patched.meta().generation, Some(2));
}

//! Who manages which fields, as clients see it, and server-side apply.

use serde_json::{Value, json};

use super::*;

/// `MANAGER OPERATION SUBRESOURCE FIELDS`, one line each.
fn managers(object: &Object) -> String {
    let value = object.to_value();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |one: &Value| {
        let words =
            [text(&one["manager"]), text(&one["operation"]), text(&one["subresource"]), one["fieldsV1"].to_string()];
        words.join(" ")
    };
    value["metadata"]["managedFields"].as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

fn shown(cluster: &mut Standalone, kind: Kind, name: &str) -> Object {
    let mut request = Standalone::request(Verb::Get, kind, "default", name);
    request.options.managed_fields = true;
    object(cluster.call(request))
}

fn send(cluster: &mut Standalone, mut request: Request, manager: &str) -> Outcome {
    request.options.field_manager = Some(manager.into());
    cluster.call(request)
}

fn applying(manifest: &Value) -> Request {
    let kind = Kind::from_gvk(manifest["apiVersion"].as_str().unwrap(), manifest["kind"].as_str().unwrap()).unwrap();
    patch(kind, manifest["metadata"]["name"].as_str().unwrap(), PatchType::Apply, manifest.clone())
}

fn apply(cluster: &mut Standalone, manifest: &Value, manager: &str) -> Outcome {
    send(cluster, applying(manifest), manager)
}

fn force(cluster: &mut Standalone, manifest: &Value, manager: &str) -> Outcome {
    let mut request = applying(manifest);
    request.options.force = true;
    send(cluster, request, manager)
}

fn shared(replicas: i32, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shared"}, "spec": {"replicas": replicas,
        "selector": {"matchLabels": {"app": "shared"}}, "template": {"metadata": {"labels": {"app": "shared"}},
        "spec": {"containers": [{"name": "app", "image": image}]}}}})
}

fn config(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": data})
}

#[test]
fn who_creates_manages_what_it_sent_with_its_defaults() {
    let mut cluster = cluster();
    let request =
        Standalone::request(Verb::Create, Kind::Deployment, "default", "").body(Body::Manifest(deployment("web")));
    send(&mut cluster, request, "kubectl-create").unwrap();
    let web = shown(&mut cluster, Kind::Deployment, "web");
    let fields = &web.to_value()["metadata"]["managedFields"][0]["fieldsV1"];
    assert_eq!(
        *fields,
        json!({"f:spec": {"f:progressDeadlineSeconds": {}, "f:replicas": {}, "f:revisionHistoryLimit": {}, "f:selector": {},
            "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
            "f:template": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {
                "f:containers": {"k:{\"name\":\"nginx\"}": {".": {}, "f:image": {}, "f:imagePullPolicy": {}, "f:name": {},
                    "f:resources": {}, "f:terminationMessagePath": {}, "f:terminationMessagePolicy": {}}},
                "f:dnsPolicy": {}, "f:restartPolicy": {}, "f:schedulerName": {}, "f:securityContext": {},
                "f:terminationGracePeriodSeconds": {}}}}})
    );
    let entry = &web.to_value()["metadata"]["managedFields"][0];
    assert_eq!((&entry["apiVersion"], &entry["fieldsType"]), (&json!("apps/v1"), &json!("FieldsV1")));
    assert_eq!(entry["time"], "2026-01-05T08:00:00Z");
}

#[test]
fn a_pod_is_managed_by_its_creator_and_its_kubelet() {
    let mut cluster = cluster();
    let request = Standalone::request(Verb::Create, Kind::Pod, "default", "").body(Body::Manifest(pod("web")));
    send(&mut cluster, request, "kubectl-run").unwrap();
    bind(&mut cluster, "web", "n1").unwrap();
    for phase in ["Pending", "Running"] {
        let mut next = cluster.get(Kind::Pod, "default", "web").unwrap();
        if let Object::Pod(pod) = &mut next {
            let status = Arc::make_mut(pod).status_mut();
            status.phase = Some(phase.into());
            status.pod_ip = Some("10.244.1.2".into());
            let ip = crate::model::core::PodIP { ip: "10.244.1.2".into() };
            status.pod_ips = Some(vec![ip]);
        }
        let request = Standalone::request(Verb::Patch, Kind::Pod, "default", "web").part(Subresource::Status);
        send(&mut cluster, request.body(Body::StatusOf(next)), "kubelet").unwrap();
    }
    insta::assert_snapshot!(managers(&shown(&mut cluster, Kind::Pod, "web")), @r#"
    kubectl-run Update  {"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}
    kubelet Update status {"f:status":{"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{\"ip\":\"10.244.1.2\"}":{".":{},"f:ip":{}}}}}
    "#);
}

#[test]
fn two_managers_who_want_the_same_field_are_in_conflict() {
    let mut cluster = cluster();
    apply(&mut cluster, &shared(1, "nginx:1.26"), "team-a").unwrap();
    let refused = *apply(&mut cluster, &shared(2, "nginx:1.27"), "team-b").unwrap_err();
    insta::assert_snapshot!(refused.message, @r#"
    Apply failed with 2 conflicts: conflicts with "team-a":
    - .spec.replicas
    - .spec.template.spec.containers[name="app"].image
    "#);
    let causes = &refused.details.as_ref().unwrap().causes;
    let first = &causes[0];
    assert_eq!(causes.len(), 2);
    assert_eq!(
        (&*first.reason, &*first.message, &*first.field),
        ("FieldManagerConflict", "conflict with \"team-a\"", ".spec.replicas")
    );
    let part =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shared"}, "spec": {"replicas": 3}});
    force(&mut cluster, &part, "team-c").unwrap();
    insta::assert_snapshot!(managers(&shown(&mut cluster, Kind::Deployment, "shared")), @r#"
    team-a Apply  {"f:spec":{"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:name":{}}}}}}}
    team-c Apply  {"f:spec":{"f:replicas":{}}}
    "#);
    let same = apply(&mut cluster, &shared(3, "nginx:1.26"), "team-d");
    assert_eq!(object(same).meta().generation, Some(2));
}

#[test]
fn scaling_takes_the_replicas_away() {
    let mut cluster = cluster();
    let request =
        Standalone::request(Verb::Create, Kind::Deployment, "default", "").body(Body::Manifest(shared(1, "nginx")));
    send(&mut cluster, request, "kubectl-client-side-apply").unwrap();
    let part =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shared"}, "spec": {"replicas": 3}});
    assert_eq!(
        refusal(apply(&mut cluster, &part, "me")),
        "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using apps/v1: .spec.replicas"
    );
    let scale = Standalone::request(Verb::Update, Kind::Deployment, "default", "shared").part(Subresource::Scale);
    send(&mut cluster, scale.body(Body::Scale(2)), "kubectl").unwrap();
    assert_eq!(
        refusal(apply(&mut cluster, &part, "me")),
        "Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using apps/v1: .spec.replicas"
    );
    let scaled = shown(&mut cluster, Kind::Deployment, "shared");
    assert!(
        managers(&scaled).ends_with("kubectl Update scale {\"f:spec\":{\"f:replicas\":{}}}")
            || managers(&scaled).starts_with("kubectl Update scale")
    );
}

#[test]
fn what_is_no_longer_applied_goes_unless_someone_else_has_it() {
    let mut cluster = cluster();
    apply(&mut cluster, &config(json!({"a": "1", "b": "2", "c": "3"})), "one").unwrap();
    apply(&mut cluster, &config(json!({"b": "2"})), "two").unwrap();
    let left = object(apply(&mut cluster, &config(json!({"c": "3"})), "one")).to_value();
    assert_eq!(left["data"], json!({"b": "2", "c": "3"}));
    let gone = object(apply(
        &mut cluster,
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}}),
        "one",
    ));
    assert_eq!(gone.to_value()["data"], json!({"b": "2"}));
    insta::assert_snapshot!(managers(&shown(&mut cluster, Kind::ConfigMap, "conf")), @r#"two Apply  {"f:data":{"f:b":{}}}"#);
}

#[test]
fn client_side_apply_hands_over_to_server_side_apply() {
    let mut cluster = cluster();
    let mut manifest = config(json!({"a": "1"}));
    let last = r#"{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"conf","namespace":"default"}}"#;
    manifest["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": last});
    let request = Standalone::request(Verb::Create, Kind::ConfigMap, "default", "").body(Body::Manifest(manifest));
    send(&mut cluster, request, "kubectl-client-side-apply").unwrap();
    // As kubectl's migration of ownership does it.
    let before = shown(&mut cluster, Kind::ConfigMap, "conf").to_value();
    let mut entries = before["metadata"]["managedFields"].clone();
    entries[0]["manager"] = "kubectl".into();
    entries[0]["operation"] = "Apply".into();
    let operations = json!([{"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": before["metadata"]["resourceVersion"]}]);
    send(&mut cluster, patch(Kind::ConfigMap, "conf", PatchType::Json, operations), "kubectl").unwrap();
    let taken = shown(&mut cluster, Kind::ConfigMap, "conf");
    assert!(managers(&taken).starts_with("kubectl Apply "), "{}", managers(&taken));
    let changed = object(apply(&mut cluster, &config(json!({"b": "2"})), "kubectl")).to_value();
    assert_eq!(changed["data"], json!({"b": "2"}));
}

#[test]
fn kubectl_takes_over_without_conflict_what_its_client_side_apply_wrote() {
    let mut cluster = cluster();
    let mut manifest = config(json!({"a": "1"}));
    let last = r#"{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"conf","namespace":"default"}}"#;
    manifest["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": last});
    let request = Standalone::request(Verb::Create, Kind::ConfigMap, "default", "").body(Body::Manifest(manifest));
    send(&mut cluster, request, "kubectl-client-side-apply").unwrap();
    assert!(refusal(apply(&mut cluster, &config(json!({"a": "2"})), "other")).contains("kubectl-client-side-apply"));
    let changed = object(apply(&mut cluster, &config(json!({"a": "2"})), "kubectl")).to_value();
    assert_eq!(changed["data"]["a"], "2");
    let annotation = &changed["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    assert!(annotation.as_str().unwrap().contains("\"a\":\"2\""), "{annotation}");
}

#[test]
fn managed_fields_can_be_forgotten_and_are_kept_when_left_out() {
    let mut cluster = cluster();
    apply(&mut cluster, &config(json!({"a": "1"})), "one").unwrap();
    let labelled = json!({"metadata": {"labels": {"x": "y"}}});
    send(&mut cluster, patch(Kind::ConfigMap, "conf", PatchType::Merge, labelled), "kubectl-label").unwrap();
    insta::assert_snapshot!(managers(&shown(&mut cluster, Kind::ConfigMap, "conf")), @r#"
    one Apply  {"f:data":{"f:a":{}}}
    kubectl-label Update  {"f:metadata":{"f:labels":{".":{},"f:x":{}}}}
    "#);
    let reset = json!({"metadata": {"managedFields": [{}]}});
    send(&mut cluster, patch(Kind::ConfigMap, "conf", PatchType::Merge, reset), "me").unwrap();
    assert_eq!(managers(&shown(&mut cluster, Kind::ConfigMap, "conf")), "");
    apply(&mut cluster, &config(json!({"a": "1", "b": "2"})), "two").unwrap();
    insta::assert_snapshot!(managers(&shown(&mut cluster, Kind::ConfigMap, "conf")), @r#"
    two Apply  {"f:data":{"f:a":{},"f:b":{}}}
    before-first-apply Update  {"f:data":{".":{},"f:a":{}},"f:metadata":{"f:labels":{".":{},"f:x":{}}}}
    "#);
}

#[test]
fn the_oldest_of_many_updaters_become_one() {
    let mut cluster = cluster();
    create(&mut cluster, config(json!({"a": "0"}))).unwrap();
    for index in 0..12 {
        let data = json!({"data": {format!("k{index}"): "v"}});
        cluster.advance(SimTime::from_secs(index + 1));
        send(&mut cluster, patch(Kind::ConfigMap, "conf", PatchType::Merge, data), &format!("m{index}")).unwrap();
    }
    let text = managers(&shown(&mut cluster, Kind::ConfigMap, "conf"));
    assert_eq!(text.lines().count(), 10);
    assert_eq!(
        text.lines().next().unwrap(),
        r#"ancient-changes Update  {"f:data":{".":{},"f:a":{},"f:k0":{},"f:k1":{},"f:k2":{}}}"#
    );
}

#[test]
fn what_cannot_be_applied_is_refused_word_for_word() {
    let mut cluster = cluster();
    let nobody = cluster.call(applying(&config(json!({}))));
    assert_eq!(
        refusal(nobody),
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
    );
    let mut wrong = shared(1, "nginx");
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePulPolicy"] = "Always".into();
    assert_eq!(
        refusal(apply(&mut cluster, &wrong, "me")),
        "failed to create typed patch object (/shared; apps/v1, Kind=Deployment): \
         .spec.template.spec.containers[name=\"app\"].imagePulPolicy: field not declared in schema"
    );
    let mut wrong = shared(1, "nginx");
    wrong["spec"]["replicas"] = "two".into();
    assert_eq!(
        refusal(apply(&mut cluster, &wrong, "me")),
        "failed to create typed patch object (/shared; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or \
         float), got string"
    );
    let mut managed = config(json!({}));
    managed["metadata"]["managedFields"] = json!([]);
    assert_eq!(refusal(apply(&mut cluster, &managed, "me")), "metadata.managedFields must be nil");
    let mut forced = patch(Kind::ConfigMap, "conf", PatchType::Merge, json!({}));
    forced.options.force = true;
    assert_eq!(
        refusal(cluster.call(forced)),
        "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch"
    );
}

#[test]
fn what_is_applied_no_longer_falls_back_to_its_default() {
    let mut cluster = cluster();
    let with_port = |port: Value| {
        let mut value = shared(1, "nginx");
        value["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([port]);
        value
    };
    let made = apply(&mut cluster, &with_port(json!({"containerPort": 80, "protocol": "TCP"})), "a").unwrap();
    assert!(made.is_new);
    let again = apply(&mut cluster, &with_port(json!({"containerPort": 80})), "a").unwrap();
    assert!(!again.is_new);
    let shown = shown(&mut cluster, Kind::Deployment, "shared").to_value();
    assert_eq!(shown["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"], "TCP");
}

#[test]
fn a_scale_can_be_applied_and_is_argued_about() {
    let mut cluster = cluster();
    apply(&mut cluster, &shared(1, "nginx"), "a").unwrap();
    let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "shared"}, "spec": {"replicas": 4}});
    let request = || patch(Kind::Deployment, "shared", PatchType::Apply, scale.clone()).part(Subresource::Scale);
    let refused = refusal(send(&mut cluster, request(), "scaler"));
    insta::assert_snapshot!(refused, @r#"Apply failed with 1 conflict: conflict with "a": .spec.replicas"#);
    let mut forced = request();
    forced.options.force = true;
    let Payload::Scale(scale) = send(&mut cluster, forced, "scaler").unwrap().payload else { panic!("no scale") };
    assert_eq!(scale.spec_replicas, 4);
    let managers = managers(&shown(&mut cluster, Kind::Deployment, "shared"));
    assert!(managers.contains("scaler Apply scale {\"f:spec\":{\"f:replicas\":{}}}"), "{managers}");
    let merged = json!([{"op": "replace", "path": "/spec/replicas", "value": 2}]);
    let request = patch(Kind::Deployment, "shared", PatchType::Json, merged).part(Subresource::Scale);
    let Payload::Scale(scale) = send(&mut cluster, request, "b").unwrap().payload else { panic!("no scale") };
    assert_eq!(scale.spec_replicas, 2);
    let refused = refusal(send(
        &mut cluster,
        self::patch(Kind::Deployment, "shared", PatchType::Apply, scale.to_value()).part(Subresource::Scale),
        "",
    ));
    assert!(refused.contains("fieldManager: Required value"), "{refused}");
}

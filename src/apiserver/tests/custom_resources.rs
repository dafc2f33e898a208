//! Definitions and the objects that they allow.

use serde_json::{Value, json};

use super::{cluster, create, delete, object, refusal};
use crate::apiserver::standalone::Standalone;
use crate::apiserver::{Body, DeleteOptions, FieldValidation, PatchType, Subresource, Verb};
use crate::engine::SimTime;
use crate::model::custom_kind::kinds_of;
use crate::model::{Kind, Object, Resource, apiextensions};
use crate::printers::{cells, columns};

fn definition() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "crontabs.stable.example.com"},
        "spec": {"group": "stable.example.com", "scope": "Namespaced",
            "names": {"plural": "crontabs", "kind": "CronTab", "shortNames": ["ct"]},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
                "additionalPrinterColumns": [
                    {"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"},
                    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}],
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "required": ["cronSpec"],
                        "x-kubernetes-validations": [
                            {"rule": "self.replicas <= self.max", "message": "replicas must not exceed max"},
                            {"rule": "self.max >= oldSelf.max", "message": "max may only grow"}],
                        "properties": {
                            "cronSpec": {"type": "string", "pattern": "^(\\d+|\\*)(\\s+(\\d+|\\*)){4}$"},
                            "color": {"type": "string", "enum": ["red", "blue"]},
                            "max": {"type": "integer", "default": 10},
                            "replicas": {"type": "integer", "default": 1, "minimum": 1, "maximum": 10}}},
                    "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}}}}}}]}})
}

fn define(cluster: &mut Standalone) -> Kind {
    let stored = object(create(cluster, definition()));
    let stored = apiextensions::CustomResourceDefinition::of(&stored).unwrap();
    let conditions = stored.status.as_ref().unwrap().conditions.as_ref().unwrap();
    let told: Vec<_> = conditions.iter().map(|one| format!("{}={}", one.type_, one.status)).collect();
    assert_eq!(told, ["NamesAccepted=True", "Established=True"]);
    assert_eq!(stored.spec.names.list_kind.as_deref(), Some("CronTabList"));
    kinds_of(stored)[0]
}

fn put(cluster: &mut Standalone, kind: Kind, name: &str, spec: Value) -> crate::apiserver::Outcome {
    let manifest =
        json!({"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": name}, "spec": spec});
    let mut request = Standalone::request(Verb::Create, kind, "default", "").body(Body::Manifest(manifest));
    request.options.field_validation = FieldValidation::Ignore;
    cluster.call(request)
}

fn patch(kind: Kind, type_: PatchType, patch: Value) -> crate::apiserver::Request {
    Standalone::request(Verb::Patch, kind, "default", "a").body(Body::Patch(type_, patch))
}

#[test]
fn an_object_is_defaulted_pruned_and_shown_as_its_definition_says() {
    let mut cluster = cluster();
    let kind = define(&mut cluster);
    let spec = json!({"cronSpec": "* * * * *", "odd": true});
    let stored = object(put(&mut cluster, kind, "a", spec));
    let value = stored.to_value();
    assert_eq!(value["spec"], json!({"cronSpec": "* * * * *", "replicas": 1, "max": 10}));
    assert_eq!((&value["apiVersion"], &value["kind"]), (&json!("stable.example.com/v1"), &json!("CronTab")));
    assert_eq!(value["metadata"]["generation"], 1);
    let names: Vec<_> = columns(kind).iter().map(|column| column.name).collect();
    assert_eq!(names, ["Name", "Spec", "Replicas", "Age"]);
    assert_eq!(cells(&stored, SimTime::ZERO)[..3], ["a", "* * * * *", "1"].map(String::from));
    assert!(matches!(cluster.get(kind, "default", "a"), Some(Object::Custom(_))));
}

#[test]
fn what_the_schema_forbids_is_refused_in_the_words_of_the_server() {
    let mut cluster = cluster();
    let kind = define(&mut cluster);
    assert_eq!(
        refusal(put(&mut cluster, kind, "a", json!({"cronSpec": "* *", "replicas": 11, "color": "green"}))),
        "CronTab.stable.example.com \"a\" is invalid: [spec.color: Unsupported value: \"green\": supported values: \"red\", \
         \"blue\", spec.cronSpec: Invalid value: \"* *\": spec.cronSpec in body should match \
         '^(\\d+|\\*)(\\s+(\\d+|\\*)){4}$', spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal \
         to 10]"
    );
    assert_eq!(
        refusal(put(&mut cluster, kind, "a", json!({"replicas": "two"}))),
        "CronTab.stable.example.com \"a\" is invalid: [spec.cronSpec: Required value, spec.replicas: Invalid value: \"string\": \
         spec.replicas in body must be of type integer: \"string\"]"
    );
    assert_eq!(
        refusal(put(&mut cluster, kind, "a", json!({"cronSpec": "* * * * *", "replicas": 5, "max": 3}))),
        "CronTab.stable.example.com \"a\" is invalid: spec: Invalid value: \"object\": replicas must not exceed max"
    );
}

#[test]
fn a_rule_may_compare_with_the_older_state() {
    let mut cluster = cluster();
    let kind = define(&mut cluster);
    put(&mut cluster, kind, "a", json!({"cronSpec": "* * * * *"})).unwrap();
    let fewer = patch(kind, PatchType::Merge, json!({"spec": {"max": 5}}));
    assert_eq!(
        refusal(cluster.call(fewer)),
        "CronTab.stable.example.com \"a\" is invalid: spec: Invalid value: \"object\": max may only grow"
    );
    let more =
        object(cluster.call(patch(kind, PatchType::Merge, json!({"spec": {"max": 20}, "status": {"replicas": 1}}))));
    assert_eq!((more.meta().generation, more.to_value().get("status").cloned()), (Some(2), None));
    let strategic = patch(kind, PatchType::Strategic, json!({"spec": {"max": 30}}));
    assert_eq!(cluster.call(strategic).unwrap_err().code, 415);
}

#[test]
fn status_and_scale_are_subresources() {
    let mut cluster = cluster();
    let kind = define(&mut cluster);
    put(&mut cluster, kind, "a", json!({"cronSpec": "* * * * *"})).unwrap();
    let status = patch(kind, PatchType::Merge, json!({"spec": {"max": 99}, "status": {"replicas": 1}}));
    let stored = object(cluster.call(status.part(Subresource::Status))).to_value();
    assert_eq!((&stored["status"], &stored["spec"]["max"]), (&json!({"replicas": 1}), &json!(10)));
    let scale = Standalone::request(Verb::Update, kind, "default", "a").part(Subresource::Scale).body(Body::Scale(4));
    cluster.call(scale).unwrap();
    assert_eq!(cluster.get(kind, "default", "a").unwrap().to_value()["spec"]["replicas"], 4);
}

#[test]
fn without_a_definition_there_is_no_such_resource() {
    let mut cluster = cluster();
    let kind = define(&mut cluster);
    let name = "crontabs.stable.example.com";
    let deleted = delete(&mut cluster, Kind::CustomResourceDefinition, name, DeleteOptions::default());
    assert!(object(deleted).meta().finalizers.as_ref().is_some_and(|finalizers| finalizers.len() == 1));
    let refused = put(&mut cluster, kind, "a", json!({"cronSpec": "* * * * *"})).unwrap_err();
    assert_eq!((refused.code, refused.message.starts_with("create not allowed while custom resource")), (405, true));
    let empty = json!({"metadata": {"finalizers": []}});
    let release = Standalone::request(Verb::Patch, Kind::CustomResourceDefinition, "", name);
    cluster.call(release.body(Body::Patch(PatchType::Merge, empty))).unwrap();
    assert_eq!(
        refusal(cluster.call(Standalone::request(Verb::List, kind, "default", ""))),
        "the server could not find the requested resource"
    );
}

#[test]
fn a_definition_must_be_structural() {
    let mut cluster = cluster();
    let mut other = definition();
    other["metadata"]["name"] = json!("other");
    other["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["max"] =
        json!({"default": 1});
    assert_eq!(
        refusal(create(&mut cluster, other)),
        "CustomResourceDefinition.apiextensions.k8s.io \"other\" is invalid: [metadata.name: Invalid value: \"other\": must be \
         spec.names.plural+\".\"+spec.group, \
         spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[max].type: Required value: must not be empty for \
         specified object fields]"
    );
}

//! Sets of fields, compared with what upstream's own rules give.

use serde_json::{Value, json};

use super::*;

fn deployment() -> Shape<'static> {
    Shape::of_kind("apps/v1", "Deployment")
}

fn containers(list: Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": list}}}})
}

fn names(value: &Value) -> Vec<&str> {
    let list = value["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    list.iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn a_set_survives_its_json() {
    let object = json!({"metadata": {"labels": {"a": "b"}, "finalizers": ["x.io/y"]}, "spec": {"replicas": 1,
        "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {"containers": [
            {"name": "app", "ports": [{"containerPort": 80}], "resources": {}, "args": ["x"]}]}}}});
    let set = gather(&object, deployment());
    let text = set.to_value();
    assert_eq!(
        text,
        json!({"f:metadata": {"f:finalizers": {"v:\"x.io/y\"": {}}, "f:labels": {"f:a": {}}},
            "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {"f:containers": {
                "k:{\"name\":\"app\"}": {".": {}, "f:args": {}, "f:name": {}, "f:ports": {
                    "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                    "f:resources": {}}}}}}})
    );
    assert_eq!(FieldSet::from_value(&text), Ok(set));
}

#[test]
fn a_comparison_tells_fields_of_elements_apart() {
    let old = containers(json!([{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]));
    let new = containers(json!([{"name": "b", "image": "y:2"}, {"name": "c", "image": "z:1"}]));
    let compared = Comparison::between(&old, &new, deployment());
    let told = |set: &FieldSet| -> Vec<String> {
        set.paths().iter().map(|path| path.iter().map(ToString::to_string).collect()).collect()
    };
    let place = |rest: &str| format!(".spec.template.spec.containers{rest}");
    assert_eq!(told(&compared.modified), [place("[name=\"b\"].image")]);
    assert_eq!(
        told(&compared.removed),
        [place("[name=\"a\"]"), place("[name=\"a\"].image"), place("[name=\"a\"].name")]
    );
    assert_eq!(told(&compared.added), [place("[name=\"c\"]"), place("[name=\"c\"].image"), place("[name=\"c\"].name")]);
}

#[test]
fn elements_that_are_not_applied_keep_their_place() {
    let live = containers(json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]));
    let applied = containers(json!([{"name": "d"}, {"name": "b", "image": "x"}]));
    assert_eq!(names(&merge(&live, &applied, deployment())), ["a", "d", "b", "c"]);
    let swapped = containers(json!([{"name": "c"}, {"name": "a"}]));
    assert_eq!(names(&merge(&live, &swapped, deployment())), ["b", "c", "a"]);
}

#[test]
fn duplicates_of_a_configuration_are_told_with_their_place() {
    let twice = containers(json!([{"name": "a"}, {"name": "a"}]));
    let told = validate(&twice, deployment()).unwrap_err();
    assert_eq!(told, ".spec.template.spec.containers: duplicate entries for key [name=\"a\"]");
}

#[test]
fn what_go_always_writes_is_filled_in() {
    let mut empty = json!({});
    deployment().fill(&mut empty);
    assert_eq!(
        empty,
        json!({"metadata": {}, "spec": {"selector": null, "strategy": {}, "template": {"metadata": {},
            "spec": {"containers": null}}}, "status": {}})
    );
}

#[test]
fn custom_types_bring_their_own_rules() {
    let schema = json!({"properties": {"spec": {"properties": {
        "items": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"], "items": {"properties": {"id": {}}}},
        "whole": {"x-kubernetes-map-type": "atomic"}, "free": {"additionalProperties": {}}}}}});
    let object = json!({"metadata": {"labels": {"a": "b"}},
        "spec": {"items": [{"id": 7, "x": 1}], "whole": {"a": 1}, "free": {"k": "v"}}});
    let schema = serde_json::from_value(schema).unwrap();
    let set = gather(&object, Shape::of_schema(Some(&schema))).to_value();
    assert_eq!(set["f:spec"]["f:items"], json!({"k:{\"id\":7}": {".": {}, "f:id": {}, "f:x": {}}}));
    assert_eq!((&set["f:spec"]["f:whole"], &set["f:spec"]["f:free"]), (&json!({}), &json!({"f:k": {}})));
}

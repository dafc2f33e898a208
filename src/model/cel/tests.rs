//! Expressions as people write them in policies.

use serde_json::{Value, json};

use super::{Scope, compute, holds};

fn scope() -> Scope {
    let object = json!({"metadata": {"name": "web", "labels": {"b": "2", "a": "1"}}, "spec": {"replicas": 3,
        "containers": [{"name": "app", "image": "reg.example/app:1", "limits": {"memory": "1Gi"}}],
        "initContainers": [{"name": "init", "image": "busybox"}]}});
    Scope::default().with("object", &object).with("oldObject", &Value::Null)
}

#[test]
fn conditions_as_policies_have_them() {
    for (source, expected) in [
        ("object.spec.replicas + 1 <= 4", true),
        ("oldObject == null", true),
        ("has(object.metadata.annotations)", false),
        ("'a' in object.metadata.labels && object.metadata.labels.a == '1'", true),
        ("object.metadata.?labels.?team.orValue('none') == 'none'", true),
        ("object.spec.containers.all(c, c.image.startsWith('reg.example/'))", true),
        ("(object.spec.containers + object.spec.initContainers).all(c, c.image.startsWith('reg.example/'))", false),
        ("object.metadata.name.matches('^w[a-z]+$')", true),
        ("quantity(object.spec.containers[0].limits.memory).isGreaterThan(quantity('512Mi'))", true),
        ("quantity('1Gi') == quantity('1024Mi')", true),
        ("object.spec.containers.exists_one(c, c.name == 'app')", true),
        ("object.metadata.name.upperAscii() == 'WEB'", true),
    ] {
        assert_eq!(holds(source, &scope()), Ok(expected), "{source}");
    }
}

#[test]
fn errors_are_those_of_kubernetes() {
    let refused = |source: &str| holds(source, &scope()).unwrap_err();
    assert_eq!(refused("object.spec.paused"), "expression 'object.spec.paused' resulted in error: no such key: paused");
    assert_eq!(refused("object.spec.replicas"), "cel expression evaluates to int, but a bool was expected");
    assert!(refused("object.spec.").starts_with("compilation failed: ERROR: <input>:1:"));
}

#[test]
fn values_keep_their_order() {
    assert_eq!(compute("object.metadata.labels.map(k, k)", &scope()), Ok(json!(["a", "b"])));
    assert_eq!(compute("'replicas: ' + string(object.spec.replicas)", &scope()), Ok(json!("replicas: 3")));
    assert_eq!(
        compute("[{'op': 'add', 'path': '/metadata/labels/x', 'value': object.metadata.labels}]", &scope()),
        Ok(json!([{"op": "add", "path": "/metadata/labels/x", "value": {"a": "1", "b": "2"}}]))
    );
}

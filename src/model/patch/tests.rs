//! What patch reads and writes, case by case.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn patched(object: Value, patch: Value) -> Value {
    apply_strategic(&object, &patch, Schema::of_kind("Deployment")).unwrap()
}

fn template(spec: Value) -> Value {
    json!({"spec": {"template": {"spec": spec}}})
}

#[test]
fn containers_merge_by_name_and_new_ones_go_first() {
    let object =
        template(json!({"containers": [{"name": "nginx", "image": "nginx", "env": [{"name": "A", "value": "1"}]}]}));
    let side = patched(object.clone(), template(json!({"containers": [{"name": "side", "image": "busybox"}]})));
    assert_eq!(side["spec"]["template"]["spec"]["containers"][0]["name"], "side");
    let gone = patched(side, template(json!({"containers": [{"$patch": "delete", "name": "side"}]})));
    assert_eq!(gone, object);
    let env = patched(
        object,
        template(json!({"containers": [{"name": "nginx", "env": [{"name": "B", "value": "2"}], "image": null}]})),
    );
    let container = json!({"name": "nginx", "env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]});
    assert_eq!(env, template(json!({"containers": [container]})));
}

#[test]
fn directives_replace_retain_and_order() {
    let object = json!({
        "metadata": {"finalizers": ["a", "b"], "labels": {"x": "y"}},
        "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}
    });
    let patch = json!({
        "metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "labels": {"$patch": "replace", "z": "1"}},
        "spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}
    });
    let wanted =
        json!({"metadata": {"finalizers": ["b"], "labels": {"z": "1"}}, "spec": {"strategy": {"type": "Recreate"}}});
    assert_eq!(patched(object, patch), wanted);
    let ordered = template(json!({
        "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
        "containers": [{"name": "b", "image": "2"}]
    }));
    let object = template(json!({"containers": [{"name": "a"}, {"name": "other"}, {"name": "b"}]}));
    let names: Vec<_> = patched(object, ordered)["spec"]["template"]["spec"]["containers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].clone())
        .collect();
    assert_eq!(names, ["other", "b", "a"]);
}

#[test]
fn lists_without_a_key_are_replaced() {
    let object = template(json!({"tolerations": [{"key": "a"}], "containers": []}));
    let patch = template(json!({"tolerations": [{"key": "b"}]}));
    assert_eq!(patched(object, patch)["spec"]["template"]["spec"]["tolerations"], json!([{"key": "b"}]));
}

#[test]
fn refusals_use_the_words_of_apimachinery() {
    let refused = |patch: Value| {
        let object = template(json!({"containers": [{"name": "a"}]}));
        apply_strategic(&object, &patch, Schema::of_kind("Deployment")).unwrap_err().to_string()
    };
    assert_eq!(
        refused(template(json!({"containers": [{"image": "x"}]}))),
        "map: map[image:x] does not contain declared merge key: name"
    );
    assert_eq!(refused(json!({"spec": {"$patch": "zap"}})), "unknown patch type: zap in map: map[$patch:zap]");
    assert_eq!(refused(json!([])), "invalid JSON document");
    assert_eq!(
        go_print(&template(json!({"replicas": "two", "l": [1, null]}))),
        "map[spec:map[template:map[spec:map[l:[1 <nil>] replicas:two]]]]"
    );
}

#[test]
fn apply_sends_changes_and_what_was_taken_away() {
    let original = template(
        json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}], "volumes": [{"name": "v", "emptyDir": {}}]}),
    );
    let modified = template(
        json!({"containers": [{"name": "a", "image": "2"}], "volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}),
    );
    let current = template(json!({
        "containers": [{"name": "a", "image": "1", "imagePullPolicy": "Always"}, {"name": "b"}, {"name": "injected"}],
        "volumes": [{"name": "v", "emptyDir": {}}], "dnsPolicy": "ClusterFirst"
    }));
    let schema = Schema::of_kind("Deployment");
    let patch = three_way(&original, &modified, &current, schema).unwrap();
    let spec = &patch["spec"]["template"]["spec"];
    assert_eq!(spec["containers"], json!([{"name": "a", "image": "2"}, {"$patch": "delete", "name": "b"}]));
    assert_eq!(spec["$setElementOrder/containers"], json!([{"name": "a"}]));
    assert_eq!(
        spec["volumes"],
        json!([{"$retainKeys": ["hostPath", "name"], "emptyDir": null, "hostPath": {"path": "/x"}, "name": "v"}])
    );
    let applied = apply_strategic(&current, &patch, schema).unwrap();
    let wanted = template(json!({
        "containers": [{"name": "a", "image": "2", "imagePullPolicy": "Always"}, {"name": "injected"}],
        "volumes": [{"name": "v", "hostPath": {"path": "/x"}}], "dnsPolicy": "ClusterFirst"
    }));
    assert_eq!(applied, wanted);
    let again = three_way(&modified, &modified, &applied, schema).unwrap();
    assert_eq!(again, template(json!({"$setElementOrder/containers": [{"name": "a"}]})));
    assert_eq!(apply_strategic(&applied, &again, schema).unwrap(), applied);
}

#[test]
fn json_patches_say_what_did_not_apply() {
    let object = json!({"spec": {"replicas": 1}, "metadata": {"labels": {}}});
    let refused = |patch: Value| apply_json(&object, &patch).unwrap_err().to_string();
    assert_eq!(
        refused(json!([{"op": "test", "path": "/spec/replicas", "value": 5}])),
        "testing value /spec/replicas failed: test failed"
    );
    assert_eq!(
        refused(json!([{"op": "remove", "path": "/metadata/labels/none"}])),
        "error in remove for path: '/metadata/labels/none': Unable to remove nonexistent key: none: missing value"
    );
    let patch =
        json!([{"op": "replace", "path": "/spec/replicas", "value": 2}, {"op": "add", "path": "/spec/x", "value": []}]);
    assert_eq!(apply_json(&object, &patch).unwrap()["spec"], json!({"replicas": 2, "x": []}));
}

#[test]
fn merge_patches_take_fields_away_with_nulls() {
    let object = json!({"a": {"b": 1, "c": 2}, "d": [1]});
    assert_eq!(apply_merge(&object, &json!({"a": {"b": null}, "d": [2]})), json!({"a": {"c": 2}, "d": [2]}));
    let patch = merge_three_way(
        &json!({"a": {"b": 1}, "x": 1}),
        &json!({"a": {"c": 3}}),
        &json!({"a": {"b": 1, "c": 2}, "x": 1, "live": true}),
    );
    assert_eq!(patch, json!({"a": {"b": null, "c": 3}, "x": null}));
}

fn text() -> impl Strategy<Value = Value> {
    "[ab]{1,2}".prop_map(Value::from)
}

/// A list of maps with distinct keys, in any order.
fn keyed(key: &'static str, extra: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    let items = prop::collection::btree_map("[a-d]", extra, 0..4).prop_map(move |items| {
        items
            .into_iter()
            .map(|(name, mut item)| {
                item[key] = name.into();
                item
            })
            .collect::<Vec<_>>()
    });
    items.prop_shuffle().prop_map(Value::from).boxed()
}

fn some_fields(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let pairs: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| prop::option::of(value.prop_map(move |value| (name.to_owned(), value))))
        .collect();
    pairs.prop_map(|pairs| Value::Object(pairs.into_iter().flatten().collect())).boxed()
}

fn deployment() -> impl Strategy<Value = Value> {
    let env = keyed("name", some_fields(vec![("value", text().boxed())]));
    let container = some_fields(vec![
        ("image", text().boxed()),
        ("env", env),
        ("args", prop::collection::vec(text(), 0..3).prop_map(Value::from).boxed()),
    ]);
    let source = some_fields(vec![
        ("emptyDir", Just(json!({})).boxed()),
        ("hostPath", some_fields(vec![("path", text().boxed())])),
    ]);
    let spec = some_fields(vec![
        ("containers", keyed("name", container)),
        ("volumes", keyed("name", source)),
        ("nodeName", text().boxed()),
    ]);
    let finalizers =
        prop::collection::btree_set("[a-d]", 0..4).prop_map(|set| set.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let metadata = some_fields(vec![
        ("finalizers", finalizers.prop_map(Value::from).boxed()),
        ("labels", prop::collection::btree_map("[ab]", "[xy]", 0..3).prop_map(|map| json!(map)).boxed()),
    ]);
    let strategy =
        some_fields(vec![("type", text().boxed()), ("rollingUpdate", some_fields(vec![("maxSurge", text().boxed())]))]);
    (metadata, spec, strategy).prop_map(|(metadata, spec, strategy)| json!({"metadata": metadata, "spec": {"strategy": strategy, "template": {"spec": spec}}}))
}

proptest! {
    #[test]
    fn a_patch_made_of_two_objects_turns_one_into_the_other(one in deployment(), other in deployment()) {
        let schema = Schema::of_kind("Deployment");
        let patch = two_way(&one, &other, schema).unwrap();
        prop_assert_eq!(apply_strategic(&one, &patch, schema).unwrap(), other.clone(), "{}", patch);
        prop_assert_eq!(two_way(&one, &one, schema).unwrap(), json!({}));
        let merge = merge_two_way(&one, &other);
        prop_assert_eq!(apply_merge(&one, &merge), other);
    }

    #[test]
    fn applying_twice_changes_nothing_more(last in deployment(), new in deployment(), live in deployment()) {
        let schema = Schema::of_kind("Deployment");
        let patch = three_way(&last, &new, &live, schema).unwrap();
        let applied = apply_strategic(&live, &patch, schema).unwrap();
        let again = three_way(&new, &new, &applied, schema).unwrap();
        prop_assert_eq!(apply_strategic(&applied, &again, schema).unwrap(), applied);
    }
}

//! What is warned of, in the words of a real cluster.

use std::sync::Arc;

use serde_json::json;

use super::about;
use crate::model::apps::Deployment;
use crate::model::{Object, Pod};

#[test]
fn pods_are_warned_about_what_is_odd_but_allowed() {
    let mut pod = Pod::default();
    pod.metadata.name = Some("a.b".into());
    *pod.spec_mut() = serde_json::from_value(json!({
        "nodeSelector": {"beta.kubernetes.io/os": "linux"},
        "containers": [{
            "name": "c", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "A", "value": "$(A)3"}],
            "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "TCP"}],
            "resources": {"limits": {"memory": "100m"}}}]}))
    .unwrap();
    let told: Vec<_> = about(&Object::from(pod), None).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 5);
    assert!(
        told[0]
            .starts_with("metadata.name: this is used in the Pod's hostname, which can result in surprising behavior")
    );
    assert_eq!(
        told[1],
        "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead"
    );
    assert_eq!(
        told[2],
        "spec.containers[0].resources.limits[memory]: fractional byte value \"100m\" is invalid, must be an integer"
    );
    assert_eq!(
        told[3],
        "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply"
    );
    assert_eq!(told[4], "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]");
}

#[test]
fn a_template_is_spoken_of_when_it_changes() {
    let mut deployment: Deployment = serde_json::from_value(json!({
        "metadata": {"name": "web", "generation": 1},
        "spec": {"selector": {}, "template": {"spec": {"containers": [], "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]}}}}))
    .unwrap();
    let old = Object::from(deployment.clone());
    let warning: Arc<str> =
        "spec.template.spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod".into();
    assert_eq!(about(&old, None), [Arc::clone(&warning)]);
    assert!(about(&old, Some(&old)).is_empty());
    deployment.metadata.generation = Some(2);
    assert_eq!(about(&Object::from(deployment), Some(&old)), [warning]);
}

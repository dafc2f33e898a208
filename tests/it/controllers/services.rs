//! Services and their slices.

use podlab::model::{Kind, Meta};
use serde_json::json;

use super::lab::{Lab, deployment};

#[test]
fn slices_follow_the_pods_of_a_service() {
    let mut lab = Lab::new(1);
    lab.apply(deployment("web", 2, "nginx"));
    lab.apply(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 8080, "targetPort": 80}]}}));
    lab.run(8);
    let key = lab
        .list(Kind::EndpointSlice, "default")
        .iter()
        .map(|one| one.key())
        .find(|key| key.name.starts_with("web-"))
        .unwrap();
    let slice = lab.get(Kind::EndpointSlice, "default", &key.name);
    assert_eq!(
        slice["metadata"]["labels"],
        json!({"app": "web", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": "web"})
    );
    assert_eq!(slice["ports"], json!([{"name": "", "port": 80, "protocol": "TCP"}]));
    let endpoints = slice["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), 2);
    assert_eq!(endpoints[0]["conditions"], json!({"ready": true, "serving": true, "terminating": false}));
    assert_eq!(endpoints[0]["nodeName"], "node-1");
    lab.patch(Kind::Deployment, "default", "web", json!({"spec": {"replicas": 0}}));
    lab.run(10);
    let slice = lab.get(Kind::EndpointSlice, "default", &key.name);
    assert!(slice["endpoints"].as_array().is_none_or(Vec::is_empty), "{slice}");
    let slices = lab.list(Kind::EndpointSlice, "default");
    assert_eq!(slices.iter().filter(|one| one.meta().label("kubernetes.io/service-name") == Some("web")).count(), 1);
}

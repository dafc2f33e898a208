//! What a new cluster has before anybody asked for anything: namespaces, priority classes, the Service `kubernetes`, roles
//! and bindings. The cluster creates these through the ordinary pipeline.
//!
//! Source: `pkg/controlplane/controller/{systemnamespaces,kubernetesservice}`, `pkg/registry/scheduling/rest/storage_scheduling.go`.

mod policy;

use crate::model::Object;
use crate::model::core::{Namespace, Service, ServicePort, ServiceSpec};
use crate::model::metav1::{IntOrString, ObjectMeta};
use crate::model::scheduling::PriorityClass;

use super::registry;

/// Namespaces of the system, in the order in which they are made.
const NAMESPACES: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "default"];
/// The first address of the service range is the API's own.
const API_ADDRESS: &str = "10.96.0.1";
const API_PORT: i32 = 443;
/// Where kube-apiserver listens. Source: `--secure-port`.
const SECURE_PORT: i32 = 6443;

/// The objects, each after those that it needs.
#[must_use]
pub fn bootstrap_objects() -> Vec<Object> {
    let named = |name: &str| ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() };
    let namespace = |name: &&str| Object::from(Namespace { metadata: named(name), ..Namespace::default() });
    let mut objects: Vec<_> = NAMESPACES.iter().map(namespace).collect();
    objects.extend(registry::SYSTEM_CLASSES.iter().map(|(name, value, description)| {
        Object::from(PriorityClass {
            metadata: named(name),
            value: Some(*value),
            description: Some((*description).into()),
            ..PriorityClass::default()
        })
    }));
    objects.push(api_service().into());
    objects.extend(policy::objects().iter().cloned());
    objects
}

fn api_service() -> Service {
    let labels = [("component", "apiserver"), ("provider", "kubernetes")];
    let port = ServicePort {
        name: Some("https".into()),
        port: API_PORT,
        protocol: Some("TCP".into()),
        target_port: Some(IntOrString::Int(SECURE_PORT)),
        ..ServicePort::default()
    };
    let spec = ServiceSpec {
        type_: Some("ClusterIP".into()),
        cluster_ip: Some(API_ADDRESS.into()),
        session_affinity: Some("None".into()),
        ports: Some(vec![port]),
        ..ServiceSpec::default()
    };
    let metadata = ObjectMeta {
        name: Some("kubernetes".into()),
        namespace: Some("default".into()),
        labels: Some(labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()),
        ..ObjectMeta::default()
    };
    Service { metadata, spec: Some(spec), status: None }
}

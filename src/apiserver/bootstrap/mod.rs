//! What a new cluster has before anybody asked for anything: namespaces, priority classes, the Service `kubernetes` with its
//! endpoints, roles and bindings. The cluster creates these through the ordinary pipeline.
//!
//! Source: `pkg/controlplane/controller/{systemnamespaces,kubernetesservice}`, `pkg/registry/scheduling/rest/storage_scheduling.go`.

mod policy;

use std::net::IpAddr;

use crate::model::Object;
use crate::model::core::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Namespace, Service, ServicePort, ServiceSpec,
};
use crate::model::discovery::{self, EndpointConditions, EndpointSlice};
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

/// The objects, each after those that it needs; `servers` is where each kube-apiserver listens.
#[must_use]
pub fn bootstrap_objects(servers: &[IpAddr]) -> Vec<Object> {
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
    if !servers.is_empty() {
        objects.push(api_endpoints(servers).into());
        objects.push(api_slice(servers).into());
    }
    objects.extend(policy::objects().iter().cloned());
    objects
}

/// The name of the Service, of its Endpoints and of its slice.
const API: &str = "kubernetes";

fn api_meta(labels: &[(&str, &str)]) -> ObjectMeta {
    ObjectMeta {
        name: Some(API.into()),
        namespace: Some("default".into()),
        labels: Some(labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()),
        ..ObjectMeta::default()
    }
}

/// **Not modelled:** a server that is down stays among them, while a real one would be taken out after its lease of 15 s.
fn api_endpoints(servers: &[IpAddr]) -> Endpoints {
    let address = |ip: &IpAddr| EndpointAddress { ip: ip.to_string(), ..EndpointAddress::default() };
    let port = EndpointPort {
        name: Some("https".into()),
        port: SECURE_PORT,
        protocol: Some("TCP".into()),
        ..EndpointPort::default()
    };
    let subset = EndpointSubset {
        addresses: Some(servers.iter().map(address).collect()),
        ports: Some(vec![port]),
        ..EndpointSubset::default()
    };
    let metadata = api_meta(&[("endpointslice.kubernetes.io/skip-mirror", "true")]);
    Endpoints { metadata, subsets: Some(vec![subset]) }
}

fn api_slice(servers: &[IpAddr]) -> EndpointSlice {
    let endpoint = |ip: &IpAddr| discovery::Endpoint {
        addresses: vec![ip.to_string()],
        conditions: Some(EndpointConditions { ready: Some(true), ..EndpointConditions::default() }),
        ..discovery::Endpoint::default()
    };
    let port = discovery::EndpointPort {
        name: Some("https".into()),
        port: Some(SECURE_PORT),
        protocol: Some("TCP".into()),
        ..discovery::EndpointPort::default()
    };
    EndpointSlice {
        metadata: api_meta(&[("kubernetes.io/service-name", API)]),
        address_type: "IPv4".into(),
        endpoints: Some(servers.iter().map(endpoint).collect()),
        ports: Some(vec![port]),
    }
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
    Service { metadata: api_meta(&labels), spec: Some(spec), status: None }
}

//! What one Pod contributes to a Service: an endpoint, and the ports under which it answers.
//!
//! Models `staging/src/k8s.io/endpointslice/utils.go`.

use crate::model::core::{Node, ObjectReference, Service, ServicePort};
use crate::model::discovery::{Endpoint, EndpointConditions, EndpointPort};
use crate::model::metav1::IntOrString;
use crate::model::{Meta, Pod};

/// The label by which a node tells its zone.
const ZONE: &str = "topology.kubernetes.io/zone";

/// Whether the Pod can be an endpoint at all: it has an address and has not ended. One that is being deleted can.
#[must_use]
pub fn is_eligible(pod: &Pod) -> bool {
    !pod.is_terminal() && !pod.ip().is_empty()
}

/// The endpoint of a Pod behind a Service.
#[must_use]
pub fn endpoint(pod: &Pod, node: Option<&Node>, service: &Service) -> Endpoint {
    let serving = pod.is_ready();
    let terminating = pod.metadata.is_terminating();
    let name = Some(pod.node_name()).filter(|name| !name.is_empty());
    Endpoint {
        addresses: vec![pod.ip().to_owned()],
        conditions: Some(EndpointConditions {
            ready: Some(publishes_not_ready(service) || (serving && !terminating)),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
        node_name: name.map(str::to_owned),
        zone: node.and_then(|node| node.metadata.label(ZONE)).map(str::to_owned),
        hostname: hostname(pod, service),
        ..Endpoint::default()
    }
}

/// Whether Pods count as ready whatever they say.
#[must_use]
pub fn publishes_not_ready(service: &Service) -> bool {
    service.spec.as_ref().is_some_and(|spec| spec.publish_not_ready_addresses == Some(true))
}

/// Only Pods that were given a name within this very Service have one.
fn hostname(pod: &Pod, service: &Service) -> Option<String> {
    let hostname = pod.spec.hostname.clone().filter(|name| !name.is_empty())?;
    (pod.spec.subdomain.as_deref() == Some(service.metadata.name())).then_some(hostname)
}

/// The ports of the Service as this Pod answers them: a named target port may be another number in every Pod, and a port
/// that the Pod does not have is left out.
#[must_use]
pub fn ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    let port = |port: &ServicePort| {
        Some(EndpointPort {
            name: Some(port.name.clone().unwrap_or_default()),
            protocol: Some(protocol(port.protocol.as_deref()).to_owned()),
            port: Some(target(port, pod)?),
            app_protocol: port.app_protocol.clone(),
        })
    };
    ports.iter().filter_map(port).collect()
}

/// Source: `pkg/api/v1/pod`, `FindPort`.
fn target(port: &ServicePort, pod: &Pod) -> Option<i32> {
    match &port.target_port {
        None => Some(port.port),
        Some(IntOrString::Int(number)) if *number > 0 => Some(*number),
        Some(IntOrString::Int(_)) => Some(port.port),
        Some(IntOrString::String(name)) => {
            let sidecars = pod.spec.init_containers.iter().flatten();
            let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
            let containers = pod.spec.containers.iter().chain(sidecars);
            let mut open = containers.flat_map(|container| container.ports.iter().flatten());
            let same = |one: Option<&str>| protocol(one) == protocol(port.protocol.as_deref());
            let found = open.find(|one| one.name.as_deref() == Some(name.as_str()) && same(one.protocol.as_deref()));
            found.map(|found| found.container_port)
        }
    }
}

fn protocol(name: Option<&str>) -> &str {
    name.unwrap_or("TCP")
}

/// Whether a change of the Pod can matter to any Service. Source: `endpointslice/util`, `podEndpointsChanged`.
#[must_use]
pub fn differs(old: &Pod, new: &Pod) -> bool {
    old.metadata.is_terminating() != new.metadata.is_terminating()
        || old.ip() != new.ip()
        || old.status.pod_ips != new.status.pod_ips
        || old.is_ready() != new.is_ready()
        || old.is_terminal() != new.is_terminal()
        || old.node_name() != new.node_name()
        || old.spec.hostname != new.spec.hostname
        || old.spec.subdomain != new.spec.subdomain
}

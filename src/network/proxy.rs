//! kube-proxy: which endpoint a connection to a Service goes to, from this node, at this instant.
//!
//! Models what the rules of `pkg/proxy` choose: a random endpoint among the ready ones; when all are on their way out, those
//! that still serve; none at all is a refusal. A policy of `Local` leaves only the endpoints of the node whose rules decide;
//! when there are endpoints elsewhere alone, the packet is dropped without a word.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::engine::{SimTime, Stream};
use crate::model::core::{Service, ServicePort};
use crate::model::metav1::IntOrString;

use super::endpoint::Endpoint;
use super::network::Network;
use super::service_table::{ServiceName, Version};

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To this address, through this Service if there is one.
    To {
        /// The address of a Pod or a machine.
        to: SocketAddr,
        /// The Service whose rule was used.
        service: Option<ServiceName>,
        /// The Pod that was chosen; empty for a direct connection.
        pod: Arc<str>,
    },
    /// Refused at once: the Service has no endpoints (`REJECT` rule).
    NoEndpoints(ServiceName),
    /// Nobody answers: the Service has endpoints, but its policy allows only those of a node that has none (`DROP` rule).
    NoLocalEndpoints(ServiceName),
    /// Nobody answers: the Service has no such port.
    NoSuchPort(ServiceName),
}

impl Network {
    /// Where a connection from `from` on `node` to `to` goes.
    #[must_use]
    pub fn route(&self, node: &str, from: Option<IpAddr>, to: SocketAddr, now: SimTime, random: &mut Stream) -> Route {
        let by_address = self.table().by_ip(to.ip());
        // The rule of a node port is there only for the node's own address: the node that is asked decides.
        let asked = self.node_with(to.ip()).filter(|_| by_address.is_none());
        let by_node_port = asked.and_then(|_| self.table().by_node_port(to.port()));
        let direct = Route::To { to, service: None, pod: Arc::default() };
        let Some(name) = by_address.or(by_node_port) else { return direct };
        let decides = asked.map_or(node, |asked| asked);
        let Some(version) = self.programmed(name, decides, now) else { return direct };
        let Some(service) = &version.service else { return direct };
        let Some(port) = port_of(service, to.port(), by_address.is_none()) else {
            return Route::NoSuchPort(name.clone());
        };
        let is_local_only = is_local_only(service, asked.is_some(), node == decides);
        let all = usable(version, port);
        if all.is_empty() {
            return Route::NoEndpoints(name.clone());
        }
        let near = all.into_iter().filter(|(endpoint, _)| !is_local_only || *endpoint.node == *decides).collect();
        match choose(service, near, from, random) {
            Some((endpoint, number)) => Route::To {
                to: SocketAddr::new(endpoint.ip, number),
                service: Some(name.clone()),
                pod: Arc::clone(&endpoint.pod),
            },
            None => Route::NoLocalEndpoints(name.clone()),
        }
    }
}

/// Whether only endpoints of the deciding node may be used. What comes from the node itself to its own node port counts as
/// traffic of the cluster, which `externalTrafficPolicy` does not concern.
fn is_local_only(service: &Service, by_node_port: bool, is_own: bool) -> bool {
    let Some(spec) = &service.spec else { return false };
    let policy = match (by_node_port, is_own) {
        (false, _) => &spec.internal_traffic_policy,
        (true, false) => &spec.external_traffic_policy,
        (true, true) => return false,
    };
    policy.as_deref() == Some("Local")
}

fn port_of(service: &Service, number: u16, by_node_port: bool) -> Option<&ServicePort> {
    let ports = service.spec.as_ref()?.ports.as_deref()?;
    let number = i32::from(number);
    ports.iter().find(|port| if by_node_port { port.node_port == Some(number) } else { port.port == number })
}

/// The endpoints that rules may name, each with its port: the ready ones; else those that serve on their way out.
fn usable<'a>(version: &'a Version, port: &ServicePort) -> Vec<(&'a Endpoint, u16)> {
    let name = port.name.as_deref().unwrap_or_default();
    let with_port = |endpoint: &'a Endpoint| Some((endpoint, target_port(endpoint, port, name)?));
    let is_usable = |endpoint: &Endpoint| endpoint.is_ready || (endpoint.is_serving && endpoint.is_terminating);
    version.endpoints.iter().filter(|endpoint| is_usable(endpoint)).filter_map(with_port).collect()
}

/// An endpoint and the port to use on it.
fn choose<'a>(
    service: &Service,
    usable: Vec<(&'a Endpoint, u16)>,
    from: Option<IpAddr>,
    random: &mut Stream,
) -> Option<(&'a Endpoint, u16)> {
    let spec = service.spec.as_ref()?;
    let ready: Vec<_> = usable.iter().filter(|(endpoint, _)| endpoint.is_ready).copied().collect();
    let candidates = if ready.is_empty() { usable } else { ready };
    if candidates.is_empty() {
        return None;
    }
    let sticks = spec.session_affinity.as_deref() == Some("ClientIP");
    let index = match from {
        // The same client goes to the same endpoint as long as the endpoints stay the same.
        Some(from) if sticks => from.to_string().bytes().fold(7_u64, |hash, byte| hash * 31 % 65_537 + u64::from(byte)),
        _ => random.below(candidates.len() as u64),
    };
    candidates.get(usize::try_from(index).unwrap_or(0) % candidates.len()).copied()
}

fn target_port(endpoint: &Endpoint, port: &ServicePort, name: &str) -> Option<u16> {
    if let Some(number) = endpoint.ports.get(name) {
        return Some(*number);
    }
    // A slice without ports belongs to a Service without them; a numeric target needs no slice.
    match (&port.target_port, endpoint.ports.is_empty()) {
        (Some(IntOrString::Int(number)), true) => u16::try_from(*number).ok(),
        _ => None,
    }
}

//! kube-proxy: which endpoint a connection to a Service goes to, from this node, at this instant.
//!
//! Models what the rules of `pkg/proxy` choose: a random endpoint among the ready ones; when all are on their way out, those
//! that still serve; none at all is a refusal.

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
    /// Nobody answers: the Service has no such port.
    NoSuchPort(ServiceName),
}

impl Network {
    /// Where a connection from `from` on `node` to `to` goes.
    #[must_use]
    pub fn route(&self, node: &str, from: Option<IpAddr>, to: SocketAddr, now: SimTime, random: &mut Stream) -> Route {
        let by_address = self.table().by_ip(to.ip());
        let is_node = || self.node_with(to.ip()).is_some();
        let by_node_port = || self.table().by_node_port(to.port()).filter(|_| is_node());
        let direct = Route::To { to, service: None, pod: Arc::default() };
        let Some(name) = by_address.or_else(by_node_port) else { return direct };
        let Some(version) = self.programmed(name, node, now) else { return direct };
        let Some(service) = &version.service else { return direct };
        let Some(port) = port_of(service, to.port(), by_address.is_none()) else {
            return Route::NoSuchPort(name.clone());
        };
        match choose(version, port, node, from, random) {
            Some((endpoint, number)) => Route::To {
                to: SocketAddr::new(endpoint.ip, number),
                service: Some(name.clone()),
                pod: Arc::clone(&endpoint.pod),
            },
            None => Route::NoEndpoints(name.clone()),
        }
    }
}

fn port_of(service: &Service, number: u16, by_node_port: bool) -> Option<&ServicePort> {
    let ports = service.spec.as_ref()?.ports.as_deref()?;
    let number = i32::from(number);
    ports.iter().find(|port| if by_node_port { port.node_port == Some(number) } else { port.port == number })
}

/// An endpoint and the port to use on it.
fn choose<'a>(
    version: &'a Version,
    port: &ServicePort,
    node: &str,
    from: Option<IpAddr>,
    random: &mut Stream,
) -> Option<(&'a Endpoint, u16)> {
    let spec = version.service.as_ref()?.spec.as_ref()?;
    let is_local_only = spec.internal_traffic_policy.as_deref() == Some("Local");
    let name = port.name.as_deref().unwrap_or_default();
    let usable: Vec<(&Endpoint, u16)> = version
        .endpoints
        .iter()
        .filter(|endpoint| !is_local_only || *endpoint.node == *node)
        .filter_map(|endpoint| Some((endpoint, target_port(endpoint, port, name)?)))
        .collect();
    let ready: Vec<_> = usable.iter().filter(|(endpoint, _)| endpoint.is_ready).copied().collect();
    let serving = || usable.iter().filter(|(endpoint, _)| endpoint.is_serving && endpoint.is_terminating).copied();
    let candidates = if ready.is_empty() { serving().collect() } else { ready };
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

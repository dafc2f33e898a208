//! An endpoint: an address behind a Service, as an EndpointSlice tells it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::discovery::EndpointSlice;

/// One address behind a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub ip: IpAddr,
    /// Gets new connections.
    pub is_ready: bool,
    /// Answers, although it may be on its way out.
    pub is_serving: bool,
    /// On its way out.
    pub is_terminating: bool,
    /// Ports by the name that the Service gives them; empty for an unnamed port.
    pub ports: BTreeMap<Arc<str>, u16>,
    /// The node it is on.
    pub node: Arc<str>,
    /// The host name that makes it reachable by a name of its own.
    pub hostname: Option<Arc<str>>,
    /// The name of the Pod behind it.
    pub pod: Arc<str>,
}

impl Endpoint {
    /// The endpoints of a slice. A condition that is not given counts as the API says: ready and serving, not terminating.
    pub fn of_slice(slice: &EndpointSlice) -> impl Iterator<Item = Self> + '_ {
        let ports = ports_of(slice);
        slice.endpoints.iter().flatten().filter_map(move |endpoint| {
            let ip = endpoint.addresses.first()?.parse().ok()?;
            let conditions = endpoint.conditions.clone().unwrap_or_default();
            let is_ready = conditions.ready.unwrap_or(true);
            Some(Self {
                ip,
                is_ready,
                is_serving: conditions.serving.unwrap_or(is_ready),
                is_terminating: conditions.terminating.unwrap_or(false),
                ports: ports.clone(),
                node: endpoint.node_name.as_deref().unwrap_or_default().into(),
                hostname: endpoint.hostname.as_deref().map(Arc::from),
                pod: endpoint.target_ref.as_ref().and_then(|target| target.name.as_deref()).unwrap_or_default().into(),
            })
        })
    }
}

fn ports_of(slice: &EndpointSlice) -> BTreeMap<Arc<str>, u16> {
    let ports = slice.ports.as_deref().unwrap_or_default();
    let port = |port: &crate::model::discovery::EndpointPort| {
        let number = u16::try_from(port.port?).ok()?;
        Some((Arc::from(port.name.as_deref().unwrap_or_default()), number))
    };
    ports.iter().filter_map(port).collect()
}

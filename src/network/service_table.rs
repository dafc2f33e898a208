//! The table of Services and their endpoints, in the versions that nodes may still be using.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::Meta;
use crate::model::core::Service;

use super::endpoint::Endpoint;

/// Namespace and name of a Service.
pub type ServiceName = (Arc<str>, Arc<str>);

/// All Services.
#[derive(Clone, Debug, Default)]
pub struct ServiceTable {
    entries: BTreeMap<ServiceName, VecDeque<Version>>,
    by_ip: BTreeMap<IpAddr, ServiceName>,
    by_node_port: BTreeMap<u16, ServiceName>,
}

/// A Service and its endpoints as they were from an instant on.
#[derive(Clone, Debug)]
pub struct Version {
    /// From when.
    pub at: SimTime,
    /// The Service; `None` when there is none (any more).
    pub service: Option<Arc<Service>>,
    /// Its endpoints.
    pub endpoints: Arc<[Endpoint]>,
}

impl ServiceTable {
    /// Adds a version; those that no node can be using any more, `lag` later, are dropped.
    pub fn push(&mut self, name: ServiceName, version: Version, lag: SimDuration) {
        let versions = self.entries.entry(name.clone()).or_default();
        let before = versions.back().and_then(|last| last.service.clone());
        while versions.get(1).is_some_and(|second| second.at + lag <= version.at) {
            versions.pop_front();
        }
        let after = version.service.clone();
        versions.push_back(version);
        self.reindex(&name, before.as_deref(), after.as_deref());
    }

    /// The newest version of a Service.
    #[must_use]
    pub fn newest(&self, name: &ServiceName) -> Option<&Version> {
        self.entries.get(name)?.back()
    }

    /// The version of a Service that `node` has programmed by `now`.
    #[must_use]
    pub fn programmed(&self, name: &ServiceName, node: &str, now: SimTime, lag: SimDuration) -> Option<&Version> {
        let versions = self.entries.get(name)?;
        versions.iter().rev().find(|version| version.at + lag_of(node, version.at, lag) <= now)
    }

    /// The Service with this cluster or external address.
    #[must_use]
    pub fn by_ip(&self, ip: IpAddr) -> Option<&ServiceName> {
        self.by_ip.get(&ip)
    }

    /// The Service with this node port.
    #[must_use]
    pub fn by_node_port(&self, port: u16) -> Option<&ServiceName> {
        self.by_node_port.get(&port)
    }

    /// All Services, newest version of each.
    pub fn iter(&self) -> impl Iterator<Item = (&ServiceName, &Version)> {
        self.entries.iter().filter_map(|(name, versions)| Some((name, versions.back()?)))
    }

    fn reindex(&mut self, name: &ServiceName, before: Option<&Service>, after: Option<&Service>) {
        for ip in before.into_iter().flat_map(addresses) {
            if self.by_ip.get(&ip) == Some(name) {
                self.by_ip.remove(&ip);
            }
        }
        for port in before.into_iter().flat_map(node_ports) {
            if self.by_node_port.get(&port) == Some(name) {
                self.by_node_port.remove(&port);
            }
        }
        self.by_ip.extend(after.into_iter().flat_map(addresses).map(|ip| (ip, name.clone())));
        self.by_node_port.extend(after.into_iter().flat_map(node_ports).map(|port| (port, name.clone())));
    }
}

/// When a node has programmed a change, after it was made: different for each node and change, the same in every run.
pub(super) fn lag_of(node: &str, at: SimTime, lag: SimDuration) -> SimDuration {
    let mut hash = at.as_micros() ^ 0x9e37_79b9_7f4a_7c15;
    for byte in node.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        hash ^= hash >> 29;
    }
    SimDuration::from_micros(hash % (lag.as_micros() + 1))
}

/// The name of a Service object.
#[must_use]
pub fn name_of(service: &Service) -> ServiceName {
    (service.metadata.namespace().into(), service.metadata.name().into())
}

fn addresses(service: &Service) -> Vec<IpAddr> {
    let Some(spec) = &service.spec else { return Vec::new() };
    let external = spec.external_ips.iter().flatten();
    let cluster = spec.cluster_ip.iter();
    let ingress = service.status.iter().filter_map(|status| status.load_balancer.as_ref()?.ingress.as_ref()).flatten();
    let balancers = ingress.filter_map(|ingress| ingress.ip.as_ref());
    cluster.chain(external).chain(balancers).filter_map(|ip| ip.parse().ok()).collect()
}

fn node_ports(service: &Service) -> Vec<u16> {
    let ports = service.spec.iter().filter_map(|spec| spec.ports.as_ref()).flatten();
    ports.filter_map(|port| u16::try_from(port.node_port?).ok()).filter(|port| *port != 0).collect()
}

//! The network: what kube-proxy and DNS know of Services, endpoints and nodes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::client::{Component, Ctx, Delta, Incoming, Informer};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::{Node, Service};
use crate::model::discovery::EndpointSlice;
use crate::model::{Kind, Meta, Resource};

use super::departure::{Departure, Departures};
use super::endpoint::Endpoint;
use super::service_table::{ServiceName, ServiceTable, Version};

/// The domain of the cluster. Source: kubeadm's default `networking.dnsDomain`.
pub const CLUSTER_DOMAIN: &str = "cluster.local";
/// The address of `kube-dns`. Source: kubeadm gives DNS the tenth address of the Service network 10.96.0.0/12.
pub const CLUSTER_DNS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 96, 0, 10));
/// The label by which a slice names its Service. Source: `k8s.io/api/discovery/v1`, `LabelServiceName`.
const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// What the network knows.
#[derive(Clone, Debug)]
pub struct Network {
    services: Informer,
    slices: Informer,
    nodes: Informer,
    table: ServiceTable,
    departures: Departures,
    by_service: BTreeMap<ServiceName, BTreeMap<Arc<str>, Arc<EndpointSlice>>>,
    node_by_ip: BTreeMap<IpAddr, Arc<str>>,
    /// Which node has which range of Pod addresses: the first three octets of its /24.
    node_by_range: BTreeMap<[u8; 3], Arc<str>>,
    /// The longest that a kube-proxy takes to program a change.
    lag: SimDuration,
}

impl Network {
    /// A network whose kube-proxies need up to `lag` to catch up.
    #[must_use]
    pub fn new(lag: SimDuration) -> Self {
        Self {
            services: Informer::new(0, Kind::Service),
            slices: Informer::new(1, Kind::EndpointSlice),
            nodes: Informer::new(2, Kind::Node),
            table: ServiceTable::default(),
            departures: Departures::default(),
            by_service: BTreeMap::new(),
            node_by_ip: BTreeMap::new(),
            node_by_range: BTreeMap::new(),
            lag,
        }
    }

    /// The table of Services.
    #[must_use]
    pub fn table(&self) -> &ServiceTable {
        &self.table
    }

    /// The version of a Service that `node` has programmed.
    #[must_use]
    pub fn programmed(&self, name: &ServiceName, node: &str, now: SimTime) -> Option<&Version> {
        self.table.programmed(name, node, now, self.lag)
    }

    /// Endpoints that ceased to be chosen, of late.
    pub fn departures(&self) -> impl Iterator<Item = &Departure> {
        self.departures.iter()
    }

    /// When `node` has programmed a change that its slice told at `at`.
    #[must_use]
    pub fn programmed_at(&self, node: &str, at: SimTime) -> SimTime {
        at + super::service_table::lag_of(node, at, self.lag)
    }

    /// The node with this address.
    #[must_use]
    pub fn node_with(&self, ip: IpAddr) -> Option<&Arc<str>> {
        self.node_by_ip.get(&ip)
    }

    /// The node to which packets for a Pod's address are routed.
    #[must_use]
    pub fn node_routing(&self, ip: IpAddr) -> Option<&Arc<str>> {
        self.node_by_range.get(&range_of(ip)?)
    }

    fn on_delta(&mut self, delta: &Delta, now: SimTime) {
        let object = delta.object();
        if let Some(service) = Service::of(object) {
            let name = super::service_table::name_of(service);
            let service = (!delta.is_removal()).then(|| Arc::clone(service));
            self.renew(name, Some(service), now);
        } else if let Some(slice) = EndpointSlice::of(object) {
            self.on_slice(slice, delta.is_removal(), now);
        } else if let Some(node) = Node::of(object) {
            self.on_node(delta, node);
        }
    }

    fn on_node(&mut self, delta: &Delta, node: &Node) {
        let name: Arc<str> = node.metadata.name().into();
        // A heartbeat changes nothing here.
        if let Some(old) = delta.old.as_ref().and_then(Node::of) {
            internal_ips(old).for_each(|ip| {
                self.node_by_ip.remove(&ip);
            });
            pod_ranges(old).for_each(|range| {
                self.node_by_range.remove(&range);
            });
        }
        if !delta.is_removal() {
            self.node_by_ip.extend(internal_ips(node).map(|ip| (ip, Arc::clone(&name))));
            self.node_by_range.extend(pod_ranges(node).map(|range| (range, Arc::clone(&name))));
        }
    }

    fn on_slice(&mut self, slice: &Arc<EndpointSlice>, is_gone: bool, now: SimTime) {
        let Some(service) = slice.metadata.label(SERVICE_NAME_LABEL) else { return };
        let name: ServiceName = (slice.metadata.namespace().into(), service.into());
        let slices = self.by_service.entry(name.clone()).or_default();
        if is_gone {
            slices.remove(slice.metadata.name());
        } else {
            slices.insert(slice.metadata.name().into(), Arc::clone(slice));
        }
        self.renew(name, None, now);
    }

    /// Adds a version of a Service; `service` is `None` when only its endpoints changed.
    fn renew(&mut self, name: ServiceName, service: Option<Option<Arc<Service>>>, now: SimTime) {
        let service = service.unwrap_or_else(|| self.table.newest(&name).and_then(|newest| newest.service.clone()));
        let slices = self.by_service.get(&name).into_iter().flat_map(BTreeMap::values);
        let endpoints: Arc<[Endpoint]> = slices.flat_map(|slice| Endpoint::of_slice(slice)).collect();
        if let Some(before) = self.table.newest(&name) {
            self.departures.note(&name, &before.endpoints, &endpoints, now);
        }
        self.table.push(name, Version { at: now, service, endpoints }, self.lag);
    }
}

fn internal_ips(node: &Node) -> impl Iterator<Item = IpAddr> + '_ {
    let addresses = node.status.iter().filter_map(|status| status.addresses.as_ref()).flatten();
    addresses.filter(|address| address.type_ == "InternalIP").filter_map(|address| address.address.parse().ok())
}

/// The ranges of a node's `podCIDRs`; the node IPAM controller gives out /24s.
fn pod_ranges(node: &Node) -> impl Iterator<Item = [u8; 3]> + '_ {
    let ranges = node.spec.iter().filter_map(|spec| spec.pod_cidrs.as_ref()).flatten();
    ranges.filter_map(|range| range_of(range.split('/').next()?.parse().ok()?))
}

fn range_of(ip: IpAddr) -> Option<[u8; 3]> {
    match ip {
        IpAddr::V4(ip) => Some([ip.octets()[0], ip.octets()[1], ip.octets()[2]]),
        IpAddr::V6(_) => None,
    }
}

impl Component for Network {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        for informer in [&mut self.services, &mut self.slices, &mut self.nodes] {
            informer.start(ctx);
        }
    }

    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        let informers = [&mut self.services, &mut self.slices, &mut self.nodes];
        let Some(informer) = informers.into_iter().find(|informer| informer.expects(&incoming)) else { return };
        for delta in informer.handle(incoming, ctx) {
            self.on_delta(&delta, ctx.now);
        }
    }
}

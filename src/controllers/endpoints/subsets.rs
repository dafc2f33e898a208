//! The subsets of an Endpoints object: addresses that answer under the same ports, in the order that the API has for them.
//!
//! Models `pkg/api/v1/endpoints/util.go`, `RepackSubsets`, and `truncateEndpoints`.

use std::collections::BTreeMap;

use crate::controllers::endpointslice::endpoint;
use crate::model::core::{EndpointAddress, EndpointPort, EndpointSubset, ObjectReference, Service};
use crate::model::{Meta, Pod, go_dump};

/// The most addresses of one object. Source: `maxCapacity`.
pub const CAPACITY: usize = 1000;

/// An address by what tells it from others: its IP, and the UID of its Pod.
type Address = (String, String);

/// The subsets of a Service with these Pods behind it.
#[must_use]
pub fn of<'a>(service: &Service, pods: impl Iterator<Item = &'a Pod>) -> Vec<EndpointSubset> {
    let spec = service.spec.as_ref();
    let is_headless = spec.and_then(|spec| spec.cluster_ip.as_deref()) == Some("None");
    let has_ports = spec.and_then(|spec| spec.ports.as_ref()).is_some_and(|ports| !ports.is_empty());
    let publishes = endpoint::publishes_not_ready(service);
    let mut subsets = Vec::new();
    for pod in pods.filter(|pod| endpoint::is_eligible(pod) && (publishes || !pod.metadata.is_terminating())) {
        let subset = |ports: Option<Vec<EndpointPort>>| {
            let (mut ready, mut unready) = (Some(vec![address(pod, service)]), None);
            if !publishes && !pod.is_ready() {
                std::mem::swap(&mut ready, &mut unready);
            }
            EndpointSubset { addresses: ready, not_ready_addresses: unready, ports }
        };
        if !has_ports && is_headless {
            subsets.push(subset(None));
        }
        for port in endpoint::ports(service, pod) {
            let name = port.name.filter(|name| !name.is_empty());
            let (number, protocol) = (port.port.unwrap_or(0), port.protocol);
            let port = EndpointPort { name, port: number, protocol, app_protocol: port.app_protocol };
            subsets.push(subset(Some(vec![port])));
        }
    }
    repack(&subsets)
}

fn address(pod: &Pod, service: &Service) -> EndpointAddress {
    let slice = endpoint::endpoint(pod, None, service);
    EndpointAddress {
        ip: pod.ip().to_owned(),
        node_name: Some(pod.node_name().to_owned()).filter(|node| !node.is_empty()),
        hostname: slice.hostname,
        target_ref: Some(ObjectReference {
            kind: Some("Pod".into()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
    }
}

/// The same subsets in the one form that they can be compared in: addresses with the same ports stand together, each in order.
#[must_use]
pub fn repack(subsets: &[EndpointSubset]) -> Vec<EndpointSubset> {
    let mut known: BTreeMap<Address, EndpointAddress> = BTreeMap::new();
    let mut by_port: BTreeMap<u128, (Option<EndpointPort>, BTreeMap<Address, bool>)> = BTreeMap::new();
    for subset in subsets {
        let ports = subset.ports.as_deref().unwrap_or_default();
        let ports: Vec<Option<&EndpointPort>> =
            if ports.is_empty() { vec![None] } else { ports.iter().map(Some).collect() };
        for port in ports {
            let entry = by_port.entry(port.map_or(0, hash_of_port)).or_insert_with(|| (port.cloned(), BTreeMap::new()));
            let ready = subset.addresses.iter().flatten().map(|address| (address, true));
            let unready = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
            for (address, ready) in ready.chain(unready) {
                let uid = address.target_ref.as_ref().and_then(|target| target.uid.clone()).unwrap_or_default();
                let key = (address.ip.clone(), uid);
                known.entry(key.clone()).or_insert_with(|| address.clone());
                // Not ready trumps ready.
                entry.1.entry(key).and_modify(|was| *was &= ready).or_insert(ready);
            }
        }
    }
    let mut by_addresses: BTreeMap<BTreeMap<Address, bool>, Vec<EndpointPort>> = BTreeMap::new();
    for (port, addresses) in by_port.into_values() {
        by_addresses.entry(addresses).or_default().extend(port);
    }
    let subset = |(addresses, ports): (BTreeMap<Address, bool>, Vec<EndpointPort>)| {
        let of = |wanted: bool| {
            let of = addresses.iter().filter(|(_, ready)| **ready == wanted);
            Some(of.filter_map(|(key, _)| known.get(key).cloned()).collect::<Vec<_>>()).filter(|all| !all.is_empty())
        };
        let ports = Some(ports).filter(|ports| !ports.is_empty());
        EndpointSubset { addresses: of(true), not_ready_addresses: of(false), ports }
    };
    let mut packed: Vec<_> = by_addresses.into_iter().map(subset).collect();
    packed.sort_by_cached_key(hash_of_subset);
    packed
}

/// Ports and subsets stand in the order of their hashes.
fn hash_of_port(port: &EndpointPort) -> u128 {
    let port = serde_json::to_value(port).unwrap_or_default();
    go_dump::fnv128a(go_dump::dump("v1.EndpointPort", &port).as_bytes())
}

fn hash_of_subset(subset: &EndpointSubset) -> u128 {
    let subset = serde_json::to_value(subset).unwrap_or_default();
    go_dump::fnv128a(go_dump::dump("v1.EndpointSubset", &subset).as_bytes())
}

/// How many addresses there are.
#[must_use]
pub fn count(subsets: &[EndpointSubset]) -> usize {
    subsets.iter().map(|subset| len(&subset.addresses) + len(&subset.not_ready_addresses)).sum()
}

fn len(addresses: &Option<Vec<EndpointAddress>>) -> usize {
    addresses.as_ref().map_or(0, Vec::len)
}

/// As many as an object may hold, those that are ready first, shared among the subsets by their sizes; and whether some were left out.
#[must_use]
pub fn truncated(mut subsets: Vec<EndpointSubset>) -> (Vec<EndpointSubset>, bool) {
    let ready: usize = subsets.iter().map(|subset| len(&subset.addresses)).sum();
    let unready = count(&subsets) - ready;
    if ready + unready <= CAPACITY {
        return (subsets, false);
    }
    let cuts_ready = ready > CAPACITY;
    let (room, of) = if cuts_ready { (CAPACITY, ready) } else { (CAPACITY - ready, unready) };
    let mut left = room;
    for subset in &mut subsets {
        let list = if cuts_ready { &mut subset.addresses } else { &mut subset.not_ready_addresses };
        let share = (len(list) * room).div_ceil(of.max(1)).min(left);
        if let Some(list) = list {
            list.truncate(share);
        }
        left -= len(list);
        if cuts_ready {
            subset.not_ready_addresses = None;
        }
    }
    (subsets, true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subsets(value: serde_json::Value) -> Vec<EndpointSubset> {
        serde_json::from_value(value).unwrap_or_default()
    }

    #[test]
    fn addresses_with_the_same_ports_stand_together() {
        let loose = subsets(json!([
            {"addresses": [{"ip": "10.0.0.2"}], "ports": [{"port": 80, "protocol": "TCP"}]},
            {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80, "protocol": "TCP"}]},
            {"notReadyAddresses": [{"ip": "10.0.0.3"}], "ports": [{"port": 80, "protocol": "TCP"}]}]));
        let packed = subsets(json!([{
            "addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "notReadyAddresses": [{"ip": "10.0.0.3"}],
            "ports": [{"port": 80, "protocol": "TCP"}]}]));
        assert_eq!(repack(&loose), packed);
        assert_eq!(repack(&packed), packed);
    }

    #[test]
    fn no_object_holds_more_than_a_thousand() {
        let many: Vec<_> = (0..1200).map(|n| json!({"ip": format!("10.0.{}.{}", n / 200, n % 200)})).collect();
        let (cut, is_cut) = truncated(subsets(json!([{"addresses": many}])));
        assert!(is_cut);
        assert_eq!(count(&cut), CAPACITY);
    }
}

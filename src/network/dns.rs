//! The cluster's DNS: what a name means.
//!
//! Models CoreDNS' `kubernetes` plugin with `pods insecure` (the schema of <https://github.com/kubernetes/dns>, version
//! 1.1.0). Names outside the cluster cannot be resolved, because the simulated world ends at its edge: `SERVFAIL`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::machine::cri::{DnsData, DnsOutcome, DnsRecord, RecordType};
use crate::model::core::Service;

use super::endpoint::Endpoint;
use super::network::{CLUSTER_DOMAIN, Network};
use super::service_table::Version;

impl Network {
    /// What the DNS answers to a full name without its last dot.
    #[must_use]
    pub fn answer(&self, name: &str, record: RecordType) -> DnsOutcome {
        let name = name.to_ascii_lowercase();
        if record == RecordType::Ptr {
            return self.answer_pointer(&name);
        }
        let Some(inside) = name.strip_suffix(CLUSTER_DOMAIN).and_then(|rest| rest.strip_suffix('.')) else {
            return DnsOutcome::ServerFailure;
        };
        let labels: Vec<&str> = inside.split('.').collect();
        let found = match labels.as_slice() {
            [service, namespace, "svc"] => self.service_records(&name, namespace, service, record),
            [port, protocol, service, namespace, "svc"] if port.starts_with('_') => {
                self.port_records(&name, namespace, service, port, protocol, record)
            }
            [host, service, namespace, "svc"] => self.host_records(&name, namespace, service, host, record),
            [dashed, _, "pod"] => dashed_ip(dashed).map(|ip| addresses(&name, [ip], record)),
            _ => None,
        };
        found.map_or_else(|| DnsOutcome::NoSuchName(Vec::new()), DnsOutcome::Records)
    }

    fn version(&self, namespace: &str, service: &str) -> Option<(&Version, &Service)> {
        let version = self.table().newest(&(Arc::from(namespace), Arc::from(service)))?;
        Some((version, version.service.as_deref()?))
    }

    fn service_records(
        &self,
        name: &str,
        namespace: &str,
        service: &str,
        record: RecordType,
    ) -> Option<Vec<DnsRecord>> {
        let (version, service) = self.version(namespace, service)?;
        let spec = service.spec.as_ref()?;
        if spec.type_.as_deref() == Some("ExternalName") {
            let target = spec.external_name.clone().unwrap_or_default();
            return Some(vec![DnsRecord { name: name.to_owned(), data: DnsData::Alias(target) }]);
        }
        match spec.cluster_ip.as_deref() {
            Some("None") => {
                let endpoints: Vec<_> = published(version, service).collect();
                // A headless Service without a ready endpoint has no name at all.
                (!endpoints.is_empty()).then(|| addresses(name, endpoints.iter().map(|endpoint| endpoint.ip), record))
            }
            Some(ip) => ip.parse().ok().map(|ip| addresses(name, [ip], record)),
            None => None,
        }
    }

    fn host_records(
        &self,
        name: &str,
        namespace: &str,
        service: &str,
        host: &str,
        record: RecordType,
    ) -> Option<Vec<DnsRecord>> {
        let (version, service) = self.version(namespace, service)?;
        let found: Vec<_> = published(version, service).filter(|endpoint| host_of(endpoint) == host).collect();
        (!found.is_empty()).then(|| addresses(name, found.iter().map(|endpoint| endpoint.ip), record))
    }

    fn port_records(
        &self,
        name: &str,
        namespace: &str,
        service: &str,
        port: &str,
        protocol: &str,
        record: RecordType,
    ) -> Option<Vec<DnsRecord>> {
        let (version, object) = self.version(namespace, service)?;
        let spec = object.spec.as_ref()?;
        let matches = |one: &&crate::model::core::ServicePort| {
            one.name.as_deref() == port.strip_prefix('_')
                && one.protocol.as_deref().unwrap_or("TCP").eq_ignore_ascii_case(protocol.trim_start_matches('_'))
        };
        let found = spec.ports.iter().flatten().find(matches)?;
        if record != RecordType::Srv {
            return Some(Vec::new());
        }
        let base = format!("{service}.{namespace}.svc.{CLUSTER_DOMAIN}");
        let srv = |target: String, number: u16| DnsRecord {
            name: name.to_owned(),
            data: DnsData::Service(0, 100, number, target),
        };
        if spec.cluster_ip.as_deref() != Some("None") {
            return Some(vec![srv(base, u16::try_from(found.port).ok()?)]);
        }
        let port_name = found.name.as_deref().unwrap_or_default();
        let target =
            |endpoint: &Endpoint| Some(srv(format!("{}.{base}", host_of(endpoint)), *endpoint.ports.get(port_name)?));
        Some(published(version, object).filter_map(target).collect())
    }

    fn answer_pointer(&self, name: &str) -> DnsOutcome {
        let reversed =
            name.strip_suffix(".in-addr.arpa").map(|octets| octets.split('.').rev().collect::<Vec<_>>().join("."));
        let Some(ip) = reversed.and_then(|ip| ip.parse::<IpAddr>().ok()) else { return DnsOutcome::ServerFailure };
        let Some((namespace, service)) = self.table().by_ip(ip) else { return DnsOutcome::NoSuchName(Vec::new()) };
        let data = DnsData::Pointer(format!("{service}.{namespace}.svc.{CLUSTER_DOMAIN}"));
        DnsOutcome::Records(vec![DnsRecord { name: name.to_owned(), data }])
    }
}

/// The endpoints whose addresses DNS gives out.
fn published<'a>(version: &'a Version, service: &'a Service) -> impl Iterator<Item = &'a Endpoint> {
    let all = service.spec.as_ref().is_some_and(|spec| spec.publish_not_ready_addresses == Some(true));
    version.endpoints.iter().filter(move |endpoint| all || endpoint.is_ready)
}

fn host_of(endpoint: &Endpoint) -> String {
    endpoint.hostname.as_deref().map_or_else(|| endpoint.ip.to_string().replace(['.', ':'], "-"), str::to_owned)
}

fn dashed_ip(label: &str) -> Option<IpAddr> {
    label.replace('-', ".").parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Address records of the asked family; none when the addresses are of the other one.
fn addresses(name: &str, ips: impl IntoIterator<Item = IpAddr>, record: RecordType) -> Vec<DnsRecord> {
    let asked = |ip: &IpAddr| (record == RecordType::A && ip.is_ipv4()) || (record == RecordType::Aaaa && ip.is_ipv6());
    let record = |ip| DnsRecord { name: name.to_owned(), data: DnsData::Address(ip) };
    ips.into_iter().filter(asked).map(record).collect()
}

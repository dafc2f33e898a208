//! Cluster addresses and node ports: each is a key in etcd that one Service holds, taken in the transaction that stores the
//! Service. (Upstream takes them one after the other in objects and bitmaps of their own and gives them back on failure.)
//!
//! Source: `pkg/registry/core/service/ipallocator`, `portallocator`, `pkg/registry/core/service/storage/alloc.go`.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::engine::{CauseId, Stream};
use crate::etcd::{Compare, Condition, Key, KeyRange, Op, Revision, Store};
use crate::model::core::{Service, ServiceSpec};
use crate::model::{Kind, Meta, ObjectKey};

use super::field::Errors;
use super::registry::Ports;
use super::storage_key;
use super::stored::{Record, Stored};

/// `--service-cluster-ip-range=10.96.0.0/12`.
const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 0);
const PREFIX_LENGTH: u32 = 12;
/// Addresses of the range.
const SIZE: u64 = 1 << (32 - PREFIX_LENGTH);
/// The lower addresses are left to those who ask for one: min(max(16, size/16), 256).
const STATIC_BAND: u64 = 256;
/// `--service-node-port-range=30000-32767`.
const PORTS: std::ops::RangeInclusive<i32> = 30_000..=32_767;
/// The lower ports are left to those who ask for one: min(max(16, size/32), 128).
const STATIC_PORTS: i32 = 86;
/// How often a random choice is tried before the range is searched from its start.
const TRIES: usize = 64;

/// What a Service takes and gives back.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    taken: Vec<Key>,
    released: Vec<Key>,
}

impl Claims {
    /// What a deleted Service gives back.
    pub(super) fn released_by(service: &Service) -> Self {
        Self { released: held(service).into_iter().collect(), ..Self::default() }
    }

    /// The conditions under which the claims hold.
    pub(super) fn compare(&self) -> impl Iterator<Item = Compare> {
        let absent = Condition::ModRevision(Revision::NONE);
        self.taken.iter().map(move |key| Compare { key: key.clone(), condition: absent })
    }

    /// What has to be written.
    pub(super) fn ops(&self, holder: &ObjectKey, cause: CauseId) -> impl Iterator<Item = Op<Stored>> {
        let value = Stored::new(Record::Allocation(holder.clone()), cause);
        let put = move |key: &Key| Op::Put { key: key.clone(), value: value.clone(), lease: None };
        let delete = |key: &Key| Op::Delete(KeyRange::Key(key.clone()));
        self.taken.iter().map(put).chain(self.released.iter().map(delete))
    }
}

/// Gives a Service what it lacks, and finds out what it takes and gives back.
///
/// # Errors
/// 422 when what it asks for is taken or out of range.
pub(super) fn assign(
    service: &mut Service,
    old: Option<&Service>,
    store: &Store<Stored>,
    random: &mut Stream,
) -> Result<Claims, Box<super::Status>> {
    let before = old.map(held).unwrap_or_default();
    let mut errors = Errors::default();
    let name = service.metadata.name().to_owned();
    let is_free = |key: &Key| store.get(key).is_none() || before.contains(key);
    if let Some(spec) = &mut service.spec {
        assign_address(spec, &is_free, random, &mut errors);
        assign_ports(spec, &is_free, random, &mut errors);
    }
    if !errors.is_empty() {
        return Err(Box::new(errors.into_status(Kind::Service, &name)));
    }
    let now = held(service);
    Ok(Claims {
        taken: now.difference(&before).cloned().collect(),
        released: before.difference(&now).cloned().collect(),
    })
}

/// The keys of what a Service has.
fn held(service: &Service) -> BTreeSet<Key> {
    let Some(spec) = &service.spec else { return BTreeSet::new() };
    let address = spec.cluster_ip.as_deref().filter(|address| !address.is_empty() && *address != "None");
    let ports = spec.ports.iter().flatten().filter_map(|port| port.node_port).filter(|port| *port != 0);
    address.map(storage_key::address).into_iter().chain(ports.map(storage_key::node_port)).collect()
}

fn assign_address(spec: &mut ServiceSpec, is_free: &impl Fn(&Key) -> bool, random: &mut Stream, errors: &mut Errors) {
    if !spec.needs_address() {
        return;
    }
    if let Some(given) = spec.cluster_ip.as_deref().filter(|address| !address.is_empty()) {
        let whole = serde_json::json!([given]);
        match given.parse::<Ipv4Addr>() {
            Err(_) => {
                let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
                errors.invalid("spec.clusterIPs[0]", given, detail);
            }
            Ok(address) if !in_range(address) => {
                let detail = format!(
                    "failed to allocate IP {given}: the provided IP ({given}) is not in the valid range. The range of \
                     valid IPs is {NETWORK}/{PREFIX_LENGTH}"
                );
                errors.invalid("spec.clusterIPs", whole, detail);
            }
            Ok(_) if !is_free(&storage_key::address(given)) => {
                let detail = format!("failed to allocate IP {given}: provided IP is already allocated");
                errors.invalid("spec.clusterIPs", whole, detail);
            }
            Ok(_) => {}
        }
        return;
    }
    let random_offset = |random: &mut Stream| STATIC_BAND + 1 + random.below(SIZE - STATIC_BAND - 2);
    let mut choices: Vec<u64> = (0..TRIES).map(|_| random_offset(random)).collect();
    // When luck fails, the first free address, those for static use last.
    let free = |offset: &u64| is_free(&storage_key::address(&address_at(*offset)));
    let chosen = choices.drain(..).find(free).or_else(|| (STATIC_BAND + 1..SIZE - 1).chain(1..=STATIC_BAND).find(free));
    match chosen.map(address_at) {
        Some(address) => {
            spec.cluster_ips = Some(vec![address.clone()]);
            spec.cluster_ip = Some(address);
        }
        None => {
            errors.invalid("spec.clusterIPs", serde_json::json!([]), "failed to allocate a serviceIP: range is full")
        }
    }
}

fn assign_ports(spec: &mut ServiceSpec, is_free: &impl Fn(&Key) -> bool, random: &mut Stream, errors: &mut Errors) {
    let wanted = spec.needs_node_ports();
    let mut mine = BTreeSet::new();
    for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
        let field = format!("spec.ports[{index}].nodePort");
        let given = port.node_port.unwrap_or(0);
        if given != 0 && !wanted {
            errors.forbidden(&field, "may not be used when `type` is 'ClusterIP'");
        } else if given != 0 {
            let shared = !mine.insert((given, port.protocol.clone()));
            if !PORTS.contains(&given) {
                let (low, high) = (PORTS.start(), PORTS.end());
                let detail =
                    format!("provided port is not in the valid range. The range of valid ports is {low}-{high}");
                errors.invalid(&field, given, detail);
            } else if shared || !is_free(&storage_key::node_port(given)) {
                errors.invalid(&field, given, "provided port is already allocated");
            }
        } else if wanted {
            let free = |number: &i32| {
                is_free(&storage_key::node_port(*number)) && !mine.iter().any(|(taken, _)| taken == number)
            };
            let span = (PORTS.end() - PORTS.start() - STATIC_PORTS + 1) as u64;
            let dynamic = PORTS.start() + STATIC_PORTS;
            let choices: Vec<i32> = (0..TRIES).map(|_| dynamic + random.below(span) as i32).collect();
            let chosen = choices
                .into_iter()
                .find(free)
                .or_else(|| (dynamic..=*PORTS.end()).chain(*PORTS.start()..dynamic).find(free));
            match chosen {
                Some(number) => {
                    mine.insert((number, port.protocol.clone()));
                    port.node_port = Some(number);
                }
                None => errors.invalid(&field, 0, "failed to allocate a nodePort: range is full"),
            }
        }
    }
}

fn in_range(address: Ipv4Addr) -> bool {
    let offset = u64::from(u32::from(address)).wrapping_sub(u64::from(u32::from(NETWORK)));
    (1..SIZE - 1).contains(&offset)
}

fn address_at(offset: u64) -> String {
    Ipv4Addr::from(u32::from(NETWORK) + offset as u32).to_string()
}

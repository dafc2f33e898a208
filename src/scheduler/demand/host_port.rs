//! Ports of the node that a Pod wants for itself.

use crate::model::core::PodSpec;
use crate::model::resources::is_sidecar;

/// A port of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// The address; `0.0.0.0` stands for all.
    pub ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The number.
    pub port: i32,
}

/// The address that stands for all addresses of a node.
const ANY_ADDRESS: &str = "0.0.0.0";

impl HostPort {
    /// Whether both cannot be had on one node.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        let shares_address = self.ip == other.ip || self.ip == ANY_ADDRESS || other.ip == ANY_ADDRESS;
        self.port == other.port && self.protocol == other.protocol && shares_address
    }
}

pub(super) fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecars = spec.init_containers.iter().flatten().filter(|container| is_sidecar(container));
    let ports = spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter().flatten());
    let wanted = ports.filter_map(|port| Some((port, port.host_port.filter(|number| *number > 0)?)));
    let given = |text: &Option<String>, default: &str| {
        text.as_deref().filter(|text| !text.is_empty()).unwrap_or(default).to_owned()
    };
    wanted
        .map(|(port, number)| HostPort {
            ip: given(&port.host_ip, ANY_ADDRESS),
            protocol: given(&port.protocol, "TCP"),
            port: number,
        })
        .collect()
}

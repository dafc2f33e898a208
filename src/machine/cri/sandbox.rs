//! What machines and sandboxes are made from.

use std::net::IpAddr;
use std::sync::Arc;

/// How large the computer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineConfig {
    /// Its host name; also separates its ids from those of other machines.
    pub name: Arc<str>,
    /// Processors, in thousandths.
    pub cpu_milli: u64,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// The disk that holds images, writable layers, logs and node-local volumes, in bytes.
    pub disk_bytes: u64,
    /// What a pull gets from the network, in bytes per second.
    pub pull_bytes_per_second: u64,
    /// Real pulls of one image at a time, as the kubelet's `serializeImagePulls` (default true) asks for.
    pub serialize_pulls: bool,
}

impl MachineConfig {
    /// A worker of 2 processors, 4 GiB of memory, 40 GiB of disk and 40 MB/s towards the registry.
    #[must_use]
    pub fn worker(name: &str) -> Self {
        Self {
            name: name.into(),
            cpu_milli: 2_000,
            memory_bytes: 4 << 30,
            disk_bytes: 40 << 30,
            pull_bytes_per_second: 40_000_000,
            serialize_pulls: true,
        }
    }
}

/// What a sandbox is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Namespace of the Pod.
    pub namespace: Arc<str>,
    /// Name of the Pod.
    pub name: Arc<str>,
    /// UID of the Pod.
    pub uid: Arc<str>,
    /// What `hostname` prints.
    pub hostname: Arc<str>,
    /// The Pod's address; `None` until the network gave one, see [`Machine::set_sandbox_ip`](crate::machine::Machine::set_sandbox_ip).
    pub ip: Option<IpAddr>,
    /// Whether the Pod lives in the machine's network namespace; ports are then shared by all such Pods.
    pub host_network: bool,
    /// `shareProcessNamespace`: the pause process is PID 1 of all containers.
    pub share_processes: bool,
    /// The contents of `/etc/resolv.conf`.
    pub dns: DnsConfig,
    /// Extra lines of `/etc/hosts`: address and names.
    pub host_aliases: Vec<(String, Vec<String>)>,
}

/// `/etc/resolv.conf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsConfig {
    /// Whom to ask.
    pub nameservers: Vec<IpAddr>,
    /// What is appended to names with fewer than `ndots` dots.
    pub searches: Vec<String>,
    /// `options` lines, such as `ndots:5`.
    pub options: Vec<String>,
}

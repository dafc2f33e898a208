//! What a kubelet is told at its start: who it is, how large its computer is, how long things take.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::engine::SimDuration;
use crate::machine::DnsConfig;
use crate::model::Pod;
use crate::model::core::Taint;

/// Settings of one kubelet. Shared by reference: a thousand kubelets that differ only in name share the rest.
#[derive(Clone, Debug)]
pub struct KubeletConfig {
    /// The name of its Node.
    pub node: Arc<str>,
    /// The address of the computer.
    pub address: IpAddr,
    /// Labels of the Node beyond those that the kubelet sets by itself (zone, role, instance type).
    pub labels: BTreeMap<String, String>,
    /// Taints with which the Node registers.
    pub taints: Vec<Taint>,
    /// Capacity: resource name and quantity, as in `status.capacity`.
    pub capacity: BTreeMap<String, String>,
    /// Allocatable: capacity less what is kept for the system.
    pub allocatable: BTreeMap<String, String>,
    /// What is told of the computer in `status.nodeInfo`.
    pub info: Arc<NodeInfo>,
    /// `/etc/resolv.conf` of the computer, for Pods with `dnsPolicy: Default`.
    pub host_dns: DnsConfig,
    /// The cluster's name server; `None` when there is none.
    pub cluster_dns: Option<IpAddr>,
    /// `cluster.local`.
    pub cluster_domain: Arc<str>,
    /// Static Pods: manifests of `/etc/kubernetes/manifests`.
    pub static_pods: Vec<Arc<Pod>>,
    /// How long things take.
    pub delays: Delays,
    /// `imageMinimumGCAge` and the like are not modelled; these are the limits that are.
    pub limits: Limits,
}

/// What `status.nodeInfo` says besides versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
    /// `amd64` or `arm64`.
    pub architecture: String,
    /// `6.8.0-45-generic`.
    pub kernel: String,
    /// `Ubuntu 24.04.1 LTS`.
    pub os_image: String,
    /// `containerd://2.1.4`.
    pub runtime: String,
}

/// How long things take that real machines take time for. Chosen so that a cached image starts in about two seconds, as the
/// recordings of a real node show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// Making a sandbox: the pause container and the network plugin.
    pub sandbox: SimDuration,
    /// Making a container: snapshot and specification.
    pub create: SimDuration,
    /// Starting its process.
    pub start: SimDuration,
    /// Mounting the volumes of a Pod: the manager polls every 300 ms (`volume_manager.go`, `podAttachAndMountRetryInterval`).
    pub mount: SimDuration,
    /// Tearing a sandbox down.
    pub tear_down: SimDuration,
    /// Unmounting the volumes of a Pod: the manager polls every 300 ms there too (`WaitForUnmount`).
    pub unmount: SimDuration,
}

/// Numbers of the kubelet's configuration. Source: `pkg/kubelet/apis/config/v1beta1/defaults.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `nodeStatusReportFrequency`: how often an unchanged status is reported.
    pub status_report: SimDuration,
    /// `nodeLeaseDurationSeconds`; renewed four times as often.
    pub lease: SimDuration,
    /// `evictionHard["memory.available"]` in bytes.
    pub eviction_memory: u64,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            sandbox: SimDuration::from_millis(500),
            create: SimDuration::from_millis(80),
            start: SimDuration::from_millis(90),
            mount: SimDuration::from_millis(300),
            tear_down: SimDuration::from_millis(250),
            unmount: SimDuration::from_millis(300),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            status_report: SimDuration::from_secs(300),
            lease: SimDuration::from_secs(40),
            eviction_memory: 100 << 20,
        }
    }
}

impl Default for NodeInfo {
    fn default() -> Self {
        Self {
            architecture: "amd64".into(),
            kernel: "6.8.0-45-generic".into(),
            os_image: "Ubuntu 24.04.1 LTS".into(),
            runtime: "containerd://2.1.4".into(),
        }
    }
}

impl KubeletConfig {
    /// A worker of 2 processors, 4 GiB and 110 Pods.
    #[must_use]
    pub fn worker(node: &str, address: IpAddr) -> Self {
        Self {
            node: node.into(),
            address,
            labels: BTreeMap::new(),
            taints: Vec::new(),
            capacity: BTreeMap::new(),
            allocatable: BTreeMap::new(),
            info: Arc::default(),
            host_dns: DnsConfig { nameservers: vec![Ipv4Addr::new(192, 168, 56, 1).into()], ..DnsConfig::default() },
            cluster_dns: Some(Ipv4Addr::new(10, 96, 0, 10).into()),
            cluster_domain: "cluster.local".into(),
            static_pods: Vec::new(),
            delays: Delays::default(),
            limits: Limits::default(),
        }
        .sized(2_000, 4 << 30, 40 << 30, 110)
    }

    /// The same kubelet on a computer of this size: thousandths of a processor, bytes of memory and disk, Pods. Allocatable is
    /// capacity less the hard eviction thresholds: 100 Mi of memory, a tenth of the disk.
    #[must_use]
    pub fn sized(mut self, cpu_milli: u64, memory: u64, disk: u64, pods: u32) -> Self {
        let cpu =
            if cpu_milli.is_multiple_of(1_000) { (cpu_milli / 1_000).to_string() } else { format!("{cpu_milli}m") };
        let kibi = |bytes: u64| format!("{}Ki", bytes >> 10);
        let common = |memory: u64, disk: String| {
            let rows = [("cpu", cpu.clone()), ("memory", kibi(memory)), ("ephemeral-storage", disk)];
            let rest = [("hugepages-2Mi", "0".to_owned()), ("pods", pods.to_string())];
            rows.into_iter().chain(rest).map(|(name, text)| (name.to_owned(), text)).collect()
        };
        self.capacity = common(memory, kibi(disk));
        self.allocatable = common(memory.saturating_sub(self.limits.eviction_memory), (disk / 10 * 9).to_string());
        self
    }
}

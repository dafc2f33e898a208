//! A Pod as the scheduler looks at it: what it asks for is worked out once, when it arrives.

use std::sync::Arc;

use crate::model::core::PodSpec;
use crate::model::resources::{NonZero, is_sidecar, non_zero_requests, pod_requests};
use crate::model::{Meta, Pod, Resources};

/// A Pod with what it asks for.
#[derive(Clone, Debug)]
pub struct PodInfo {
    /// The Pod.
    pub pod: Arc<Pod>,
    /// Its UID, by which queue and cache know it.
    pub uid: Arc<str>,
    /// What it asks for.
    pub requests: Resources,
    /// What it counts as in scores.
    pub non_zero: NonZero,
    /// The ports of its node that it wants.
    pub host_ports: Vec<HostPort>,
    /// Whether it wants to be away from some Pods.
    pub has_anti_affinity: bool,
}

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

impl PodInfo {
    /// Works out what `pod` asks for.
    #[must_use]
    pub fn new(pod: Arc<Pod>) -> Self {
        Self {
            uid: pod.metadata.uid().into(),
            requests: pod_requests(&pod.spec),
            non_zero: non_zero_requests(&pod.spec),
            host_ports: host_ports(&pod.spec),
            has_anti_affinity: has_anti_affinity(&pod.spec),
            pod,
        }
    }

    /// The same Pod as it is now; what it asks for is worked out anew only when its spec has changed.
    #[must_use]
    pub fn renewed(&self, pod: Arc<Pod>) -> Self {
        if Arc::ptr_eq(&self.pod.spec, &pod.spec) { Self { pod, ..self.clone() } } else { Self::new(pod) }
    }

    /// Its priority.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.pod.priority()
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.pod.metadata.namespace()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.pod.metadata.name()
    }

    /// `shop/web-1`, as texts name it.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace(), self.name())
    }

    /// The node that preemption made room on; empty if none.
    #[must_use]
    pub fn nominated_node(&self) -> &str {
        self.pod.status.nominated_node_name.as_deref().unwrap_or_default()
    }
}

impl HostPort {
    /// Whether both cannot be had on one node.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        let shares_address = self.ip == other.ip || self.ip == ANY_ADDRESS || other.ip == ANY_ADDRESS;
        self.port == other.port && self.protocol == other.protocol && shares_address
    }
}

fn has_anti_affinity(spec: &PodSpec) -> bool {
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let required = affinity.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref());
    required.is_some_and(|terms| !terms.is_empty())
}

fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
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

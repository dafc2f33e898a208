//! The Node object: registration, conditions, and what the kubelet tells about its computer.
//!
//! Models `pkg/kubelet/kubelet_node_status.go` and `pkg/kubelet/nodestatus/setters.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Body, EventType, Outcome, Payload, Reason, Subresource, Timer, Verb};
use crate::engine::SimDuration;
use crate::machine::Machine;
use crate::model::core::{
    ContainerImage, DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec, NodeStatus,
    NodeSystemInfo,
};
use crate::model::metav1::WireQuantity;
use crate::model::{KUBERNETES_VERSION, Kind, Object, time};

use super::config::KubeletConfig;
use super::shared::{Call, Scope, Shared, purpose};

/// A registration that failed is tried again; doubles from 200 ms to 7 s upstream (`registerWithAPIServer`).
const REGISTER_RETRY: SimDuration = SimDuration::from_secs(1);
/// The port of the kubelet. Source: `pkg/cluster/ports/ports.go`.
const KUBELET_PORT: i32 = 10250;
/// At the most so many images are told. Source: `nodeStatusMaxImages`.
const IMAGES_MAX: usize = 50;
const MANAGED_ATTACH: &str = "volumes.kubernetes.io/controller-managed-attach-detach";
/// What the network plugin says before it is set up.
const CNI_UNINITIALISED: &str = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

/// How the kubelet stands to its Node object.
#[derive(Clone, Debug, Default)]
pub struct NodeAgent {
    is_registered: bool,
    is_asking: bool,
    reported: Option<Arc<NodeStatus>>,
    /// The status must be told although nothing changed.
    must_tell: bool,
    /// Whether the disk was nearly full at the last look.
    disk_pressure: bool,
    images: usize,
    /// The memory of the computer runs short, as of the last look.
    pub memory_pressure: bool,
    /// Disks in use, for the attach/detach controller.
    volumes_in_use: Vec<String>,
}

/// Why Pods cannot get a network, if they cannot.
#[must_use]
pub fn network_error(shared: &Shared) -> Option<String> {
    match &shared.network_error {
        Some(error) => Some(format!("container runtime network not ready: {error}")),
        None => (!shared.ipam.has_range()).then(|| CNI_UNINITIALISED.to_owned()),
    }
}

impl NodeAgent {
    /// Begins to register and to report.
    pub fn start(&mut self, scope: &mut Scope<'_, '_>) {
        scope.node_event(EventType::Normal, "Starting", "Starting kubelet.");
        scope.node_event(EventType::Warning, "InvalidDiskCapacity", "invalid capacity 0 on image filesystem");
        scope.node_event(EventType::Normal, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
        self.register(scope);
        // Upstream looks every ten seconds and tells only what changed; here changes make it look, and time alone does so only
        // when the status must be told again. Each node has a moment of its own.
        let period = scope.shared.config.limits.status_report;
        let first = scope.ctx.random.between(period / 2, period);
        scope.ctx.timer(first, Timer::new(purpose::NODE_STATUS, 0));
    }

    fn register(&mut self, scope: &mut Scope<'_, '_>) {
        let node = self.initial(scope);
        let request = scope.ctx.request_with(Verb::Create, node);
        self.ask(request, scope);
    }

    fn ask(&mut self, request: crate::client::Request, scope: &mut Scope<'_, '_>) {
        let ticket = scope.ctx.send(request);
        scope.shared.calls.insert(ticket, Call::Node);
        self.is_asking = true;
    }

    /// A request about the Node has an outcome.
    pub fn on_outcome(&mut self, outcome: &Outcome, scope: &mut Scope<'_, '_>) {
        self.is_asking = false;
        match outcome {
            Ok(response) => {
                if let Payload::Object(object) = &response.payload
                    && let Some(node) = object.get::<Node>()
                {
                    self.is_registered = true;
                    take_range(node, scope.shared);
                }
                self.report(scope);
            }
            // It was there before: the status is simply told anew.
            Err(status) if status.is(Reason::AlreadyExists) => {
                self.is_registered = true;
                self.reported = None;
                self.report(scope);
            }
            Err(_) if !self.is_registered => {
                scope.ctx.timer(REGISTER_RETRY, Timer::new(purpose::NODE_STATUS, 1));
            }
            // The next look tries again; a Node that somebody deleted comes back only with the kubelet's next start.
            Err(_) => self.reported = None,
        }
    }

    /// The timer ran out: number 0 is the regular look, 1 another try to register.
    pub fn on_timer(&mut self, number: u64, scope: &mut Scope<'_, '_>) {
        if number == 0 {
            let period = scope.shared.config.limits.status_report;
            scope.ctx.timer(period, Timer::new(purpose::NODE_STATUS, 0));
            self.must_tell = true;
        }
        if self.is_registered {
            self.report(scope);
        } else if !self.is_asking {
            self.register(scope);
        }
    }

    /// Tells which disks its Pods use.
    pub fn set_volumes_in_use(&mut self, devices: impl Iterator<Item = String>, scope: &mut Scope<'_, '_>) {
        let all: std::collections::BTreeSet<String> = devices.collect();
        self.volumes_in_use = all.into_iter().collect();
        self.report(scope);
    }

    /// A cheap look every few seconds: tells the status if the disk or the images have changed.
    pub fn look(&mut self, scope: &mut Scope<'_, '_>) {
        let (disk_pressure, images) = (is_disk_full(scope.machine), scope.machine.images().count());
        if (disk_pressure, images) != (self.disk_pressure, self.images) {
            (self.disk_pressure, self.images) = (disk_pressure, images);
            self.report(scope);
        }
    }

    /// Tells the status if it has changed or was not told for long.
    pub fn report(&mut self, scope: &mut Scope<'_, '_>) {
        if self.is_asking || !self.is_registered {
            return;
        }
        let before = self.reported.clone();
        let status = self.status(scope);
        if let Some(told) = &before {
            let is_same = same_but_heartbeats(told, &status);
            if is_same && !self.must_tell {
                return;
            }
        }
        self.must_tell = false;
        self.tell_changes(before.as_deref(), &status, scope);
        let mut node = scope.node().map_or_else(|| self.initial(scope), |node| Node::clone(node));
        node.metadata.resource_version = None;
        let attached = node.status.take().and_then(|old| old.volumes_attached);
        let mut told = status.clone();
        told.volumes_attached = attached;
        node.status = Some(told);
        let object = Object::from(node);
        let request = scope.ctx.request(Verb::Patch, Kind::Node, "").named(object.name()).part(Subresource::Status);
        self.reported = Some(Arc::new(status));
        self.ask(request.body(Body::StatusOf(object)), scope);
    }

    /// Events for conditions that changed.
    fn tell_changes(&self, before: Option<&NodeStatus>, after: &NodeStatus, scope: &mut Scope<'_, '_>) {
        let told = |status: Option<&NodeStatus>, type_: &str| {
            let conditions = status?.conditions.as_ref()?;
            Some(conditions.iter().find(|condition| condition.type_ == type_)?.status.clone())
        };
        let node = scope.node_name();
        for (type_, is_true, is_false) in [
            ("MemoryPressure", "NodeHasInsufficientMemory", "NodeHasSufficientMemory"),
            ("DiskPressure", "NodeHasDiskPressure", "NodeHasNoDiskPressure"),
            ("PIDPressure", "NodeHasInsufficientPID", "NodeHasSufficientPID"),
            ("Ready", "NodeReady", "NodeNotReady"),
        ] {
            let now = told(Some(after), type_);
            // A node that begins as not ready has not become so.
            let is_news =
                now != told(before, type_) && !(before.is_none() && type_ == "Ready" && now.as_deref() != Some("True"));
            if is_news {
                let reason = if now.as_deref() == Some("True") { is_true } else { is_false };
                scope.ctx.record("node condition", format!("nodes/{node}"), reason);
                scope.node_event(EventType::Normal, reason, format!("Node {node} status is now: {reason}"));
            }
        }
    }

    /// The Node as the kubelet registers it.
    fn initial(&self, scope: &Scope<'_, '_>) -> Node {
        let config = &scope.shared.config;
        let mut labels: BTreeMap<String, String> = config.labels.clone();
        for (key, value) in [
            ("beta.kubernetes.io/arch", config.info.architecture.as_str()),
            ("beta.kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", config.info.architecture.as_str()),
            ("kubernetes.io/hostname", &config.node),
            ("kubernetes.io/os", "linux"),
        ] {
            labels.insert(key.to_owned(), value.to_owned());
        }
        let mut node = Node::default();
        node.metadata.name = Some(config.node.to_string());
        node.metadata.labels = Some(labels);
        node.metadata.annotations = Some(BTreeMap::from([(MANAGED_ATTACH.to_owned(), "true".to_owned())]));
        let taints = Some(config.taints.clone()).filter(|taints| !taints.is_empty());
        node.spec = Some(NodeSpec { taints, ..NodeSpec::default() });
        node.status = Some(self.status(scope));
        node
    }

    fn status(&self, scope: &Scope<'_, '_>) -> NodeStatus {
        let config = &scope.shared.config;
        let quantities = |map: &BTreeMap<String, String>| {
            Some(map.iter().map(|(name, text)| (name.clone(), WireQuantity(text.clone()))).collect())
        };
        let address = |type_: &str, address: String| NodeAddress { type_: type_.to_owned(), address };
        NodeStatus {
            addresses: Some(vec![
                address("InternalIP", config.address.to_string()),
                address("Hostname", config.node.to_string()),
            ]),
            capacity: quantities(&config.capacity),
            allocatable: quantities(&config.allocatable),
            conditions: Some(self.conditions(scope)),
            daemon_endpoints: Some(NodeDaemonEndpoints {
                kubelet_endpoint: Some(DaemonEndpoint { port: KUBELET_PORT }),
            }),
            images: images(scope.machine),
            node_info: Some(info(config)),
            volumes_in_use: Some(self.volumes_in_use.clone()).filter(|all| !all.is_empty()),
            ..NodeStatus::default()
        }
    }

    fn conditions(&self, scope: &Scope<'_, '_>) -> Vec<NodeCondition> {
        let pressure = |is_true: bool, good: (&'static str, &'static str), bad: (&'static str, &'static str)| {
            let (reason, message) = if is_true { bad } else { good };
            (is_true, reason, message.to_owned())
        };
        let is_disk_full = is_disk_full(scope.machine);
        let rows = [
            (
                "MemoryPressure",
                pressure(
                    self.memory_pressure,
                    ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                    ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
                ),
            ),
            (
                "DiskPressure",
                pressure(
                    is_disk_full,
                    ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                    ("KubeletHasDiskPressure", "kubelet has disk pressure"),
                ),
            ),
            (
                "PIDPressure",
                pressure(
                    false,
                    ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                    ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
                ),
            ),
            ("Ready", ready(scope)),
        ];
        rows.into_iter().map(|(type_, verdict)| self.condition(type_, verdict, scope)).collect()
    }

    fn condition(&self, type_: &str, verdict: (bool, &str, String), scope: &Scope<'_, '_>) -> NodeCondition {
        let (is_true, reason, message) = verdict;
        let status = if is_true { "True" } else { "False" };
        // The node controller may have written over it meanwhile: what the API says counts.
        let known = scope.node().and_then(|node| node.status.as_ref()).and_then(|status| status.conditions.as_ref());
        let told = self.reported.as_ref().and_then(|told| told.conditions.as_ref());
        let before = known.or(told).and_then(|all| all.iter().find(|condition| condition.type_ == type_));
        let since =
            before.filter(|before| before.status == status).and_then(|before| before.last_transition_time.clone());
        let now = Some(time::time(scope.ctx.now));
        NodeCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_heartbeat_time: now.clone(),
            last_transition_time: since.or(now),
        }
    }

    /// The Node changed in the API.
    pub fn on_node(&mut self, node: Option<&Arc<Node>>, scope: &mut Scope<'_, '_>) {
        let Some(node) = node else {
            // Somebody deleted it; a running kubelet registers only at its start.
            self.reported = None;
            return;
        };
        take_range(node, scope.shared);
        let ready = node.status.as_ref().and_then(|status| status.conditions.as_ref());
        let ready = ready.and_then(|all| all.iter().find(|condition| condition.type_ == "Ready"));
        if ready.is_some_and(|ready| ready.status == "Unknown") {
            self.reported = None;
        }
        self.report(scope);
    }
}

/// Source: `evictionHard["nodefs.available"]`, 10 %.
fn is_disk_full(machine: &Machine) -> bool {
    machine.disk_used() > machine.config().disk_bytes / 10 * 9
}

/// The network plugin is ready as soon as the node has its range.
fn take_range(node: &Node, shared: &mut Shared) {
    if let Some(range) = node.spec.as_ref().and_then(|spec| spec.pod_cidr.as_deref()) {
        shared.ipam.set_range(range);
    }
}

fn ready(scope: &Scope<'_, '_>) -> (bool, &'static str, String) {
    let mut errors = Vec::new();
    if !scope.machine.is_on() {
        errors.push("container runtime is down".to_owned());
    }
    errors.extend(network_error(scope.shared));
    if errors.is_empty() {
        return (true, "KubeletReady", "kubelet is posting ready status".to_owned());
    }
    let text = if errors.len() > 1 { format!("[{}]", errors.join(", ")) } else { errors.concat() };
    (false, "KubeletNotReady", text)
}

fn images(machine: &Machine) -> Option<Vec<ContainerImage>> {
    let mut all: Vec<_> = machine
        .images()
        .map(|image| ContainerImage {
            names: Some(vec![image.digest.to_string(), image.reference.to_string()]),
            size_bytes: i64::try_from(image.size).ok(),
        })
        .collect();
    all.sort_by_key(|image| std::cmp::Reverse(image.size_bytes));
    all.truncate(IMAGES_MAX);
    Some(all).filter(|all| !all.is_empty())
}

fn info(config: &KubeletConfig) -> NodeSystemInfo {
    // Identifiers of a machine are stable; here they follow from its name.
    let hash = |salt: u64| {
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        config.node.bytes().fold(0xcbf2_9ce4_8422_2325 ^ salt, fold)
    };
    let uuid = |salt| {
        let (high, low) = (hash(salt), hash(salt + 1));
        let tail = low & 0xffff_ffff_ffff;
        format!("{:08x}-{:04x}-4{:03x}-a{:03x}-{tail:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff, low >> 52)
    };
    NodeSystemInfo {
        architecture: config.info.architecture.clone(),
        boot_id: uuid(1),
        container_runtime_version: config.info.runtime.clone(),
        kernel_version: config.info.kernel.clone(),
        kube_proxy_version: String::new(),
        kubelet_version: KUBERNETES_VERSION.to_owned(),
        machine_id: format!("{:016x}{:016x}", hash(3), hash(4)),
        operating_system: "linux".to_owned(),
        os_image: config.info.os_image.clone(),
        swap: None,
        system_uuid: uuid(5),
    }
}

/// Whether two statuses say the same, apart from when they were told.
fn same_but_heartbeats(one: &NodeStatus, two: &NodeStatus) -> bool {
    let still = |status: &NodeStatus| {
        let mut status = status.clone();
        status.conditions.iter_mut().flatten().for_each(|condition| condition.last_heartbeat_time = None);
        status
    };
    still(one) == still(two)
}

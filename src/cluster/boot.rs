//! Booting: a spec becomes machines, processes and a first minute of the agenda.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::apiserver::{ApiServer, User};
use crate::client::{Desk, Identity};
use crate::controllers::{self, ControllerManager};
use crate::engine::trace::Recording;
use crate::engine::{Agenda, CauseId, Seed, SimDuration, SimTime, Trace};
use crate::etcd::{Member, MemberId, QUOTA_DEFAULT, Settings, Store};
use crate::kubelet::{Kubelet, KubeletConfig};
use crate::machine::{Catalogue, Machine, MachineConfig};
use crate::model::Pod;
use crate::model::core::Taint;
use crate::model::quantity::Quantity;
use crate::monitoring::ApiServices;
use crate::network::Network;
use crate::scheduler::Scheduler;
use crate::storage::{Provisioner, VolumeBackend};

use super::actor::{Actor, ActorId, Role};
use super::balancer::Balancer;
use super::bootstrap::Bootstrap;
use super::etcd_link::Room;
use super::master::Master;
use super::outside::Outside;
use super::signal::Signal;
use super::spec::{ClusterSpec, NodePool, SpecError, parse_taint};
use super::static_pods;
use super::worker::Worker;
use super::world::Cluster;

/// When the hooks of kube-apiserver run after its start, and when the other components come up.
const HOOKS_DELAY: SimDuration = SimDuration::from_millis(5);
const START_DELAY: SimDuration = SimDuration::from_millis(20);

impl Cluster {
    /// Builds a cluster and puts the start of every part on its agenda; nothing has happened yet.
    ///
    /// # Errors
    /// When the spec describes no cluster that can be built.
    pub fn boot(
        spec: ClusterSpec,
        catalogue: Arc<Catalogue>,
        seed: Seed,
        recording: Recording,
    ) -> Result<Self, SpecError> {
        spec.check()?;
        let delays = spec.delays;
        let placeholder = ActorId(0);
        let mut cluster = Self {
            now: spec.birth(),
            agenda: Agenda::new(),
            seed,
            trace: Trace::new(recording),
            masters: Vec::new(),
            workers: Vec::new(),
            worker_by_name: BTreeMap::new(),
            actors: Vec::new(),
            balancer: Balancer::new(spec.control_planes as usize),
            room: Room::default(),
            network: (placeholder, Network::new(SimDuration::from_micros(delays.proxy))),
            provisioner: (placeholder, Provisioner::new()),
            bootstrap: Bootstrap::new(
                (0..spec.control_planes as usize).map(master_address).collect(),
                spec.addons.iter().flat_map(|addon| addon.objects()).collect(),
            ),
            api_services: ApiServices::default(),
            metrics_servers: Vec::new(),
            heapsters: Vec::new(),
            volumes: VolumeBackend::default(),
            loads: Vec::new(),
            traffic_random: seed.stream("traffic"),
            cut_off: BTreeSet::new(),
            open: BTreeMap::new(),
            namespace: "default".into(),
            invocations: BTreeMap::new(),
            written: Vec::new(),
            outside: Outside::default(),
            steps: 0,
            spec: Arc::new(spec),
        };
        cluster.add_masters();
        cluster.add_actor(
            Role::Bootstrap,
            "kube-apiserver",
            "kube-apiserver",
            "",
            "system:apiserver",
            &["system:masters"],
        );
        cluster.network.0 = cluster.add_actor(
            Role::Network,
            "kube-proxy",
            "kube-proxy",
            "",
            "system:kube-proxy",
            &["system:node-proxier"],
        );
        cluster.provisioner.0 = cluster.add_actor(
            Role::Provisioner,
            "podlab-disk provisioner",
            "podlab-disk",
            "",
            "system:serviceaccount:kube-system:podlab-disk",
            &[],
        );
        cluster.add_workers(&catalogue);
        let groups = ["system:masters"];
        cluster.add_actor(Role::ApiServices, "kube-aggregator", "kube-aggregator", "", "system:apiserver", &groups);
        cluster.start_everything();
        Ok(cluster)
    }

    fn add_masters(&mut self) {
        let names: Vec<String> = self.spec.master_names().collect();
        let ids: Vec<MemberId> = (1..=names.len() as u64).map(MemberId).collect();
        let settings = Settings { fsync: SimDuration::from_micros(self.spec.delays.disk), ..Settings::default() };
        let key = self.seed.stream("service account signing key").uuid();
        for (index, name) in names.iter().enumerate() {
            let scheduler = self.add_leader(Role::Scheduler(index), "kube-scheduler", name);
            let manager = self.add_leader(Role::ControllerManager(index), "kube-controller-manager", name);
            let random = self.seed.stream(&format!("kube-apiserver {name}"));
            let server = ApiServer::new(name.as_str(), random);
            let server = server.with_modes(&self.spec.authorization).with_signing_key(key.as_bytes());
            let server = server.with_feature_gates(self.spec.feature_gates);
            let mut etcd = Member::bootstrap(ids[index], &ids, Store::new(), settings, self.seed);
            // The specification was checked.
            etcd.set_quota(self.spec.etcd_quota_bytes().unwrap_or(QUOTA_DEFAULT));
            self.masters.push(Master {
                name: name.as_str().into(),
                etcd,
                server,
                scheduler: (scheduler, new_scheduler(&self.spec)),
                manager: (manager, new_manager(&self.spec)),
                is_on: true,
                etcd_is_up: true,
                server_is_up: true,
                server_life: 0,
                etcd_wake_at: None,
                server_wake_at: None,
            });
        }
    }

    fn add_leader(&mut self, role: Role, program: &str, host: &str) -> ActorId {
        let actor = if self.spec.control_planes > 1 { format!("{program} {host}") } else { program.to_owned() };
        self.add_actor(role, &actor, program, host, &format!("system:{program}"), &[])
    }

    pub(super) fn add_actor(
        &mut self,
        role: Role,
        actor: &str,
        agent: &str,
        host: &str,
        user: &str,
        groups: &[&str],
    ) -> ActorId {
        let id = ActorId(u32::try_from(self.actors.len()).unwrap_or(u32::MAX));
        let groups = groups.iter().chain(&["system:authenticated"]).map(|group| Arc::from(*group)).collect();
        let user = Arc::new(User { name: user.into(), groups, ..User::default() });
        let identity = Identity { actor: actor.into(), user, agent: agent.into(), host: host.into() };
        self.actors.push(Actor {
            id,
            role,
            identity,
            desk: Desk::default(),
            random: self.seed.stream(&format!("{actor} {}", id.0)),
            is_up: false,
            life: 0,
            server: None,
            crashes: 0,
            started_at: SimTime::ZERO,
        });
        id
    }

    /// A process for someone outside who runs kubectl.
    pub(super) fn add_kubectl(&mut self, invocation: u64, actor: &str) -> ActorId {
        let id =
            self.add_actor(Role::Kubectl(invocation), actor, "kubectl", "", "kubernetes-admin", &["system:masters"]);
        self.actors[id.0 as usize].is_up = true;
        id
    }

    fn add_workers(&mut self, catalogue: &Arc<Catalogue>) {
        let spec = Arc::clone(&self.spec);
        if spec.control_plane_nodes {
            for (index, name) in spec.master_names().enumerate() {
                let pool = master_pool();
                let manifests = static_pods::manifests(|_| true);
                self.add_worker(&name, master_address(index), &pool, manifests, catalogue);
            }
        }
        let mut number = 0;
        for pool in &spec.nodes {
            for name in pool.names() {
                self.add_worker(&name, worker_address(number), pool, Vec::new(), catalogue);
                number += 1;
            }
        }
    }

    fn add_worker(
        &mut self,
        name: &str,
        address: IpAddr,
        pool: &NodePool,
        static_pods: Vec<Arc<Pod>>,
        catalogue: &Arc<Catalogue>,
    ) {
        let groups = ["system:nodes"];
        let index = self.workers.len();
        let actor = self.add_actor(
            Role::Kubelet(index),
            &format!("kubelet {name}"),
            "kubelet",
            name,
            &format!("system:node:{name}"),
            &groups,
        );
        let mut machine = Machine::new(machine_config(name, pool), Arc::clone(catalogue));
        // kubeadm pulls the images of the control plane before it writes the manifests (`preflight`, `ImagePullCheck`).
        for container in static_pods.iter().flat_map(|pod| &pod.spec.containers) {
            if let Some(image) = &container.image {
                // An image that the catalogue lacks is pulled like any other, and its Pod says so.
                drop(machine.preload_image(image));
            }
        }
        for image in &pool.images {
            // One that the catalogue lacks has to be pulled, and its Pod says so.
            drop(machine.import_image(image));
        }
        let config = Arc::new(KubeletConfig { static_pods, ..kubelet_config(name, address, pool) });
        let worker = Worker {
            name: name.into(),
            actor,
            kubelet: Kubelet::new(Arc::clone(&config)),
            config,
            machine,
            is_on: true,
            wake_at: None,
            sockets: BTreeMap::new(),
            execs: BTreeMap::new(),
        };
        self.worker_by_name.insert(name.into(), index);
        self.workers.push(Arc::new(worker));
    }

    fn start_everything(&mut self) {
        for master in 0..self.masters.len() {
            self.boot_etcd(master);
        }
        for master in 0..self.masters.len() {
            self.boot_server(master);
        }
        for index in 0..self.actors.len() {
            // Not all at the same instant: machines are switched on one after another.
            let actor = &self.actors[index];
            // The hooks of kube-apiserver run before anything else finds it.
            let delay = if actor.role == Role::Bootstrap { HOOKS_DELAY } else { START_DELAY };
            let after = delay + SimDuration::from_micros(137 * index as u64);
            let signal = Signal::Start { actor: actor.id, life: actor.life };
            self.after(after, signal);
        }
        self.after(super::balancer::CHECK_PERIOD, Signal::BalancerCheck);
    }

    /// A process begins a new life, with an empty memory.
    pub(super) fn on_start(&mut self, id: ActorId, life: u32) {
        let now = self.now;
        let actor = &mut self.actors[id.0 as usize];
        if actor.is_up || actor.life != life {
            return;
        }
        let host_is_on = |cluster: &Self, host: &str| host.is_empty() || cluster.is_on(host);
        let (role, host) = (actor.role, Arc::clone(&actor.identity.host));
        if !host_is_on(self, &host) {
            return;
        }
        let actor = &mut self.actors[id.0 as usize];
        actor.is_up = true;
        actor.started_at = now;
        if life > 0 {
            match role {
                Role::Scheduler(master) => self.masters[master].scheduler.1 = new_scheduler(&self.spec),
                Role::ControllerManager(master) => {
                    self.masters[master].manager.1 = new_manager(&self.spec);
                }
                _ => {}
            }
        }
        self.call(id, CauseId::NONE, None);
    }

    /// The kubelet of a machine begins a new life; what runs on the machine it finds there.
    pub(super) fn boot_kubelet(&mut self, worker: usize) {
        let config = Arc::clone(&self.workers[worker].config);
        self.worker_mut(worker).kubelet = Kubelet::new(config);
        let id = self.workers[worker].actor;
        let life = self.actors[id.0 as usize].life;
        self.on_start(id, life);
    }
}

/// The configuration was checked with the rest of the specification.
fn new_scheduler(spec: &ClusterSpec) -> Scheduler {
    let configured = spec.scheduler.as_ref().and_then(|told| Scheduler::configured(told).ok());
    configured.unwrap_or_default()
}

fn new_manager(spec: &ClusterSpec) -> ControllerManager {
    let workers: usize = spec.nodes.iter().map(|pool| pool.count as usize).sum();
    ControllerManager::new(&controllers::Options::for_nodes(workers + spec.control_planes as usize))
}

/// Masters are machines of 2 processors and 4 GiB that take no ordinary Pods.
fn master_pool() -> NodePool {
    let labels = [("node-role.kubernetes.io/control-plane", "")];
    let allocatable = [("cpu", "2"), ("memory", "4Gi"), ("pods", "110"), ("ephemeral-storage", "40Gi")];
    NodePool {
        name: "master".into(),
        count: 1,
        allocatable: allocatable.map(|(name, amount)| (name.to_owned(), amount.to_owned())).into(),
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        taints: vec!["node-role.kubernetes.io/control-plane:NoSchedule".into()],
        keeps_name: false,
        images: Vec::new(),
    }
}

fn master_address(index: usize) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, 11 + u8::try_from(index).unwrap_or(0)).into()
}

fn worker_address(number: u32) -> IpAddr {
    let [_, _, high, low] = (number / 250 * 256 + number % 250 + 1 + 256).to_be_bytes();
    Ipv4Addr::new(10, 0, high, low).into()
}

fn amount(pool: &NodePool, resource: &str, otherwise: u64) -> u64 {
    let quantity = pool.allocatable.get(resource).and_then(|amount| amount.parse::<Quantity>().ok());
    quantity.and_then(|quantity| u64::try_from(quantity.value()).ok()).unwrap_or(otherwise)
}

fn cpu_milli(pool: &NodePool) -> u64 {
    let quantity = pool.allocatable.get("cpu").and_then(|amount| amount.parse::<Quantity>().ok());
    quantity.and_then(|quantity| u64::try_from(quantity.milli_value()).ok()).unwrap_or(4_000)
}

fn machine_config(name: &str, pool: &NodePool) -> MachineConfig {
    MachineConfig {
        cpu_milli: cpu_milli(pool),
        memory_bytes: amount(pool, "memory", 8 << 30),
        disk_bytes: amount(pool, "ephemeral-storage", 50 << 30),
        ..MachineConfig::worker(name)
    }
}

fn kubelet_config(name: &str, address: IpAddr, pool: &NodePool) -> KubeletConfig {
    let mut config = KubeletConfig::worker(name, address);
    config.labels.clone_from(&pool.labels);
    config.taints = pool.taints.iter().filter_map(|text| taint(text)).collect();
    // What a scenario gives is what Pods may use, to the byte.
    config.capacity.extend(pool.allocatable.clone());
    config.allocatable.extend(pool.allocatable.clone());
    config
}

fn taint(text: &str) -> Option<Taint> {
    let (key, value, effect) = parse_taint(text)?;
    Some(Taint { key, value, effect, time_added: None })
}

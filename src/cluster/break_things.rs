//! Breaking things on purpose, and mending them: what each [`Fault`] does to the parts.

use std::sync::Arc;

use crate::apiserver::ApiServer;
use crate::engine::{CauseId, SimDuration};
use crate::etcd::Member;
use crate::machine::Signal as UnixSignal;
use crate::machine::cri::{ContainerState, RegistryState};

use super::actor::ActorId;
use super::fault::{ComponentName, Fault, FaultError};
use super::world::Cluster;

/// A disk that is full has this much left.
const NOTHING_FREE: u64 = 0;

impl Cluster {
    /// What a fault would hit, in words; for the preview of the palette.
    ///
    /// # Errors
    /// When it cannot be carried out.
    pub fn preview(&self, fault: &Fault) -> Result<String, FaultError> {
        match fault {
            Fault::NodeDown { node } | Fault::NodeUp { node } => {
                self.machine_named(node)?;
                let pods = self.pods_on(node).len();
                Ok(format!("{node} with {pods} Pods"))
            }
            Fault::Cordon { node } | Fault::Uncordon { node } | Fault::FillDisk { node } | Fault::FreeDisk { node } => {
                self.worker_named(node)?;
                Ok(format!("{node} with {} Pods", self.pods_on(node).len()))
            }
            Fault::SlowDisk { node, .. } => self.master_named(node).map(|_| fault.target()),
            Fault::KillContainer { namespace, pod, container } => {
                self.container_named(namespace, pod, container.as_deref()).map(|_| fault.target())
            }
            Fault::Partition { nodes } => {
                nodes.iter().try_for_each(|node| self.machine_named(node))?;
                Ok(format!("{} cut off from the rest", nodes.join(", ")))
            }
            Fault::StopComponent { component, node } | Fault::StartComponent { component, node } => {
                let places = self.places_of(*component, node.as_deref())?;
                Ok(format!("{} on {}", component.as_str(), places.join(", ")))
            }
            Fault::DeletePod { .. } => Ok(fault.target()),
            Fault::Heal | Fault::RegistryDown | Fault::RegistryUp => Ok("the whole cluster".to_owned()),
        }
    }

    /// Breaks or mends something.
    ///
    /// # Errors
    /// When there is no such thing to break; then nothing has changed.
    pub(super) fn apply_fault(&mut self, fault: &Fault) -> Result<(), FaultError> {
        let hit = self.preview(fault)?;
        let cause = self.record(CauseId::NONE, "fault", fault.name(), &fault.target(), &hit);
        match fault {
            Fault::NodeDown { node } => self.power_off(node, cause),
            Fault::NodeUp { node } => self.power_on(node),
            Fault::KillContainer { namespace, pod, container } => {
                self.kill_container(namespace, pod, container.as_deref(), cause)?;
            }
            Fault::DeletePod { namespace, pod } => {
                self.run_for_fault(&format!("delete pod {pod} -n {namespace} --wait=false"));
            }
            Fault::Cordon { node } => self.run_for_fault(&format!("cordon {node}")),
            Fault::Uncordon { node } => self.run_for_fault(&format!("uncordon {node}")),
            Fault::Partition { nodes } => {
                self.cut_off = nodes.iter().map(|node| Arc::from(node.as_str())).collect();
                self.strand_connections();
            }
            Fault::Heal => self.cut_off.clear(),
            Fault::StopComponent { component, node } => {
                for place in self.places_of(*component, node.as_deref())? {
                    self.stop_component(*component, &place, cause);
                }
            }
            Fault::StartComponent { component, node } => {
                for place in self.places_of(*component, node.as_deref())? {
                    self.start_component(*component, &place);
                }
            }
            Fault::FillDisk { node } => {
                let worker = self.worker_named(node)?;
                self.worker_mut(worker).machine.fill_disk(NOTHING_FREE);
            }
            Fault::FreeDisk { node } => {
                let worker = self.worker_named(node)?;
                self.worker_mut(worker).machine.free_disk();
            }
            Fault::RegistryDown => self.set_registries(RegistryState::Down),
            Fault::RegistryUp => self.set_registries(RegistryState::Reachable),
            Fault::SlowDisk { node, millis } => {
                let master = self.master_named(node)?;
                self.masters[master].etcd.set_fsync(SimDuration::from_millis(*millis));
            }
        }
        Ok(())
    }

    fn set_registries(&mut self, state: RegistryState) {
        for worker in 0..self.workers.len() {
            let machine = &mut self.worker_mut(worker).machine;
            machine.registries_mut().clear();
            if state != RegistryState::Reachable {
                let known = machine.catalogue().registries();
                machine.registries_mut().extend(known.into_iter().map(|name| (name, state)));
            }
        }
    }

    fn kill_container(
        &mut self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        cause: CauseId,
    ) -> Result<(), FaultError> {
        let (worker, id) = self.container_named(namespace, pod, container)?;
        let now = self.now;
        // A container that ended in the same instant has nothing left to kill.
        drop(self.worker_mut(worker).machine.signal(now, id, UnixSignal::Kill, cause));
        self.set_machine_wake(worker);
        Ok(())
    }

    fn power_off(&mut self, node: &str, cause: CauseId) {
        if let Ok(master) = self.master_named(node) {
            for component in [ComponentName::KubeScheduler, ComponentName::KubeControllerManager] {
                self.stop_component(component, node, cause);
            }
            self.crash_server(master);
            self.masters[master].etcd.crash();
            self.masters[master].is_on = false;
        }
        if let Ok(worker) = self.worker_named(node) {
            let (now, actor) = (self.now, self.workers[worker].actor);
            self.stop_actor(actor);
            let entry = self.worker_mut(worker);
            entry.machine.power_off(now, cause);
            entry.is_on = false;
            entry.sockets.clear();
            entry.execs.clear();
        }
    }

    fn power_on(&mut self, node: &str) {
        if let Ok(master) = self.master_named(node)
            && !self.masters[master].is_on
        {
            self.masters[master].is_on = true;
            self.boot_etcd(master);
            self.boot_server(master);
            for component in [ComponentName::KubeScheduler, ComponentName::KubeControllerManager] {
                self.start_component(component, node);
            }
        }
        if let Ok(worker) = self.worker_named(node)
            && !self.workers[worker].is_on
        {
            let now = self.now;
            let entry = self.worker_mut(worker);
            entry.is_on = true;
            entry.machine.power_on(now);
            self.boot_kubelet(worker);
        }
    }

    fn stop_component(&mut self, component: ComponentName, place: &str, cause: CauseId) {
        let master = self.master_named(place);
        match (component, master) {
            (ComponentName::Etcd, Ok(master)) => {
                self.masters[master].etcd_is_up = false;
                // The server beside it is told that its requests fail.
                self.with_etcd(master, |member, _, out| member.stop(out));
                self.masters[master].etcd.crash();
            }
            (ComponentName::KubeApiserver, Ok(master)) => self.crash_server(master),
            (ComponentName::KubeScheduler, Ok(master)) => self.stop_actor(self.masters[master].scheduler.0),
            (ComponentName::KubeControllerManager, Ok(master)) => self.stop_actor(self.masters[master].manager.0),
            (ComponentName::Kubelet, _) => {
                if let Ok(worker) = self.worker_named(place) {
                    self.stop_actor(self.workers[worker].actor);
                }
            }
            (_, Err(_)) => return,
        }
        self.record(cause, component.as_str(), "stop", place, "");
        self.rewrite_static_pods(place);
    }

    fn start_component(&mut self, component: ComponentName, place: &str) {
        match (component, self.master_named(place)) {
            (ComponentName::Etcd, Ok(master)) if !self.masters[master].etcd_is_up => self.boot_etcd(master),
            (ComponentName::KubeApiserver, Ok(master)) if !self.masters[master].server_is_up => {
                self.boot_server(master)
            }
            (ComponentName::KubeScheduler, Ok(master)) => self.boot_if_down(self.masters[master].scheduler.0),
            (ComponentName::KubeControllerManager, Ok(master)) => self.boot_if_down(self.masters[master].manager.0),
            (ComponentName::Kubelet, _) => {
                if let Ok(worker) = self.worker_named(place)
                    && !self.actors[self.workers[worker].actor.0 as usize].is_up
                {
                    self.boot_kubelet(worker);
                }
            }
            _ => {}
        }
        self.rewrite_static_pods(place);
    }

    fn boot_if_down(&mut self, id: ActorId) {
        let actor = &self.actors[id.0 as usize];
        if !actor.is_up {
            let life = actor.life;
            self.on_start(id, life);
        }
    }

    fn crash_server(&mut self, master: usize) {
        self.masters[master].server_is_up = false;
        self.masters[master].server_life += 1;
        self.with_server(master, ApiServer::stop);
        self.reset_connections(master);
    }

    pub(super) fn boot_server(&mut self, master: usize) {
        self.masters[master].server_is_up = true;
        self.with_server(master, ApiServer::start);
    }

    pub(super) fn boot_etcd(&mut self, master: usize) {
        self.masters[master].etcd_is_up = true;
        self.with_etcd(master, Member::start);
    }

    fn places_of(&self, component: ComponentName, node: Option<&str>) -> Result<Vec<String>, FaultError> {
        let masters = || self.masters.iter().map(|master| master.name.to_string()).collect::<Vec<_>>();
        let runs_on: Vec<String> = match component {
            ComponentName::Kubelet => self.workers.iter().map(|worker| worker.name.to_string()).collect(),
            _ => masters(),
        };
        let Some(node) = node else { return Ok(runs_on) };
        self.machine_named(node)?;
        if runs_on.iter().any(|place| place == node) {
            return Ok(vec![node.to_owned()]);
        }
        Err(FaultError::NotThere { component: component.as_str(), node: node.to_owned() })
    }

    fn machine_named(&self, name: &str) -> Result<(), FaultError> {
        let known = self.master_named(name).is_ok() || self.worker_by_name.contains_key(name);
        if known { Ok(()) } else { Err(self.unknown_node(name)) }
    }

    pub(super) fn master_named(&self, name: &str) -> Result<usize, FaultError> {
        self.masters.iter().position(|master| &*master.name == name).ok_or_else(|| self.unknown_node(name))
    }

    fn worker_named(&self, name: &str) -> Result<usize, FaultError> {
        self.worker_by_name.get(name).copied().ok_or_else(|| self.unknown_node(name))
    }

    fn unknown_node(&self, name: &str) -> FaultError {
        let masters = self.masters.iter().map(|master| &*master.name);
        let known: Vec<&str> = masters.chain(self.workers.iter().map(|worker| &*worker.name)).take(20).collect();
        FaultError::UnknownNode { name: name.to_owned(), known: known.join(", ") }
    }

    fn container_named(
        &self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
    ) -> Result<(usize, crate::machine::cri::ContainerId), FaultError> {
        for (index, worker) in self.workers.iter().enumerate() {
            for sandbox in worker.machine.sandboxes() {
                if &*sandbox.config.namespace != namespace || &*sandbox.config.name != pod {
                    continue;
                }
                let statuses = sandbox.containers.keys().filter_map(|id| worker.machine.container_status(*id));
                let mut running = statuses.filter(|status| status.state == ContainerState::Running);
                if let Some(status) = running.find(|status| container.is_none_or(|name| name == &*status.name)) {
                    return Ok((index, status.id));
                }
            }
        }
        let name = container.map_or_else(|| format!("{namespace}/{pod}"), |name| format!("{namespace}/{pod}/{name}"));
        Err(FaultError::UnknownContainer(name))
    }
}

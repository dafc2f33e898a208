//! Looking at a cluster without touching it: what screens, goals and explanations read.

use std::sync::Arc;

use crate::apiserver::request::LogOptions;
use crate::apiserver::{Stored, storage_key};
use crate::engine::{CauseId, SimTime};
use crate::etcd::{Revision, Store};
use crate::model::core::Event;
use crate::model::{Kind, Object, ObjectKey, Pod, Resource};

use super::actor::ActorId;
use super::fault::ComponentName;
use super::master::Master;
use super::worker::Worker;
use super::world::Cluster;

/// How a component of a machine is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentState {
    /// Which one.
    pub component: ComponentName,
    /// On which machine.
    pub node: Arc<str>,
    /// Whether it runs.
    pub is_up: bool,
    /// Whether it is the one that acts: the leader of etcd, the holder of the lease.
    pub leads: bool,
    /// Since when it runs.
    pub since: SimTime,
}

impl Cluster {
    /// The masters.
    #[must_use]
    pub fn masters(&self) -> &[Master] {
        &self.masters
    }

    /// The machines with a kubelet.
    #[must_use]
    pub fn workers(&self) -> &[Arc<Worker>] {
        &self.workers
    }

    /// What kube-proxy and DNS know.
    #[must_use]
    pub fn network(&self) -> &crate::network::Network {
        &self.network.1
    }

    /// The machine of that name.
    #[must_use]
    pub fn worker(&self, name: &str) -> Option<&Worker> {
        self.worker_by_name.get(name).map(|index| &*self.workers[*index])
    }

    /// Whether a machine has power.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        let master = self.masters.iter().find(|master| &*master.name == name);
        master.map_or_else(|| self.worker(name).is_some_and(|worker| worker.is_on), |master| master.is_on)
    }

    /// Whether a machine is on the other side of a partition.
    #[must_use]
    pub fn is_cut_off(&self, name: &str) -> bool {
        self.cut_off.contains(name)
    }

    /// Whether the load balancer sends new connections to a master.
    #[must_use]
    pub fn is_balanced(&self, master: usize) -> bool {
        self.balancer.is_in(master)
    }

    /// What is committed: the store of the member that has applied most. Screens see through a lost quorum; `kubectl` does
    /// not.
    #[must_use]
    pub fn store(&self) -> Option<&Store<Stored>> {
        self.masters.iter().map(|master| master.etcd.store()).max_by_key(|store| store.revision())
    }

    /// All objects of a kind, by namespace and name.
    #[must_use]
    pub fn objects(&self, kind: Kind) -> Vec<Object> {
        let range = storage_key::range(kind, "");
        let Some(store) = self.store() else { return Vec::new() };
        store.iter(&range).filter_map(|entry| Stored::of(entry)).collect()
    }

    /// All objects of a kind known at compile time.
    #[must_use]
    pub fn all<R: Resource>(&self) -> Vec<Arc<R>> {
        self.objects(R::KIND).iter().filter_map(R::of).cloned().collect()
    }

    /// How many objects of a kind known at compile time `count`; makes no list of them.
    #[must_use]
    pub fn count<R: Resource>(&self, counts: impl Fn(&R) -> bool) -> usize {
        let range = storage_key::range(R::KIND, "");
        let Some(store) = self.store() else { return 0 };
        let objects = store.iter(&range).filter_map(|entry| Stored::peek(entry)).filter_map(R::of);
        objects.filter(|object| counts(object)).count()
    }

    /// One object.
    #[must_use]
    pub fn object(&self, key: &ObjectKey) -> Option<Object> {
        let path = storage_key::of(key.kind, &key.namespace, &key.name);
        self.store()?.get(&path).and_then(|entry| Stored::of(entry))
    }

    /// What last changed an object; for one that is gone, what is last known of it.
    #[must_use]
    pub fn last_cause(&self, key: &ObjectKey) -> Option<CauseId> {
        let path = storage_key::of(key.kind, &key.namespace, &key.name);
        let stored = self.store().and_then(|store| store.get(&path)).map(|entry| entry.value.cause());
        let named = key.path();
        stored.or_else(|| self.trace.iter().rev().find(|(_, cause)| *cause.object == *named).map(|(id, _)| id))
    }

    /// The revision of the store.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.store().map_or(0, |store| store.revision().0)
    }

    /// What `kubectl get events` would show, written after revision `after`: when it was written and the Event, oldest
    /// first. The revision to go on from comes with it.
    #[must_use]
    pub fn events_after(&self, after: u64) -> (u64, Vec<(SimTime, Arc<Event>)>) {
        let Some(store) = self.store() else { return (after, Vec::new()) };
        let range = storage_key::range(Kind::Event, "");
        // What was compacted away before anyone looked is gone, as for every watcher.
        let changes = store.events(&range, Revision(after + 1).max(store.compacted()));
        let written = changes.into_iter().flatten().filter_map(|change| {
            let entry = change.current.as_ref()?;
            let event = Event::of(&Stored::of(entry)?).cloned()?;
            let at = self.trace.get(entry.value.cause()).map_or(self.now, |cause| cause.at);
            Some((at, event))
        });
        (store.revision().0, written.collect())
    }

    /// What `kubectl logs` would print of a Pod: of its present containers, or of the instances before them.
    ///
    /// # Errors
    /// In the words of the kubelet; when the Pod is on no machine or the machine has no power, in our own.
    pub fn logs(&self, pod: &ObjectKey, is_previous: bool) -> Result<String, String> {
        let object = self.object(pod).ok_or_else(|| format!("pods \"{}\" not found", pod.name))?;
        let node = Pod::of(&object).map(|pod| pod.node_name().to_owned()).unwrap_or_default();
        let Some(worker) = self.worker(&node).filter(|worker| worker.is_on) else {
            return Err(format!(
                "the Pod is on no machine that runs ({})",
                if node.is_empty() { "none" } else { &node }
            ));
        };
        let options = LogOptions { previous: is_previous, ..LogOptions::default() };
        worker.kubelet.logs(&pod.namespace, &pod.name, &options, &worker.machine, self.now)
    }

    /// What the kubelet's own server answers to a path; `None` where it has nothing.
    ///
    /// # Errors
    /// Why it cannot be reached, as Go's dialer says it.
    pub fn ask_kubelet_server(&self, node: &str, path: &str) -> Result<Option<(&'static str, String)>, &'static str> {
        let Some(worker) = self.worker(node).filter(|worker| worker.is_on) else { return Err("i/o timeout") };
        if !self.actors[worker.actor.0 as usize].is_up {
            return Err("connect: connection refused");
        }
        // Whoever looks changes nothing: the accounts are settled on a copy.
        let mut machine = worker.machine.clone();
        Ok(worker.kubelet.tells(path, &mut machine, self.now))
    }

    /// The Pods bound to a node.
    #[must_use]
    pub fn pods_on(&self, node: &str) -> Vec<Arc<Pod>> {
        self.all::<Pod>().into_iter().filter(|pod| pod.node_name() == node).collect()
    }

    /// Every component of the control plane and every kubelet.
    #[must_use]
    pub fn components(&self) -> Vec<ComponentState> {
        let mut states = Vec::new();
        for master in &self.masters {
            let state = |component, is_up, leads, since| ComponentState {
                component,
                node: Arc::clone(&master.name),
                is_up,
                leads,
                since,
            };
            let actor = |id: ActorId| &self.actors[id.0 as usize];
            let (scheduler, manager) = (actor(master.scheduler.0), actor(master.manager.0));
            let etcd_leads = master.etcd_runs() && master.etcd.is_leader();
            states.push(state(ComponentName::Etcd, master.etcd_runs(), etcd_leads, SimTime::ZERO));
            states.push(state(ComponentName::KubeApiserver, master.server_runs(), false, SimTime::ZERO));
            let leads = scheduler.is_up && master.scheduler.1.leads();
            states.push(state(ComponentName::KubeScheduler, scheduler.is_up, leads, scheduler.started_at));
            let leads = manager.is_up && master.manager.1.leads();
            states.push(state(ComponentName::KubeControllerManager, manager.is_up, leads, manager.started_at));
        }
        for worker in &self.workers {
            let actor = &self.actors[worker.actor.0 as usize];
            states.push(ComponentState {
                component: ComponentName::Kubelet,
                node: Arc::clone(&worker.name),
                is_up: actor.is_up,
                leads: false,
                since: actor.started_at,
            });
        }
        states
    }
}

//! A master: etcd, kube-apiserver, kube-scheduler and kube-controller-manager on one machine.

use std::sync::Arc;

use crate::apiserver::{ApiServer, Stored};
use crate::controllers::ControllerManager;
use crate::engine::SimTime;
use crate::etcd::Member;
use crate::scheduler::Scheduler;

use super::actor::ActorId;

/// A master.
#[derive(Clone)]
pub struct Master {
    /// Its name.
    pub name: Arc<str>,
    /// Its member of the store.
    pub etcd: Member<Stored>,
    /// Its API server.
    pub server: ApiServer,
    /// Its scheduler, and that as an actor.
    pub scheduler: (ActorId, Scheduler),
    /// Its controller manager, and that as an actor.
    pub manager: (ActorId, ControllerManager),
    /// Whether the machine has power.
    pub is_on: bool,
    /// Whether etcd is meant to run.
    pub etcd_is_up: bool,
    /// Whether kube-apiserver is meant to run.
    pub server_is_up: bool,
    /// How often its API server was started: connections to an earlier life are gone.
    pub server_life: u32,
    /// The instants of the earliest wake-ups that were put on the agenda.
    pub etcd_wake_at: Option<SimTime>,
    /// Likewise for the API server.
    pub server_wake_at: Option<SimTime>,
}

impl Master {
    /// Whether its etcd member runs.
    #[must_use]
    pub fn etcd_runs(&self) -> bool {
        self.is_on && self.etcd_is_up
    }

    /// Whether its API server runs.
    #[must_use]
    pub fn server_runs(&self) -> bool {
        self.is_on && self.server_is_up
    }
}

//! A computer of the cluster with its kubelet: a worker, or a master that is shown as a Node.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::SimTime;
use crate::kubelet::{Kubelet, KubeletConfig, StreamId};
use crate::machine::Machine;
use crate::machine::cri::SocketId;

use super::actor::ActorId;
use super::traffic::Origin;

/// A computer.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Its name.
    pub name: Arc<str>,
    /// Its kubelet, as an actor.
    pub actor: ActorId,
    /// How that is set up.
    pub config: Arc<KubeletConfig>,
    /// The agent.
    pub kubelet: Kubelet,
    /// The machine itself.
    pub machine: Machine,
    /// Whether it has power.
    pub is_on: bool,
    /// The instant of the earliest wake-up that was put on the agenda.
    pub wake_at: Option<SimTime>,
    /// Who waits for which connection into this machine.
    pub sockets: BTreeMap<SocketId, Origin>,
    /// Who waits for which command.
    pub execs: BTreeMap<StreamId, super::node_link::Waiter>,
}

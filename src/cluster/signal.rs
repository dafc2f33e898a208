//! Signals: everything that can happen in a cluster, as the agenda holds it. [`Cluster::step`](super::Cluster::step) has one
//! arm per variant.

use crate::apiserver::{Inbound, Stored, Ticket};
use crate::client::Incoming;
use crate::engine::CauseId;
use crate::etcd::{MemberId, Message};

use super::actor::ActorId;
use super::input::Input;
use super::traffic::Hop;

/// Something that happens at an instant.
#[derive(Clone, Debug)]
pub enum Signal {
    /// Something from outside takes effect.
    Input(Box<Input>),
    /// A message between etcd members arrives.
    EtcdMessage {
        /// Who sent it.
        from: MemberId,
        /// The master that gets it.
        to: usize,
        /// What it says.
        message: Box<Message<Stored>>,
    },
    /// A timer of an etcd member may have run out.
    EtcdWake(usize),
    /// A request reaches an API server.
    Request {
        /// Which server.
        server: usize,
        /// The life of the server for which the connection was made.
        life: u32,
        /// The request.
        inbound: Box<Inbound>,
    },
    /// A caller closes a watch.
    Cancel {
        /// At which server.
        server: usize,
        /// Whose.
        actor: ActorId,
        /// Which watch.
        ticket: Ticket,
    },
    /// A timer of an API server may have run out.
    ServerWake(usize),
    /// Something reaches a component.
    Deliver {
        /// Which one.
        actor: ActorId,
        /// The life for which it was meant.
        life: u32,
        /// What led to it.
        cause: CauseId,
        /// What it is.
        incoming: Box<Incoming>,
    },
    /// A component is started again after it ended.
    Start {
        /// Which one.
        actor: ActorId,
        /// The life that ended.
        life: u32,
    },
    /// The machine with this number has something due.
    MachineWake(usize),
    /// A request between machines makes its next step.
    Hop(Box<Hop>),
    /// The balancer asks every server whether it is ready.
    BalancerCheck,
    /// A declared client sends its next request.
    Load(usize),
    /// A Heapster makes its next round.
    Heapster(usize),
}

//! What comes into a server with a request, and what it asks of the world outside. The cluster carries requests to etcd and
//! answers to callers, and adds the time that this takes.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::engine::{CauseId, SimDuration, SimTime, Trace};
use crate::etcd::{LeaseId, RequestId, Revision, Store, Txn};

use super::request::{Caller, Outcome, Request, Ticket, WatchEvent};
use super::status::Status;
use super::stored::Stored;

/// A request that arrives.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Over which connection.
    pub caller: Caller,
    /// The number that its answer will carry.
    pub ticket: Ticket,
    /// Who causes call it: `kube-scheduler`, `kubelet node-1`, `kubectl`.
    pub actor: Arc<str>,
    /// What led to the request.
    pub cause: CauseId,
    /// The request.
    pub request: Request,
}

/// What a server wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Propose a transaction to the server's member of etcd; answer with [`on_done`](super::ApiServer::on_done).
    Propose {
        /// Under this number.
        request: RequestId,
        /// The transaction.
        txn: Txn<Stored>,
    },
    /// Ask the member for a linearizable read; answer with [`on_read_ready`](super::ApiServer::on_read_ready).
    ReadIndex {
        /// Under this number.
        request: RequestId,
    },
    /// Grant a lease; answer with [`on_answered`](super::ApiServer::on_answered).
    GrantLease {
        /// Under this number.
        request: RequestId,
        /// The lease.
        lease: LeaseId,
        /// How long it lives.
        ttl: SimDuration,
    },
    /// Compact the history; answer with [`on_answered`](super::ApiServer::on_answered).
    Compact {
        /// Under this number.
        request: RequestId,
        /// Up to this revision.
        revision: Revision,
    },
    /// Send the question of a webhook to its server; answer with [`on_called`](super::ApiServer::on_called).
    Call(Box<Outcall>),
    /// Answer a request.
    Respond {
        /// Over which connection.
        caller: Caller,
        /// Which request.
        ticket: Ticket,
        /// The answer.
        outcome: Outcome,
    },
    /// Send events of a watch, oldest first.
    Watch {
        /// Over which connection.
        caller: Caller,
        /// Of which watch.
        ticket: Ticket,
        /// What happened.
        events: Vec<WatchEvent>,
    },
    /// End a watch.
    WatchClosed {
        /// Over which connection.
        caller: Caller,
        /// Which watch.
        ticket: Ticket,
        /// The error event that ends it; `None` when its time was over.
        status: Option<Box<Status>>,
    },
}

/// A request that a server makes itself, over the network of the cluster.
#[derive(Clone, Debug)]
pub struct Outcall {
    /// Which of the server's requests waits for it.
    pub request: RequestId,
    /// Which call of it.
    pub number: u32,
    /// Where to.
    pub to: SocketAddr,
    /// Path and query.
    pub path: String,
    /// What is sent along, as JSON.
    pub body: Vec<u8>,
    /// What led to it.
    pub cause: CauseId,
}

/// How a request that a server made itself fared. When nobody answers, nothing tells: the server's own patience ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// Somebody answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Arc<[u8]>,
    },
    /// Nobody listens there.
    Refused,
    /// The connection broke.
    Reset,
    /// There is no way there.
    NoRoute,
}

/// The surroundings of one call to a server.
pub struct Ctx<'a> {
    /// The present instant.
    pub now: SimTime,
    /// What the server's member of etcd has applied: the source of its cached reads.
    pub store: &'a Store<Stored>,
    /// The record of causes.
    pub trace: &'a mut Trace,
    /// Where to put what the server wants done.
    pub effects: &'a mut Vec<Effect>,
}

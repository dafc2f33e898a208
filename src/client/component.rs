//! A component: what reaches it, and what it can do.

use std::sync::Arc;

use crate::apiserver::{Body, DeleteOptions, Outcome, Request, Status, StreamChunk, Ticket, User, Verb, WatchEvent};
use crate::engine::{Cause, CauseId, SimDuration, SimTime, Stream, Trace};
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Object};

/// A process that lives on the API: the scheduler, the controller manager, a kubelet.
pub trait Component {
    /// The process begins.
    fn start(&mut self, ctx: &mut Ctx<'_>);
    /// Something reached it.
    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>);
}

/// Who a component is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// As causes name it: `kube-scheduler`, `kubelet node-1`.
    pub actor: Arc<str>,
    /// As authentication knows it.
    pub user: Arc<User>,
    /// The program: `kube-scheduler`, `kubelet`; the field manager of what it writes.
    pub agent: Arc<str>,
    /// The node it runs on.
    pub host: Arc<str>,
}

/// What reaches a component.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// The outcome of a request.
    Response {
        /// Of which request.
        ticket: Ticket,
        /// What came of it.
        outcome: Outcome,
    },
    /// Events of an open watch, oldest first.
    Watch {
        /// Of which watch.
        ticket: Ticket,
        /// What happened.
        events: Vec<WatchEvent>,
    },
    /// A watch ended.
    WatchClosed {
        /// Which watch.
        ticket: Ticket,
        /// Why; `None` when the connection was lost or timed out as usual.
        status: Option<Box<Status>>,
    },
    /// A piece of a log that is followed, or of what a command prints; the last one of an exec carries its exit code.
    Stream {
        /// Of which request.
        ticket: Ticket,
        /// What was printed.
        chunk: StreamChunk,
    },
    /// A timer that the component set has run out.
    Timer(Timer),
}

/// A timer, in the component's own terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// What it is for; [`Timer::INFORMER`], [`Timer::QUEUE`] and [`Timer::LEASE`] belong to this folder.
    pub purpose: u16,
    /// For which of them.
    pub number: u64,
}

impl Timer {
    /// An informer tries again; the number is the informer's.
    pub const INFORMER: u16 = u16::MAX;
    /// A work queue has a delayed key; the number is the controller's.
    pub const QUEUE: u16 = u16::MAX - 1;
    /// A leader renews, a candidate tries.
    pub const LEASE: u16 = u16::MAX - 2;

    /// A timer for `purpose`.
    #[must_use]
    pub const fn new(purpose: u16, number: u64) -> Self {
        Self { purpose, number }
    }
}

/// What a component wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send a request; its outcome comes back under the ticket.
    Request(Ticket, Box<Request>),
    /// Close the watch of this ticket.
    Cancel(Ticket),
    /// Come back after this time.
    Timer(SimDuration, Timer),
    /// The process ends, as kube-scheduler does when it loses its lease; the text is its last log line.
    Exit(Arc<str>),
}

/// Where a component puts what it wants done; the cluster empties it after every call.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    next_ticket: u64,
    effects: Vec<(CauseId, Effect)>,
}

impl Desk {
    /// Takes what was put down, in order, each with its cause.
    pub fn take(&mut self) -> Vec<(CauseId, Effect)> {
        std::mem::take(&mut self.effects)
    }
}

/// The surroundings of one call to a component.
pub struct Ctx<'a> {
    /// The present instant.
    pub now: SimTime,
    /// What led to this call; requests and timers inherit it. A component that handles several things sets it for each.
    pub cause: CauseId,
    /// Its random numbers.
    pub random: &'a mut Stream,
    /// The record of causes.
    pub trace: &'a mut Trace,
    /// Who it is.
    pub identity: &'a Identity,
    /// Where to put what it wants done.
    pub desk: &'a mut Desk,
}

impl Ctx<'_> {
    /// Sends a request.
    pub fn send(&mut self, request: Request) -> Ticket {
        self.desk.next_ticket += 1;
        let ticket = Ticket(self.desk.next_ticket);
        self.desk.effects.push((self.cause, Effect::Request(ticket, Box::new(request))));
        ticket
    }

    /// A request in this component's name.
    #[must_use]
    pub fn request(&self, verb: Verb, kind: Kind, namespace: &str) -> Request {
        Request::new(&self.identity.user, &self.identity.agent, verb, kind, namespace)
    }

    /// A request that deletes the object with this metadata, in the background and with the grace of its kind.
    #[must_use]
    pub fn deletion(&self, kind: Kind, metadata: &ObjectMeta) -> Request {
        let request = self.request(Verb::Delete, kind, metadata.namespace()).named(metadata.name());
        request.body(Body::Delete(DeleteOptions::default()))
    }

    /// A request about this very object: its key, and itself as the body.
    #[must_use]
    pub fn request_with(&self, verb: Verb, object: impl Into<Object>) -> Request {
        let object = object.into();
        let request = self.request(verb, object.kind(), object.namespace());
        request.named(object.name()).body(Body::Object(object))
    }

    /// Closes a watch.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.desk.effects.push((self.cause, Effect::Cancel(ticket)));
    }

    /// Comes back after `span`.
    pub fn timer(&mut self, span: SimDuration, timer: Timer) {
        self.desk.effects.push((self.cause, Effect::Timer(span, timer)));
    }

    /// Ends the process.
    pub fn exit(&mut self, last_words: impl Into<Arc<str>>) {
        self.desk.effects.push((self.cause, Effect::Exit(last_words.into())));
    }

    /// Writes down that this component did something, and makes that the cause of what follows.
    pub fn record(&mut self, verb: &'static str, object: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> CauseId {
        if self.trace.is_on() {
            let actor = Arc::clone(&self.identity.actor);
            let (object, text) = (object.into(), text.into());
            self.cause = self.trace.record(Cause { parent: self.cause, at: self.now, actor, verb, object, text });
        }
        self.cause
    }
}

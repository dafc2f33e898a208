//! One server on a store of its own that answers at once: for tests of other folders.

use std::sync::Arc;

use crate::engine::{CauseId, Seed, SimTime, Trace};
use crate::etcd::{Answer, Event, RequestId, Revision, Store};
use crate::model::{Kind, Object};

use super::bootstrap::bootstrap_objects;
use super::effect::{Ctx, Effect, Inbound};
use super::request::{Body, Caller, Outcome, Request, Ticket, User, Verb, WatchEvent};
use super::server::ApiServer;
use super::status::Status;
use super::stored::Stored;

/// An API server whose etcd is a group of one, without any delay.
#[derive(Clone, Debug)]
pub struct Standalone {
    server: ApiServer,
    store: Store<Stored>,
    trace: Trace,
    now: SimTime,
    next_ticket: u64,
    outcomes: Vec<(Ticket, Outcome)>,
    watched: Vec<(Ticket, Vec<WatchEvent>)>,
    closed: Vec<(Ticket, Option<Box<Status>>)>,
}

const CALLER: Caller = Caller(1);

impl Standalone {
    /// A server with what a new cluster has, and the account `default` in the namespace `default`.
    #[must_use]
    pub fn new(now: SimTime) -> Self {
        let mut standalone = Self {
            server: ApiServer::new("standalone", Seed(1).stream("standalone apiserver")),
            store: Store::new(),
            trace: Trace::default(),
            now,
            next_ticket: 0,
            outcomes: Vec::new(),
            watched: Vec::new(),
            closed: Vec::new(),
        };
        standalone.drive(|server, ctx| server.start(ctx));
        for object in bootstrap_objects(&[]) {
            standalone.create(object);
        }
        standalone.add_account("default");
        standalone
    }

    /// Gives a namespace the account `default`, as its controller would.
    pub fn add_account(&mut self, namespace: &str) {
        let mut account = crate::model::core::ServiceAccount::default();
        account.metadata.name = Some("default".into());
        account.metadata.namespace = Some(namespace.into());
        self.create(account);
    }

    /// Sends a request as the administrator's kubectl and returns its outcome.
    pub fn call(&mut self, request: Request) -> Outcome {
        self.call_as("kubectl", request).1
    }

    /// Sends a request in the name of `actor`; also returns its ticket, under which the events of a watch come.
    pub fn call_as(&mut self, actor: &str, request: Request) -> (Ticket, Outcome) {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        let inbound = Inbound { caller: CALLER, ticket, actor: actor.into(), cause: CauseId::NONE, request };
        self.drive(|server, ctx| server.handle(inbound, ctx));
        // What waits for time (a Pod for its account) is given it.
        while !self.outcomes.iter().any(|(answered, _)| *answered == ticket) {
            let Some(at) = self.server.next_wake() else { break };
            self.advance(at);
        }
        let place = self.outcomes.iter().position(|(answered, _)| *answered == ticket);
        let outcome = place.map(|place| self.outcomes.remove(place).1);
        (ticket, outcome.unwrap_or_else(|| Err(Box::new(Status::no_connection("no answer")))))
    }

    /// A request of the administrator.
    #[must_use]
    pub fn request(verb: Verb, kind: Kind, namespace: &str, name: &str) -> Request {
        let user = Arc::new(User::new("kubernetes-admin", &[User::MASTERS]));
        Request::new(&user, &"kubectl".into(), verb, kind, namespace).named(name)
    }

    /// Creates an object, through every stage.
    ///
    /// # Panics
    /// When it is refused.
    pub fn create(&mut self, object: impl Into<Object>) -> Object {
        let object = object.into();
        let request = Self::request(Verb::Create, object.kind(), object.namespace(), "").body(Body::Object(object));
        let response = self.call(request).expect("a test creates what is allowed");
        response.object().cloned().expect("a creation answers with the object")
    }

    /// The object of that name as it is stored.
    #[must_use]
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<Object> {
        self.store.get(&super::storage_key::of(kind, namespace, name)).and_then(|entry| Stored::of(entry))
    }

    /// Events of watches since the last call, by ticket.
    pub fn take_watched(&mut self) -> Vec<(Ticket, Vec<WatchEvent>)> {
        std::mem::take(&mut self.watched)
    }

    /// Watches that the server has ended since the last call.
    pub fn take_closed(&mut self) -> Vec<(Ticket, Option<Box<Status>>)> {
        std::mem::take(&mut self.closed)
    }

    /// Lets time pass.
    pub fn advance(&mut self, to: SimTime) {
        while let Some(at) = self.server.next_wake().filter(|at| *at <= to) {
            self.now = self.now.max(at);
            self.drive(|server, ctx| server.wake(ctx));
        }
        self.now = self.now.max(to);
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &ApiServer {
        &self.server
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store<Stored> {
        &self.store
    }

    /// What caused what.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Calls the server and carries its effects until none is left.
    fn drive(&mut self, call: impl FnOnce(&mut ApiServer, &mut Ctx<'_>)) {
        let mut effects = Vec::new();
        self.on_server(&mut effects, call);
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                self.carry(effect, &mut effects);
            }
        }
    }

    fn on_server(&mut self, effects: &mut Vec<Effect>, call: impl FnOnce(&mut ApiServer, &mut Ctx<'_>)) {
        call(&mut self.server, &mut Ctx { now: self.now, store: &self.store, trace: &mut self.trace, effects });
    }

    fn carry(&mut self, effect: Effect, effects: &mut Vec<Effect>) {
        match effect {
            Effect::Propose { request, txn } => {
                let mut events: Vec<Event<Stored>> = Vec::new();
                let result = self.store.txn(&txn, &mut events);
                let revision = self.store.revision();
                if !events.is_empty() {
                    self.on_server(effects, |server, ctx| server.on_applied(revision, &events, ctx));
                }
                self.on_server(effects, |server, ctx| server.on_done(request, result, ctx));
            }
            Effect::ReadIndex { request } => {
                let revision = self.store.revision();
                self.on_server(effects, |server, ctx| server.on_read_ready(request, Ok(revision), ctx));
            }
            Effect::GrantLease { request, lease, ttl } => {
                let result = self.store.grant(lease, ttl).map(|()| Answer::Lease(lease, ttl));
                self.answered(request, result, effects);
            }
            Effect::Compact { request, revision } => {
                let result = self.store.compact(revision).map(|()| Answer::Compacted(revision));
                self.answered(request, result, effects);
            }
            // There is no network: nobody answers.
            Effect::Call(_) => {}
            Effect::Respond { ticket, outcome, .. } => self.outcomes.push((ticket, outcome)),
            Effect::Watch { ticket, events, .. } => self.watched.push((ticket, events)),
            Effect::WatchClosed { ticket, status, .. } => self.closed.push((ticket, status)),
        }
    }

    fn answered(
        &mut self,
        request: RequestId,
        result: Result<Answer, crate::etcd::EtcdError>,
        effects: &mut Vec<Effect>,
    ) {
        self.on_server(effects, |server, ctx| server.on_answered(request, result, ctx));
    }

    /// The revision of the store.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.store.revision()
    }
}

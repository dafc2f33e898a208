//! The server: takes requests through the stages, waits for etcd, answers, and tells the watches what changed.
//!
//! A write is attempted on what the server knows; when that is refused, or etcd says that the object has changed, it is
//! attempted again on what etcd holds (upstream's `GuaranteedUpdate` with its cached first try).
//!
//! Reading order: this file, `pending`, `read`, `write`, `webhooks`, `collection`, `event_lease`, `timers`.

mod collection;
mod event_lease;
mod pending;
mod read;
mod timers;
mod webhooks;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::{SimTime, Stream};
use crate::etcd::{Answer, EtcdError, Event, RequestId, Revision, Store};
use crate::model::feature_gates::FeatureGates;

use super::admission;
use super::aggregation;
use super::alike::Alike;
use super::authentication::{self, Tokens};
use super::authorization::{self, Attributes, Authorizer, DEFAULT_MODES, Mode};
use super::custom_resources;
use super::effect::{Ctx, Effect, Inbound};
use super::request::{Caller, Credentials, Payload, Subresource, Ticket, Verb};
use super::status::{Details, Reason, Status};
use super::stored::Stored;
use super::verbs;
use super::verbs::review::Desk;
use super::watch::Watches;

use collection::Collection;
use event_lease::EventLease;
use pending::{Pending, Stage};
use timers::Timer;

/// One kube-apiserver.
#[derive(Clone, Debug)]
pub struct ApiServer {
    name: Arc<str>,
    random: Stream,
    tokens: Tokens,
    authorizer: Authorizer,
    running: bool,
    /// Whether the cache has been filled since the start.
    ready: bool,
    /// The last revision that the watches were told of. A member of etcd that starts again applies its log anew.
    applied: Revision,
    pending: BTreeMap<RequestId, Box<Pending>>,
    /// Those of them that wait for a revision.
    unfresh: BTreeSet<RequestId>,
    next_request: u64,
    /// Deletions of many objects that are not done yet.
    collections: Vec<Collection>,
    next_collection: u64,
    watches: Watches,
    timers: BTreeSet<(SimTime, Timer)>,
    event_lease: Option<EventLease>,
    /// Where the store was at the last tick of the compactor.
    compaction: Option<Revision>,
    /// What states of objects have in common that notes of ownership refer to.
    alike: Alike,
    gates: FeatureGates,
    /// Whether there are webhooks or policies; `None` when that has to be looked up.
    has_extensions: Option<bool>,
}

impl ApiServer {
    /// A server that has not been started.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, random: Stream) -> Self {
        Self {
            name: name.into(),
            random,
            tokens: Tokens::default(),
            authorizer: Authorizer::new(&DEFAULT_MODES),
            running: false,
            ready: false,
            applied: Revision::NONE,
            pending: BTreeMap::new(),
            unfresh: BTreeSet::new(),
            next_request: 0,
            collections: Vec::new(),
            next_collection: 0,
            watches: Watches::default(),
            timers: BTreeSet::new(),
            event_lease: None,
            compaction: None,
            alike: Alike::default(),
            gates: FeatureGates::default(),
            has_extensions: None,
        }
    }

    /// The same with these modes of authorisation (`--authorization-mode`).
    #[must_use]
    pub fn with_modes(mut self, modes: &[Mode]) -> Self {
        self.authorizer = Authorizer::new(modes);
        self
    }

    /// The same with these features on (`--feature-gates`).
    #[must_use]
    pub fn with_feature_gates(mut self, gates: FeatureGates) -> Self {
        self.gates = gates;
        self
    }

    /// The same with this key for tokens (`--service-account-signing-key-file`); every server of a cluster has the same.
    #[must_use]
    pub fn with_signing_key(mut self, key: &[u8]) -> Self {
        self.tokens = Tokens::new(key);
        self
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether the process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Whether it has filled its cache since it started.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.running && self.ready
    }

    /// How many watches are open.
    #[must_use]
    pub fn watch_count(&self) -> usize {
        self.watches.len()
    }

    /// How many requests wait for etcd.
    #[must_use]
    pub fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// Starts the process: it fills its cache first.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.running = true;
        self.ready = false;
        self.applied = ctx.store.revision();
        self.authorizer.reset(ctx.store);
        self.has_extensions = None;
        self.begin_timers(ctx);
    }

    /// Stops the process: every connection breaks.
    pub fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.running = false;
        self.ready = false;
        self.pending.clear();
        self.collections.clear();
        self.unfresh.clear();
        self.timers.clear();
        self.event_lease = None;
        self.compaction = None;
        self.watches.close_all(ctx.effects);
    }

    /// A request arrives.
    pub fn handle(&mut self, inbound: Inbound, ctx: &mut Ctx<'_>) {
        let (caller, ticket) = (inbound.caller, inbound.ticket);
        if let Err(status) = self.accept(inbound, ctx) {
            ctx.effects.push(Effect::Respond { caller, ticket, outcome: Err(status) });
        }
    }

    /// A caller is gone: its watches end, its requests go on unheard.
    pub fn disconnect(&mut self, caller: Caller) {
        self.watches.disconnect(caller);
    }

    /// A caller closes one of its watches.
    pub fn cancel(&mut self, caller: Caller, ticket: Ticket) {
        self.watches.close(caller, ticket);
    }

    /// A linearizable read may be made.
    pub fn on_read_ready(&mut self, id: RequestId, result: Result<Revision, EtcdError>, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.take(id) else { return };
        match (pending.stage.clone(), result) {
            (Stage::Startup, result) => self.ready |= result.is_ok(),
            (_, Err(error)) => Self::refuse(&pending, etcd_status(error), ctx),
            (Stage::Recheck, Ok(_)) => self.recheck(pending, ctx),
            (_, Ok(_)) => Self::answer_read(pending, ctx),
        }
        self.end_collections(ctx);
    }

    /// A compaction or a lease has an outcome.
    pub fn on_answered(&mut self, id: RequestId, result: Result<Answer, EtcdError>, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.take(id) else { return };
        if matches!(pending.stage, Stage::Grant) {
            self.on_granted(result.err(), ctx);
        }
        // A compaction fails when another server was first; there is nothing to do then.
    }

    /// The server's member has applied a revision.
    pub fn on_applied(&mut self, revision: Revision, events: &[Event<Stored>], ctx: &mut Ctx<'_>) {
        if !self.running || revision <= self.applied {
            return;
        }
        self.applied = revision;
        self.authorizer.on_applied(events);
        if events.iter().any(|event| admission::is_extension(&event.key)) {
            self.has_extensions = None;
        }
        self.watches.fan_out(events, ctx.effects);
        self.release_fresh(revision, ctx);
    }

    /// The store was replaced by a snapshot: every watch has to begin anew where it was.
    pub fn on_snapshot(&mut self, ctx: &mut Ctx<'_>) {
        self.watches.close_all(ctx.effects);
        self.has_extensions = None;
        self.authorizer.reset(ctx.store);
        self.applied = ctx.store.revision();
        self.release_fresh(self.applied, ctx);
    }

    /// etcd has ended the watches of this server, and the server those of its callers.
    pub fn on_watches_cancelled(&mut self, ctx: &mut Ctx<'_>) {
        self.watches.close_all(ctx.effects);
    }

    /// Finds out who asks, and as whom the request goes on.
    fn establish_user(&mut self, inbound: &mut Inbound, ctx: &Ctx<'_>) -> Result<(), Box<Status>> {
        let request = &mut inbound.request;
        if request.user.name.is_empty() {
            let bearer = request.bearer.take();
            let (tokens, store) = (&self.tokens, ctx.store);
            request.user = authentication::authenticate(&request.user, bearer.as_deref(), tokens, store, ctx.now)?;
        }
        if let Some(wanted) = request.impersonate.take() {
            let asked = Attributes::of(request, &request.user);
            request.user = authentication::impersonation::impersonate(&wanted, &asked, &self.authorizer, ctx.store)?;
        }
        Ok(())
    }

    /// Whether something may be asked for, by whoever these credentials tell: a path that is no resource, or a resource about
    /// which the rest of the request cannot be read. (The user in `asked` does not count.)
    ///
    /// # Errors
    /// 401 and 403.
    pub fn authorize(
        &self,
        credentials: &Credentials,
        asked: &Attributes<'_>,
        store: &Store<Stored>,
        now: SimTime,
    ) -> Result<(), Box<Status>> {
        let bearer = credentials.bearer.as_deref();
        let mut user = authentication::authenticate(&credentials.user, bearer, &self.tokens, store, now)?;
        if let Some(wanted) = &credentials.impersonate {
            let asked = Attributes { user: &user, ..*asked };
            user = authentication::impersonation::impersonate(wanted, &asked, &self.authorizer, store)?;
        }
        self.authorizer.authorize(&Attributes { user: &user, ..*asked }, store)
    }

    /// Answers a question that is not stored.
    fn review(&self, inbound: Inbound, ctx: &mut Ctx<'_>) {
        let mut pending = Pending::new(inbound, ctx.now);
        let desk = Desk {
            request: &pending.inbound.request,
            authorizer: &self.authorizer,
            tokens: &self.tokens,
            store: ctx.store,
            now: ctx.now,
        };
        let payload = verbs::review::answer(&desk, &mut pending.warnings);
        Self::respond(pending, payload, ctx);
    }

    /// The stages before etcd.
    fn accept(&mut self, mut inbound: Inbound, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        if !self.running {
            return Err(Box::new(Status::no_connection("connection refused")));
        }
        self.establish_user(&mut inbound, ctx)?;
        custom_resources::resolve(&mut inbound.request, ctx.store)?;
        self.authorizer.authorize_request(&inbound.request, ctx.store)?;
        if let Some(elsewhere) = aggregation::locate(&inbound.request, ctx.store)? {
            Self::respond(Pending::new(inbound, ctx.now), Ok(elsewhere), ctx);
            return Ok(());
        }
        check_served(&inbound)?;
        let request = &mut inbound.request;
        if !request.kind.is_namespaced() && !request.namespace.is_empty() {
            request.namespace = Arc::default();
        }
        let (verb, subresource) = (request.verb, request.subresource);
        match (verb, subresource) {
            _ if !request.kind.is_stored() => {
                self.review(inbound, ctx);
                Ok(())
            }
            (Verb::Create, Subresource::Token) => {
                let token = self.tokens.issue(request, ctx.store, ctx.now, &mut self.random)?;
                Self::respond(Pending::new(inbound, ctx.now), Ok(Payload::Token(Box::new(token))), ctx);
                Ok(())
            }
            (Verb::Watch, _) => self.watch(inbound, ctx),
            (Verb::Get | Verb::List, _) => self.read(Pending::new(inbound, ctx.now), ctx),
            (_, part) if part.is_upgraded() && self.is_extended(ctx) => {
                self.begin(Pending::new(inbound, ctx.now), ctx);
                Ok(())
            }
            (_, part) if part.is_stream() => self.read(Pending::new(inbound, ctx.now), ctx),
            (Verb::DeleteCollection, _) => self.delete_collection(Pending::new(inbound, ctx.now), ctx),
            _ => {
                self.begin(Pending::new(inbound, ctx.now), ctx);
                Ok(())
            }
        }
    }
}

/// Whether the verb and the part of the object exist.
fn check_served(inbound: &Inbound) -> Result<(), Box<Status>> {
    let request = &inbound.request;
    let subresource = authorization::subresource_name(request.subresource);
    let info = request.kind.info();
    if !subresource.is_empty() && !info.subresources.contains(&subresource) {
        return Err(Box::new(Status::new(404, Reason::NotFound, "the server could not find the requested resource")));
    }
    let needs_name = !matches!(request.verb, Verb::Create | Verb::List | Verb::Watch | Verb::DeleteCollection)
        || (request.verb == Verb::Create && request.subresource != Subresource::None);
    let needs_namespace = request.kind.is_namespaced() && (needs_name || request.verb == Verb::Create);
    if (needs_name && request.name.is_empty()) || (needs_namespace && request.namespace.is_empty()) {
        let message = "the server does not allow this method on the requested resource";
        return Err(Box::new(Status::new(405, Reason::MethodNotAllowed, message)));
    }
    Ok(())
}

/// An error of etcd, passed on unchanged.
fn etcd_status(error: EtcdError) -> Box<Status> {
    Box::new(Status::new(500, Reason::Unknown, error.to_string()))
}

/// The cache is not filled yet.
fn initializing() -> Box<Status> {
    let mut status = Status::new(429, Reason::TooManyRequests, "storage is (re)initializing");
    status.details = Some(Box::new(Details { retry_after_seconds: Some(1), ..Details::default() }));
    Box::new(status)
}

#[cfg(test)]
mod tests;

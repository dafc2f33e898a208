//! The server: takes requests through the stages, waits for etcd, answers, and tells the watches what changed.
//!
//! A write is attempted on what the server knows; when that is refused, or etcd says that the object has changed, it is
//! attempted again on what etcd holds (upstream's `GuaranteedUpdate` with its cached first try).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::{CauseId, SimDuration, SimTime, Stream};
use crate::etcd::{Answer, EtcdError, Event, LeaseId, OpResponse, RequestId, Revision, TxnResponse};
use crate::model::Kind;

use super::authorization::{self, AlwaysAllow};
use super::effect::{Ctx, Effect, Inbound};
use super::request::{Body, Caller, Outcome, Payload, Subresource, Ticket, Verb};
use super::selection::Selection;
use super::status::{Reason, Status};
use super::stored::Stored;
use super::verbs::{self, Current, Reply, Step, Work, Write};
use super::watch::{self, Opening, Watches};
use super::{admission, authentication, quota_writes, storage_key};

/// After this a request is cut off. Source: `--request-timeout`.
const REQUEST_TIMEOUT: SimDuration = SimDuration::from_secs(60);
/// The shortest life of a watch; it ends at random up to twice that. Source: `--min-request-timeout`.
const WATCH_TIMEOUT: SimDuration = SimDuration::from_secs(1800);
/// How often watches hear how far they are. Source: `bookmarkFrequency`.
const BOOKMARK_PERIOD: SimDuration = SimDuration::from_secs(60);
/// `--etcd-compaction-interval`.
const COMPACTION_PERIOD: SimDuration = SimDuration::from_secs(300);
/// `--event-ttl`.
const EVENT_TTL: SimDuration = SimDuration::from_secs(3600);
/// So long, and for so many Events, one lease is shared. Source: `storage/etcd3/lease_manager.go`.
const LEASE_REUSE: SimDuration = SimDuration::from_secs(60);
const LEASE_OBJECTS_MAX: u32 = 1000;
/// How long a read waits for a revision that the server has not reached yet. Source: `cacher.blockTimeout`.
const FRESHNESS_TIMEOUT: SimDuration = SimDuration::from_secs(3);
/// How often a Pod waits for the account `default`, and how long each time. Source: `getServiceAccount`.
const ACCOUNT_TRIES: u32 = 10;
const ACCOUNT_WAIT: SimDuration = SimDuration::from_millis(100);
/// How often a generated name is tried. Source: `maxNameGenerationCreateAttempts`.
const NAME_TRIES: u32 = 8;

/// One kube-apiserver.
#[derive(Clone, Debug)]
pub struct ApiServer {
    name: Arc<str>,
    random: Stream,
    modes: Vec<AlwaysAllow>,
    running: bool,
    /// Whether the cache has been filled since the start.
    ready: bool,
    pending: BTreeMap<RequestId, Pending>,
    next_request: u64,
    watches: Watches,
    timers: BTreeSet<(SimTime, Timer)>,
    event_lease: Option<EventLease>,
    compaction: Option<Revision>,
}

/// The lease that new Events are tied to.
#[derive(Clone, Debug)]
struct EventLease {
    id: LeaseId,
    reuse_until: SimTime,
    left: u32,
    granted: bool,
}

/// A request on its way.
#[derive(Clone, Debug)]
struct Pending {
    inbound: Inbound,
    stage: Stage,
    attempts: u32,
    waits: u32,
    warnings: Vec<Arc<str>>,
    cause: Option<CauseId>,
    deadline: SimTime,
}

/// What a request waits for.
#[derive(Clone, Debug)]
enum Stage {
    /// A linearizable read; then it is answered from the store.
    Read,
    /// A linearizable read; then the write is attempted again on what etcd holds.
    Recheck,
    /// The revision that it asked for.
    Fresh(Revision),
    /// The lease of Events.
    Lease,
    /// Time, for something that is about to be created.
    Wait,
    /// The quota at the front of the write's charges.
    Charge(Box<Write>),
    /// The object itself.
    Store(Box<Write>),
    /// The cache of a server that starts.
    Startup,
    /// The lease of Events, as asked for by the server itself.
    Grant,
    /// The compaction.
    Compaction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Bookmarks,
    Compaction,
    Deadline(RequestId),
    Retry(RequestId),
}

impl ApiServer {
    /// A server that has not been started.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, random: Stream) -> Self {
        Self {
            name: name.into(),
            random,
            modes: vec![AlwaysAllow],
            running: false,
            ready: false,
            pending: BTreeMap::new(),
            next_request: 0,
            watches: Watches::default(),
            timers: BTreeSet::new(),
            event_lease: None,
            compaction: None,
        }
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
        self.timers.insert((ctx.now + BOOKMARK_PERIOD, Timer::Bookmarks));
        self.timers.insert((ctx.now + COMPACTION_PERIOD, Timer::Compaction));
        let inbound = self.own_request();
        self.wait_for_read(inbound, Stage::Startup, ctx);
    }

    /// Stops the process: every connection breaks.
    pub fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.running = false;
        self.ready = false;
        self.pending.clear();
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

    /// A transaction has an outcome. The events that it made have been handed in before.
    pub fn on_done(&mut self, id: RequestId, result: Result<TxnResponse<Stored>, EtcdError>, ctx: &mut Ctx<'_>) {
        let Some(mut pending) = self.take(id) else { return };
        match (std::mem::replace(&mut pending.stage, Stage::Recheck), result) {
            (_, Err(error)) => Self::refuse(&pending, etcd_status(error), ctx),
            (Stage::Store(write), Ok(response)) if response.succeeded => Self::succeed(pending, &write, &response, ctx),
            (Stage::Store(write), Ok(response)) => self.retry(pending, &write, &response, ctx),
            (Stage::Charge(mut write), Ok(response)) if response.succeeded => {
                write.charges.remove(0);
                self.carry_out(pending, *write, ctx);
            }
            (Stage::Charge(write), Ok(response)) => {
                // Another server was faster: look at the quota as it is now.
                let live = found(&response);
                self.charge(pending, *write, live, ctx);
            }
            _ => {}
        }
    }

    /// A linearizable read may be made.
    pub fn on_read_ready(&mut self, id: RequestId, result: Result<Revision, EtcdError>, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.take(id) else { return };
        if let Err(error) = result {
            if matches!(pending.stage, Stage::Startup) {
                self.wait_for_read(pending.inbound, Stage::Startup, ctx);
            } else {
                Self::refuse(&pending, etcd_status(error), ctx);
            }
            return;
        }
        match pending.stage {
            Stage::Startup => self.ready = true,
            Stage::Recheck => {
                let live = current(&pending.inbound, ctx);
                self.attempt(pending, live, true, ctx);
            }
            _ => self.answer_read(pending, ctx),
        }
    }

    /// A compaction or a lease has an outcome.
    pub fn on_answered(&mut self, id: RequestId, result: Result<Answer, EtcdError>, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.take(id) else { return };
        if !matches!(pending.stage, Stage::Grant) {
            return;
        }
        let waiting: Vec<_> =
            self.pending.iter().filter(|(_, one)| matches!(one.stage, Stage::Lease)).map(|(id, _)| *id).collect();
        match result {
            Ok(_) => {
                if let Some(lease) = &mut self.event_lease {
                    lease.granted = true;
                }
                for id in waiting {
                    if let Some(pending) = self.take(id) {
                        self.begin(pending, ctx);
                    }
                }
            }
            Err(error) => {
                self.event_lease = None;
                for id in waiting {
                    if let Some(pending) = self.take(id) {
                        Self::refuse(&pending, etcd_status(error), ctx);
                    }
                }
            }
        }
    }

    /// The server's member has applied a revision.
    pub fn on_applied(&mut self, revision: Revision, events: &[Event<Stored>], ctx: &mut Ctx<'_>) {
        if !self.running {
            return;
        }
        self.watches.fan_out(events, ctx.effects);
        self.release_fresh(revision, ctx);
    }

    /// The store was replaced by a snapshot: nobody knows what was missed, so every watch has to begin anew.
    pub fn on_snapshot(&mut self, ctx: &mut Ctx<'_>) {
        self.watches.close_all(ctx.effects);
    }

    /// etcd has ended the watches of this server.
    pub fn on_watches_cancelled(&mut self, ctx: &mut Ctx<'_>) {
        self.watches.close_all(ctx.effects);
    }

    /// When [`wake`](Self::wake) wants to be called.
    #[must_use]
    pub fn next_wake(&self) -> Option<SimTime> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Time has passed.
    pub fn wake(&mut self, ctx: &mut Ctx<'_>) {
        while let Some((at, timer)) = self.timers.first().copied().filter(|(at, _)| *at <= ctx.now) {
            self.timers.remove(&(at, timer));
            match timer {
                Timer::Bookmarks => {
                    self.watches.expire(ctx.now, ctx.effects);
                    self.watches.bookmark(ctx.store.revision(), ctx.effects);
                    self.timers.insert((ctx.now + BOOKMARK_PERIOD, Timer::Bookmarks));
                }
                Timer::Compaction => self.compact(ctx),
                Timer::Deadline(id) => self.expire(id, ctx),
                Timer::Retry(id) => {
                    if let Some(pending) = self.take(id) {
                        self.begin(pending, ctx);
                    }
                }
            }
        }
    }

    /// The stages before etcd.
    fn accept(&mut self, mut inbound: Inbound, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        if !self.running {
            return Err(Box::new(Status::no_connection("connection refused")));
        }
        let user = authentication::authenticate(&inbound.request.user)?;
        authorization::authorize(&self.modes, user, &inbound.request)?;
        check_served(&inbound)?;
        let request = &mut inbound.request;
        if !request.kind.is_namespaced() && !request.namespace.is_empty() {
            request.namespace = Arc::default();
        }
        let pending = Pending {
            stage: Stage::Recheck,
            attempts: 0,
            waits: 0,
            warnings: Vec::new(),
            cause: None,
            deadline: ctx.now + REQUEST_TIMEOUT,
            inbound,
        };
        let request = &pending.inbound.request;
        match (request.verb, request.subresource) {
            (Verb::Watch, _) => self.watch(&pending.inbound, ctx),
            (Verb::Get | Verb::List, _) | (_, Subresource::Log | Subresource::Exec) => self.read(pending, ctx),
            (Verb::DeleteCollection, _) => self.delete_collection(pending, ctx),
            _ => {
                self.begin(pending, ctx);
                Ok(())
            }
        }
    }

    /// Get and list, from the cache if an old state will do.
    fn read(&mut self, pending: Pending, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        let options = &pending.inbound.request.options;
        let pages = options.continue_token.is_some();
        match options.resource_version.filter(|_| !pages) {
            None => self.wait_for(pending, Stage::Read, ctx),
            Some(_) if !self.ready => return Err(initializing()),
            Some(wanted) if wanted > ctx.store.revision().0 => {
                self.wait_for(pending, Stage::Fresh(Revision(wanted)), ctx)
            }
            Some(_) => self.answer_read(pending, ctx),
        }
        Ok(())
    }

    fn answer_read(&mut self, pending: Pending, ctx: &mut Ctx<'_>) {
        let request = &pending.inbound.request;
        let payload = match (request.verb, request.subresource) {
            (_, Subresource::Log | Subresource::Exec) => verbs::proxy::locate(request, ctx.store),
            (Verb::List, _) => verbs::list::read(request, ctx.store).map(Payload::List),
            _ => verbs::get::read(request, ctx.store),
        };
        Self::respond(pending, payload, ctx);
    }

    fn watch(&mut self, inbound: &Inbound, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        if !self.ready {
            return Err(initializing());
        }
        let (caller, ticket) = (inbound.caller, inbound.ticket);
        let selection = Selection::of(&inbound.request)?;
        let now = ctx.store.revision();
        let wanted = Revision(inbound.request.options.resource_version.unwrap_or(0));
        let events = if wanted == Revision::NONE {
            watch::present(ctx.store, &selection)
        } else {
            match watch::missed(ctx.store, &selection, wanted) {
                Some(events) => events,
                None => {
                    let message = format!("too old resource version: {wanted} ({})", ctx.store.compacted());
                    return Err(Box::new(Status::new(410, Reason::Expired, message)));
                }
            }
        };
        let until = ctx.now + self.random.between(WATCH_TIMEOUT, WATCH_TIMEOUT * 2);
        let bookmarks = inbound.request.options.bookmarks;
        self.watches.open(Opening { caller, ticket, selection, seen: wanted.max(now), bookmarks, until });
        ctx.effects.push(Effect::Respond { caller, ticket, outcome: Ok(Payload::Watching.into()) });
        if !events.is_empty() {
            ctx.effects.push(Effect::Watch { caller, ticket, events });
        }
        Ok(())
    }

    /// Deletes one after the other, each as if it had been asked for alone; answers with what was there.
    fn delete_collection(&mut self, pending: Pending, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        let list = verbs::list::read(&pending.inbound.request, ctx.store)?;
        for item in &list.items {
            let mut inbound = pending.inbound.clone();
            // Nobody hears the single answers.
            inbound.caller = NOBODY;
            inbound.request.verb = Verb::Delete;
            inbound.request.name = item.name().into();
            inbound.request.namespace = item.namespace().into();
            let one = Pending { inbound, ..pending.clone() };
            self.begin(one, ctx);
        }
        Self::respond(pending, Ok(Payload::List(list)), ctx);
        Ok(())
    }

    /// The first attempt at a write, on what the server knows.
    fn begin(&mut self, mut pending: Pending, ctx: &mut Ctx<'_>) {
        let request = &pending.inbound.request;
        if request.kind == Kind::Event && request.verb != Verb::Delete && !self.has_event_lease(ctx) {
            pending.stage = Stage::Lease;
            self.keep(pending, ctx);
            return;
        }
        let known = current(&pending.inbound, ctx);
        self.attempt(pending, known, false, ctx);
    }

    /// One attempt at a write.
    fn attempt(&mut self, mut pending: Pending, current: Current, is_live: bool, ctx: &mut Ctx<'_>) {
        pending.attempts += 1;
        pending.warnings.clear();
        let lease = self.event_lease.as_ref().map(|lease| lease.id);
        let mut work = Work {
            now: ctx.now,
            store: ctx.store,
            inbound: &pending.inbound,
            random: &mut self.random,
            warnings: &mut pending.warnings,
            trace: ctx.trace,
            cause: &mut pending.cause,
            lease,
        };
        match step(&mut work, &current) {
            Ok(Step::Write(write)) => self.carry_out(pending, write, ctx),
            // What would change nothing, or is refused, may look otherwise in the present state.
            Ok(Step::Answer(payload)) if is_live || pending.inbound.request.options.dry_run => {
                Self::respond(pending, Ok(payload), ctx);
            }
            Err(status)
                if is_live || matches!(status.code, 400 | 405 | 415) || is_new_and_invalid(&pending, &status) =>
            {
                self.refuse_or_wait(pending, status, ctx);
            }
            _ => self.wait_for(pending, Stage::Recheck, ctx),
        }
    }

    /// The account `default` of a new namespace is waited for.
    fn refuse_or_wait(&mut self, mut pending: Pending, status: Box<Status>, ctx: &mut Ctx<'_>) {
        if pending.waits < ACCOUNT_TRIES && admission::is_default_missing(&pending.inbound.request, &status) {
            pending.waits += 1;
            pending.stage = Stage::Wait;
            let wait = self.random.jitter(ACCOUNT_WAIT, 100);
            let id = self.keep(pending, ctx);
            self.timers.insert((ctx.now + wait, Timer::Retry(id)));
            return;
        }
        Self::refuse(&pending, status, ctx);
    }

    /// Proposes the next thing that has to be written: a charge to a quota, or the object.
    fn carry_out(&mut self, mut pending: Pending, write: Write, ctx: &mut Ctx<'_>) {
        if let Some(charge) = write.charges.first() {
            let key = storage_key::of(Kind::ResourceQuota, &pending.inbound.request.namespace, &charge.quota);
            let quota = ctx.store.get(&key).cloned();
            self.charge(pending, write, quota, ctx);
            return;
        }
        let txn = write.txn.clone();
        pending.stage = Stage::Store(Box::new(write));
        let request = self.keep(pending, ctx);
        ctx.effects.push(Effect::Propose { request, txn });
    }

    fn charge(&mut self, mut pending: Pending, write: Write, quota: Current, ctx: &mut Ctx<'_>) {
        let Some(charge) = write.charges.first() else { return self.carry_out(pending, write, ctx) };
        match quota_writes::raise(quota.as_deref(), charge, pending.cause.unwrap_or_default()) {
            // The quota is gone: nothing holds the object back.
            Ok(None) => {
                let mut write = write;
                write.charges.remove(0);
                self.carry_out(pending, write, ctx);
            }
            Ok(Some(txn)) => {
                pending.stage = Stage::Charge(Box::new(write));
                let request = self.keep(pending, ctx);
                ctx.effects.push(Effect::Propose { request, txn });
            }
            Err(why) => {
                let request = &pending.inbound.request;
                let name = write.txn.success.iter().find_map(written_name).unwrap_or_else(|| request.name.to_string());
                let status = Status::forbidden(request.kind, &name, &why);
                Self::refuse(&pending, Box::new(status), ctx);
            }
        }
    }

    /// The object has changed since it was looked at.
    fn retry(&mut self, pending: Pending, write: &Write, response: &TxnResponse<Stored>, ctx: &mut Ctx<'_>) {
        let live = found(response);
        let request = &pending.inbound.request;
        if request.verb == Verb::Create && request.subresource == Subresource::None && live.is_some() {
            let is_generated = write.txn.success.iter().find_map(generated_name);
            if is_generated.is_some() && pending.attempts < NAME_TRIES {
                return self.attempt(pending, None, true, ctx);
            }
            let name = write.txn.success.iter().find_map(written_name).unwrap_or_default();
            let mut status = Status::already_exists(request.kind, &name);
            if is_generated.is_some() {
                status.message.push_str(", the server was not able to generate a unique name for the object");
            }
            return Self::refuse(&pending, Box::new(status), ctx);
        }
        self.attempt(pending, live, true, ctx);
    }

    fn succeed(pending: Pending, write: &Write, response: &TxnResponse<Stored>, ctx: &mut Ctx<'_>) {
        let written = response.responses.iter().find_map(|one| match one {
            OpResponse::Put { written, .. } if written.key == write.key => Stored::of(written),
            _ => None,
        });
        let payload = match (&write.reply, written) {
            (Reply::Given(payload), _) => (**payload).clone(),
            (Reply::Scale, Some(object)) => verbs::scale::of(&object).map_or(Payload::Object(object), Payload::Scale),
            (_, Some(object)) => Payload::Object(object),
            (_, None) => Payload::Status(Status::new(200, Reason::Unknown, "")),
        };
        Self::respond(pending, Ok(payload), ctx);
    }

    fn respond(pending: Pending, payload: Result<Payload, Box<Status>>, ctx: &mut Ctx<'_>) {
        let Inbound { caller, ticket, .. } = pending.inbound;
        if caller == NOBODY {
            return;
        }
        let outcome: Outcome = payload.map(|payload| verbs::respond(payload, pending.warnings));
        ctx.effects.push(Effect::Respond { caller, ticket, outcome });
    }

    fn refuse(pending: &Pending, status: Box<Status>, ctx: &mut Ctx<'_>) {
        let Inbound { caller, ticket, .. } = pending.inbound;
        if caller != NOBODY && !matches!(pending.stage, Stage::Startup | Stage::Grant | Stage::Compaction) {
            ctx.effects.push(Effect::Respond { caller, ticket, outcome: Err(status) });
        }
    }

    /// Waits for a linearizable read, or for a revision.
    fn wait_for(&mut self, mut pending: Pending, stage: Stage, ctx: &mut Ctx<'_>) {
        if let Stage::Fresh(_) = stage {
            pending.deadline = ctx.now + FRESHNESS_TIMEOUT;
            pending.stage = stage;
            self.keep(pending, ctx);
            return;
        }
        pending.stage = stage;
        let request = self.keep(pending, ctx);
        ctx.effects.push(Effect::ReadIndex { request });
    }

    fn wait_for_read(&mut self, inbound: Inbound, stage: Stage, ctx: &mut Ctx<'_>) {
        let pending = Pending {
            inbound,
            stage: Stage::Recheck,
            attempts: 0,
            waits: 0,
            warnings: Vec::new(),
            cause: None,
            deadline: SimTime::MAX,
        };
        self.wait_for(pending, stage, ctx);
    }

    fn keep(&mut self, pending: Pending, _ctx: &Ctx<'_>) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        if pending.deadline != SimTime::MAX {
            self.timers.insert((pending.deadline, Timer::Deadline(id)));
        }
        self.pending.insert(id, pending);
        id
    }

    fn take(&mut self, id: RequestId) -> Option<Pending> {
        let pending = self.pending.remove(&id)?;
        self.timers.remove(&(pending.deadline, Timer::Deadline(id)));
        Some(pending)
    }

    /// The time of a request is over.
    fn expire(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.take(id) else { return };
        let message = match pending.stage {
            Stage::Fresh(wanted) => {
                format!("Timeout: Too large resource version: {wanted}, current: {}", ctx.store.revision())
            }
            _ => "Timeout: request did not complete within the allotted timeout".to_owned(),
        };
        Self::refuse(&pending, Box::new(Status::new(504, Reason::Timeout, message)), ctx);
    }

    fn release_fresh(&mut self, revision: Revision, ctx: &mut Ctx<'_>) {
        let reached = |one: &Pending| matches!(one.stage, Stage::Fresh(wanted) if wanted <= revision);
        if !self.pending.values().any(reached) {
            return;
        }
        let ids: Vec<_> = self.pending.iter().filter(|(_, one)| reached(one)).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(pending) = self.take(id) {
                self.answer_read(pending, ctx);
            }
        }
    }

    /// Whether there is a lease for one more Event; asks for one otherwise.
    fn has_event_lease(&mut self, ctx: &mut Ctx<'_>) -> bool {
        if let Some(lease) = &mut self.event_lease {
            if !lease.granted {
                return false;
            }
            if ctx.now < lease.reuse_until && lease.left > 0 {
                lease.left -= 1;
                return true;
            }
        }
        let id = LeaseId(self.random.bits() >> 1);
        let reuse_until = ctx.now + LEASE_REUSE;
        self.event_lease = Some(EventLease { id, reuse_until, left: LEASE_OBJECTS_MAX, granted: false });
        let request = self.keep_own(Stage::Grant);
        ctx.effects.push(Effect::GrantLease { request, lease: id, ttl: EVENT_TTL });
        false
    }

    /// Compacts up to where the store was at the last compaction, so that five to ten minutes of history remain.
    fn compact(&mut self, ctx: &mut Ctx<'_>) {
        self.timers.insert((ctx.now + COMPACTION_PERIOD, Timer::Compaction));
        let revision = self.compaction.replace(ctx.store.revision());
        if let Some(revision) = revision.filter(|revision| *revision > ctx.store.compacted()) {
            let request = self.keep_own(Stage::Compaction);
            ctx.effects.push(Effect::Compact { request, revision });
        }
    }

    fn keep_own(&mut self, stage: Stage) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        let pending = Pending {
            inbound: self.own_request(),
            stage,
            attempts: 0,
            waits: 0,
            warnings: Vec::new(),
            cause: None,
            deadline: SimTime::MAX,
        };
        self.pending.insert(id, pending);
        id
    }

    fn own_request(&self) -> Inbound {
        let user = Arc::new(super::User { name: "system:apiserver".into(), groups: vec!["system:masters".into()] });
        let agent: Arc<str> = "kube-apiserver".into();
        let request = super::Request::new(&user, &agent, Verb::Get, Kind::Namespace, "");
        Inbound { caller: NOBODY, ticket: Ticket(0), actor: agent, cause: CauseId::NONE, request }
    }
}

/// The caller of requests that the server makes itself.
const NOBODY: Caller = Caller(u32::MAX);

/// One attempt at a write, by its verb.
fn step(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let request = &work.inbound.request;
    match (request.verb, request.subresource) {
        (Verb::Create, Subresource::Binding) => verbs::binding::attempt(work, current),
        (Verb::Create, Subresource::Eviction) => verbs::delete::attempt(work, current),
        (verb, subresource) if verbs::scale::is_write(verb, subresource) => verbs::scale::attempt(work, current),
        (Verb::Create, _) => verbs::create::attempt(work),
        (Verb::Patch, _) => verbs::patch::attempt(work, current),
        (Verb::Delete, _) => verbs::delete::attempt(work, current),
        _ => verbs::update::attempt(work, current),
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
    let needs_namespace = info.kind.is_namespaced() && (needs_name || request.verb == Verb::Create);
    if (needs_name && request.name.is_empty()) || (needs_namespace && request.namespace.is_empty()) {
        let message = "the server does not allow this method on the requested resource";
        return Err(Box::new(Status::new(405, Reason::MethodNotAllowed, message)));
    }
    Ok(())
}

/// What the server knows of the object that the request is about.
fn current(inbound: &Inbound, ctx: &Ctx<'_>) -> Current {
    let request = &inbound.request;
    if request.name.is_empty() || (request.verb == Verb::Create && request.subresource == Subresource::None) {
        return None;
    }
    ctx.store.get(&storage_key::of(request.kind, &request.namespace, &request.name)).cloned()
}

/// What an unsuccessful transaction found under the key.
fn found(response: &TxnResponse<Stored>) -> Current {
    response.responses.iter().find_map(|one| match one {
        OpResponse::Range(range) => range.kvs.first().map(Arc::clone),
        _ => None,
    })
}

/// Faults of a new object do not depend on what the server knows.
fn is_new_and_invalid(pending: &Pending, status: &Status) -> bool {
    pending.inbound.request.verb == Verb::Create
        && pending.inbound.request.subresource == Subresource::None
        && status.is(Reason::Invalid)
        && !matches!(&pending.inbound.request.body, Body::Object(object) if object.kind() == Kind::Service)
}

fn written(op: &crate::etcd::Op<Stored>) -> Option<&crate::model::Object> {
    match op {
        crate::etcd::Op::Put { value, .. } => value.object(),
        _ => None,
    }
}

fn written_name(op: &crate::etcd::Op<Stored>) -> Option<String> {
    written(op).map(|object| object.name().to_owned())
}

fn generated_name(op: &crate::etcd::Op<Stored>) -> Option<String> {
    written(op)?.meta().generate_name.clone().filter(|prefix| !prefix.is_empty())
}

/// An error of etcd, passed on unchanged.
fn etcd_status(error: EtcdError) -> Box<Status> {
    Box::new(Status::new(500, Reason::Unknown, error.to_string()))
}

/// The cache is not filled yet.
fn initializing() -> Box<Status> {
    let mut status = Status::new(429, Reason::TooManyRequests, "storage is (re)initializing");
    status.details = Some(Box::new(super::Details { retry_after_seconds: Some(1), ..super::Details::default() }));
    Box::new(status)
}

//! Writes: attempt, charge the quotas, store, and attempt again when the object has changed meanwhile.

use std::sync::Arc;

use crate::apiserver::admission::webhook::calls::Calls;
use crate::apiserver::effect::{Ctx, Effect, Inbound};
use crate::apiserver::request::{Payload, Subresource, Verb};
use crate::apiserver::status::{Reason, Status};
use crate::apiserver::stored::Stored;
use crate::apiserver::verbs::{self, Current, Reply, Step, Work, Write};
use crate::apiserver::{admission, quota_writes, storage_key};
use crate::engine::{Seed, SimDuration};
use crate::etcd::{EtcdError, OpResponse, RequestId, Txn, TxnResponse};
use crate::model::Kind;

use super::pending::{Pending, Stage};
use super::timers::Timer;
use super::{ApiServer, etcd_status};

/// How often a Pod waits for the account `default`, and how long each time. Source: `getServiceAccount`.
const ACCOUNT_TRIES: u32 = 10;
const ACCOUNT_WAIT: SimDuration = SimDuration::from_millis(100);
/// How often a generated name is tried. Source: `maxNameGenerationCreateAttempts`.
const NAME_TRIES: u32 = 8;

impl ApiServer {
    /// A transaction has an outcome. The events that it made have been handed in before.
    pub fn on_done(&mut self, id: RequestId, result: Result<TxnResponse<Stored>, EtcdError>, ctx: &mut Ctx<'_>) {
        let Some(mut pending) = self.take(id) else { return };
        match (std::mem::replace(&mut pending.stage, Stage::Recheck), result) {
            (_, Err(error)) => Self::refuse(&pending, etcd_status(error), ctx),
            (Stage::Store(write), Ok(response)) if response.succeeded => Self::succeed(pending, &write, &response, ctx),
            (Stage::Store(write), Ok(response)) => self.retry(pending, &write, &response, ctx),
            (Stage::Charge(mut write), Ok(response)) if response.succeeded => {
                write.charges.remove(0);
                self.carry_out(pending, write, ctx);
            }
            // Another server was faster: look at the quota as it is now.
            (Stage::Charge(write), Ok(response)) => self.charge(pending, write, found(&response), ctx),
            _ => {}
        }
        self.end_collections(ctx);
    }

    /// The first attempt at a write, on what the server knows.
    pub(super) fn begin(&mut self, mut pending: Pending, ctx: &mut Ctx<'_>) {
        let request = &pending.inbound.request;
        if request.kind == Kind::Event && request.verb != Verb::Delete && !self.has_event_lease(ctx) {
            pending.stage = Stage::Lease;
            self.keep(pending);
            return;
        }
        let known = current(&pending.inbound, ctx);
        self.attempt(pending, &known, false, ctx);
    }

    /// A further attempt, on what etcd holds.
    pub(super) fn recheck(&mut self, pending: Pending, ctx: &mut Ctx<'_>) {
        let live = current(&pending.inbound, ctx);
        self.attempt(pending, &live, true, ctx);
    }

    /// One attempt at a write.
    pub(super) fn attempt(&mut self, mut pending: Pending, current: &Current, is_live: bool, ctx: &mut Ctx<'_>) {
        pending.attempts += 1;
        pending.warnings.clear();
        pending.is_new = current.is_none();
        let is_extended = self.is_extended(ctx);
        if is_extended && pending.random.is_none() {
            pending.random = Some(Seed(self.random.bits()).stream("request"));
        }
        let mut own = pending.random.clone();
        let mut work = Work {
            now: ctx.now,
            store: ctx.store,
            inbound: &pending.inbound,
            random: own.as_mut().unwrap_or(&mut self.random),
            warnings: &mut pending.warnings,
            trace: ctx.trace,
            cause: &mut pending.cause,
            lease: self.event_lease.as_ref().map(|lease| lease.id),
            alike: &mut self.alike,
            gates: self.gates,
            authorizer: &self.authorizer,
            is_extended,
            calls: &mut pending.calls,
        };
        let step = step(&mut work, current);
        if !pending.calls.wanted.is_empty() {
            return self.ask_webhooks(pending, is_live, ctx);
        }
        match step {
            Ok(Step::Write(write)) => self.carry_out(pending, write, ctx),
            Ok(Step::Answer(payload)) if is_live || pending.inbound.request.options.dry_run => {
                Self::respond(pending, Ok(payload), ctx);
            }
            Err(status) if is_live || is_final(&pending, &status) => self.refuse_or_wait(pending, status, ctx),
            // What would change nothing, or is refused, may look otherwise in the present state.
            _ => self.wait_for_read(pending, Stage::Recheck, ctx),
        }
    }

    /// The account `default` of a new namespace is waited for.
    fn refuse_or_wait(&mut self, mut pending: Pending, status: Box<Status>, ctx: &mut Ctx<'_>) {
        if pending.waits < ACCOUNT_TRIES && admission::is_default_missing(&pending.inbound.request, &status) {
            pending.waits += 1;
            pending.stage = Stage::Wait;
            let wait = self.random.jitter(ACCOUNT_WAIT, 100);
            let id = self.keep(pending);
            self.timers.insert((ctx.now + wait, Timer::Retry(id)));
            return;
        }
        Self::refuse(&pending, status, ctx);
    }

    /// Proposes the next thing that has to be written: a charge to a quota, or the object.
    fn carry_out(&mut self, mut pending: Pending, write: Box<Write>, ctx: &mut Ctx<'_>) {
        if let Some(charge) = write.charges.first() {
            let key = storage_key::of(Kind::ResourceQuota, &pending.inbound.request.namespace, &charge.quota);
            let quota = ctx.store.get(&key).cloned();
            self.charge(pending, write, quota, ctx);
            return;
        }
        let mut write = write;
        let txn = std::mem::replace(&mut write.txn, Txn::always(Vec::new()));
        pending.stage = Stage::Store(write);
        let request = self.keep(pending);
        ctx.effects.push(Effect::Propose { request, txn });
    }

    /// Charges the quota at the front of the write's charges.
    fn charge(&mut self, mut pending: Pending, mut write: Box<Write>, quota: Current, ctx: &mut Ctx<'_>) {
        let Some(charge) = write.charges.first() else { return self.carry_out(pending, write, ctx) };
        match quota_writes::raise(quota.as_deref(), charge, pending.cause.unwrap_or_default()) {
            // The quota is gone: nothing holds the object back.
            Ok(None) => {
                write.charges.remove(0);
                self.carry_out(pending, write, ctx);
            }
            Ok(Some(txn)) => {
                pending.stage = Stage::Charge(write);
                let request = self.keep(pending);
                ctx.effects.push(Effect::Propose { request, txn });
            }
            Err(why) => {
                let request = &pending.inbound.request;
                let status = Status::forbidden(request.kind, &write.object.name, &why);
                Self::refuse(&pending, Box::new(status), ctx);
            }
        }
    }

    /// The object has changed since it was looked at.
    fn retry(&mut self, pending: Pending, write: &Write, response: &TxnResponse<Stored>, ctx: &mut Ctx<'_>) {
        let live = found(response);
        let request = &pending.inbound.request;
        if !is_creation(&pending.inbound) || live.is_none() {
            return self.attempt(pending, &live, true, ctx);
        }
        if write.is_generated && pending.attempts < NAME_TRIES {
            let mut pending = pending;
            // Another name is another question.
            (pending.random, pending.calls) = (None, Calls::default());
            return self.attempt(pending, &None, true, ctx);
        }
        let mut status = Status::already_exists(request.kind, &write.object.name);
        if write.is_generated {
            status.message.push_str(", the server was not able to generate a unique name for the object");
        }
        Self::refuse(&pending, Box::new(status), ctx);
    }

    fn succeed(pending: Pending, write: &Write, response: &TxnResponse<Stored>, ctx: &mut Ctx<'_>) {
        let shown = pending.inbound.request.options.managed_fields;
        let written = response.responses.iter().find_map(|one| match one {
            OpResponse::Put { written, .. } if written.key == write.key => Stored::shown(written, shown),
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
}

/// One attempt at a write, by its verb.
fn step(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let request = &work.inbound.request;
    match (request.verb, request.subresource) {
        (_, part) if part.is_upgraded() => verbs::proxy::attempt(work),
        (Verb::Create, Subresource::Binding) => verbs::binding::attempt(work, current),
        (Verb::Create, Subresource::Eviction) => verbs::eviction::attempt(work, current),
        (verb, subresource) if verbs::scale::is_write(verb, subresource) => verbs::scale::attempt(work, current),
        (Verb::Create, _) => verbs::create::attempt(work),
        (Verb::Patch, _) => verbs::patch::attempt(work, current),
        (Verb::Delete, _) => verbs::delete::attempt(work, current),
        _ => verbs::update::attempt(work, current),
    }
}

fn is_creation(inbound: &Inbound) -> bool {
    inbound.request.verb == Verb::Create && inbound.request.subresource == Subresource::None
}

/// What the server knows of the object that the request is about.
pub(super) fn current(inbound: &Inbound, ctx: &Ctx<'_>) -> Current {
    let request = &inbound.request;
    if request.name.is_empty() || is_creation(inbound) {
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

/// Whether a refusal does not depend on what the server knows: requests that cannot be read, new objects with faults.
fn is_final(pending: &Pending, status: &Status) -> bool {
    let request = &pending.inbound.request;
    // What is taken of addresses and ports may have changed.
    let is_service = request.kind == Kind::Service;
    matches!(status.code, 400 | 405 | 415)
        || (is_creation(&pending.inbound) && status.is(Reason::Invalid) && !is_service)
}

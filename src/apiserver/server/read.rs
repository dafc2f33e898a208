//! Get, list and watch.

use std::sync::Arc;

use crate::apiserver::deprecation;
use crate::apiserver::effect::{Ctx, Effect, Inbound};
use crate::apiserver::request::{Payload, Response, Verb};
use crate::apiserver::selection::Selection;
use crate::apiserver::status::{Reason, Status};
use crate::apiserver::verbs::{self, list};
use crate::apiserver::watch::{self, Opening};
use crate::engine::SimDuration;
use crate::etcd::Revision;

use super::pending::{Pending, Stage};
use super::timers::Timer;
use super::{ApiServer, initializing};

/// The shortest life of a watch; it ends at random up to twice that. Source: `--min-request-timeout`.
const WATCH_TIMEOUT: SimDuration = SimDuration::from_secs(1800);

/// How a watch begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beginning {
    /// With everything that there is.
    Present,
    /// With what happened after a revision.
    After(Revision),
    /// With what happens from now on.
    Now,
}

impl ApiServer {
    /// Get and list: from the cache if an old state will do, otherwise after etcd has told what the latest is.
    pub(super) fn read(&mut self, pending: Pending, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        let request = &pending.inbound.request;
        if request.verb == Verb::List {
            list::check_options(request.verb, &request.options)?;
        }
        let pages = request.options.continue_token.is_some();
        match request.options.resource_version.filter(|_| !pages) {
            None => self.wait_for_read(pending, Stage::Read, ctx),
            Some(_) if !self.ready => return Err(initializing()),
            Some(wanted) if wanted > ctx.store.revision().0 => {
                self.wait_for_revision(pending, Revision(wanted), ctx);
            }
            Some(_) => Self::answer_read(pending, ctx),
        }
        Ok(())
    }

    pub(super) fn answer_read(pending: Pending, ctx: &mut Ctx<'_>) {
        let request = &pending.inbound.request;
        let payload = match (request.verb, request.subresource) {
            (_, part) if part.is_stream() => verbs::proxy::locate(request, ctx.store),
            (Verb::List, _) => list::read(request, ctx.store).map(Payload::List),
            _ => verbs::get::read(request, ctx.store),
        };
        Self::respond(pending, payload, ctx);
    }

    /// A revision that a request waited for is reached.
    pub(super) fn answer_fresh(&mut self, pending: Pending, ctx: &mut Ctx<'_>) {
        if pending.inbound.request.verb != Verb::Watch {
            return Self::answer_read(pending, ctx);
        }
        if let Err(status) = self.watch(pending.inbound.clone(), ctx) {
            Self::refuse(&pending, status, ctx);
        }
    }

    /// Opens a watch and sends what happened since the revision that it starts from.
    pub(super) fn watch(&mut self, inbound: Inbound, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        if !self.ready {
            return Err(initializing());
        }
        let options = &inbound.request.options;
        list::check_options(Verb::Watch, options)?;
        let now = ctx.store.revision();
        let wanted = Revision(options.resource_version.unwrap_or(0));
        let begins = match options.send_initial_events {
            Some(true) if wanted > now => {
                self.wait_for_revision(Pending::new(inbound, ctx.now), wanted, ctx);
                return Ok(());
            }
            Some(true) => Beginning::Present,
            Some(false) if wanted == Revision::NONE => Beginning::Now,
            None if wanted == Revision::NONE => Beginning::Present,
            _ => Beginning::After(wanted),
        };
        let (caller, ticket, managed_fields) = (inbound.caller, inbound.ticket, options.managed_fields);
        let selection = Selection::of(&inbound.request)?;
        let mut events = match begins {
            Beginning::Present => watch::present(ctx.store, &selection, managed_fields),
            Beginning::Now => Vec::new(),
            Beginning::After(wanted) => {
                let Some(missed) = watch::missed(ctx.store, &selection, wanted, managed_fields) else {
                    let message = format!("too old resource version: {wanted} ({})", ctx.store.compacted());
                    let expired = Box::new(Status::new(410, Reason::Expired, message));
                    // Once a watch is let in, whatever goes wrong is an event of it. Source: `Cacher.Watch`, `newErrWatcher`.
                    ctx.effects.push(Effect::Respond { caller, ticket, outcome: Ok(Payload::Watching.into()) });
                    ctx.effects.push(Effect::WatchClosed { caller, ticket, status: Some(expired) });
                    return Ok(());
                };
                missed
            }
        };
        if begins == Beginning::Present && options.bookmarks {
            events.push(watch::end_of_present(selection.kind(), now));
        }
        let random = self.random.between(WATCH_TIMEOUT, WATCH_TIMEOUT * 2);
        let life = options.timeout_seconds.filter(|seconds| *seconds > 0).map_or(random, SimDuration::from_secs);
        if options.timeout_seconds.is_some() {
            self.timers.insert((ctx.now + life, Timer::WatchEnd));
        }
        let (until, bookmarks, seen) = (ctx.now + life, options.bookmarks, wanted.max(now));
        self.watches.open(Opening { caller, ticket, selection, seen, bookmarks, until, managed_fields });
        let warnings = deprecation::warning(inbound.request.kind).map(Arc::from).into_iter().collect();
        let outcome = Ok(Response { payload: Payload::Watching, warnings, is_new: false });
        ctx.effects.push(Effect::Respond { caller, ticket, outcome });
        if !events.is_empty() {
            ctx.effects.push(Effect::Watch { caller, ticket, events });
        }
        Ok(())
    }
}

//! Get, list and watch.

use crate::apiserver::effect::{Ctx, Effect, Inbound};
use crate::apiserver::request::{Payload, Subresource, Verb};
use crate::apiserver::selection::Selection;
use crate::apiserver::status::{Reason, Status};
use crate::apiserver::verbs;
use crate::apiserver::watch::{self, Opening};
use crate::engine::SimDuration;
use crate::etcd::Revision;

use super::pending::{Pending, Stage};
use super::{ApiServer, initializing};

/// The shortest life of a watch; it ends at random up to twice that. Source: `--min-request-timeout`.
const WATCH_TIMEOUT: SimDuration = SimDuration::from_secs(1800);

impl ApiServer {
    /// Get and list: from the cache if an old state will do, otherwise after etcd has told what the latest is.
    pub(super) fn read(&mut self, pending: Pending, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        let options = &pending.inbound.request.options;
        let pages = options.continue_token.is_some();
        match options.resource_version.filter(|_| !pages) {
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
            (_, Subresource::Log | Subresource::Exec) => verbs::proxy::locate(request, ctx.store),
            (Verb::List, _) => verbs::list::read(request, ctx.store).map(Payload::List),
            _ => verbs::get::read(request, ctx.store),
        };
        Self::respond(pending, payload, ctx);
    }

    /// Opens a watch and sends what happened since the revision that it starts from.
    pub(super) fn watch(&mut self, inbound: &Inbound, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        if !self.ready {
            return Err(initializing());
        }
        let (caller, ticket) = (inbound.caller, inbound.ticket);
        let selection = Selection::of(&inbound.request)?;
        let managed_fields = inbound.request.options.managed_fields;
        let now = ctx.store.revision();
        let wanted = Revision(inbound.request.options.resource_version.unwrap_or(0));
        let events = if wanted == Revision::NONE {
            watch::present(ctx.store, &selection, managed_fields)
        } else {
            let missed = watch::missed(ctx.store, &selection, wanted, managed_fields);
            missed.ok_or_else(|| {
                let message = format!("too old resource version: {wanted} ({})", ctx.store.compacted());
                Box::new(Status::new(410, Reason::Expired, message))
            })?
        };
        let until = ctx.now + self.random.between(WATCH_TIMEOUT, WATCH_TIMEOUT * 2);
        let bookmarks = inbound.request.options.bookmarks;
        let seen = wanted.max(now);
        self.watches.open(Opening { caller, ticket, selection, seen, bookmarks, until, managed_fields });
        ctx.effects.push(Effect::Respond { caller, ticket, outcome: Ok(Payload::Watching.into()) });
        if !events.is_empty() {
            ctx.effects.push(Effect::Watch { caller, ticket, events });
        }
        Ok(())
    }
}

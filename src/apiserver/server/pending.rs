//! Requests on their way, and what each waits for.

use std::sync::Arc;

use crate::apiserver::admission::webhook::calls::{Call, Calls};
use crate::apiserver::custom_resources;
use crate::apiserver::deprecation;
use crate::apiserver::effect::{Ctx, Effect, Inbound};
use crate::apiserver::request::{Caller, Payload, Request, Response, Ticket, User, Verb};
use crate::apiserver::status::{Details, FieldCause, Reason, Status};
use crate::apiserver::verbs::Write;
use crate::engine::{CauseId, SimDuration, SimTime, Stream};
use crate::etcd::{RequestId, Revision};
use crate::model::Kind;

use super::ApiServer;
use super::collection::CollectionId;
use super::timers::Timer;

/// After this a request is cut off. Source: `--request-timeout`.
const REQUEST_TIMEOUT: SimDuration = SimDuration::from_secs(60);
/// How long a read waits for a revision that the server has not reached yet. Source: `cacher.blockTimeout`.
const FRESHNESS_TIMEOUT: SimDuration = SimDuration::from_secs(3);
/// The caller of requests that the server makes itself.
pub(super) const NOBODY: Caller = Caller(u32::MAX);

/// A request on its way.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) inbound: Inbound,
    pub(super) stage: Stage,
    /// How often a write was attempted.
    pub(super) attempts: u32,
    /// How often it waited for something that is about to be created.
    pub(super) waits: u32,
    pub(super) warnings: Vec<Arc<str>>,
    /// Whether its last attempt found nothing under its key.
    pub(super) is_new: bool,
    /// The cause that its first attempt has written down.
    pub(super) cause: Option<CauseId>,
    /// What webhooks have been asked, and have said.
    pub(super) calls: Calls,
    /// Its own chance, so that attempts which differ only in what webhooks have said make of it the same.
    pub(super) random: Option<Stream>,
    /// The deletion of many objects that it is a part of.
    pub(super) part_of: Option<CollectionId>,
    deadline: SimTime,
}

/// What a request waits for.
#[derive(Clone, Debug)]
pub(super) enum Stage {
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
    /// Webhooks: the calls that are not answered, by number, and whether the attempt was made on what etcd holds.
    Calls {
        /// Those that are not answered.
        open: Vec<(u32, Call)>,
        /// Whether etcd was asked.
        is_live: bool,
    },
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

impl Pending {
    /// A request that has just arrived.
    pub(super) fn new(inbound: Inbound, now: SimTime) -> Self {
        let deadline = now + REQUEST_TIMEOUT;
        Self {
            inbound,
            stage: Stage::Recheck,
            attempts: 0,
            waits: 0,
            warnings: Vec::new(),
            is_new: false,
            cause: None,
            calls: Calls::default(),
            random: None,
            part_of: None,
            deadline,
        }
    }

    /// What the server asks of etcd on its own account.
    fn own(stage: Stage) -> Self {
        let user = Arc::new(User::new("system:apiserver", &[User::MASTERS]));
        let agent: Arc<str> = "kube-apiserver".into();
        let request = Request::new(&user, &agent, Verb::Get, Kind::Namespace, "");
        let inbound = Inbound { caller: NOBODY, ticket: Ticket(0), actor: agent, cause: CauseId::NONE, request };
        Self { stage, deadline: SimTime::MAX, ..Self::new(inbound, SimTime::ZERO) }
    }
}

impl ApiServer {
    /// Keeps a request until etcd answers or its time is over.
    pub(super) fn keep(&mut self, pending: Pending) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        if pending.deadline != SimTime::MAX {
            self.timers.insert((pending.deadline, Timer::Deadline(id)));
        }
        if matches!(pending.stage, Stage::Fresh(_)) {
            self.unfresh.insert(id);
        }
        self.pending.insert(id, Box::new(pending));
        id
    }

    /// Keeps a request of the server itself.
    pub(super) fn keep_own(&mut self, stage: Stage) -> RequestId {
        self.keep(Pending::own(stage))
    }

    /// Takes a request up again.
    pub(super) fn take(&mut self, id: RequestId) -> Option<Pending> {
        let pending = *self.pending.remove(&id)?;
        self.timers.remove(&(pending.deadline, Timer::Deadline(id)));
        self.unfresh.remove(&id);
        Some(pending)
    }

    /// The requests that wait for something.
    pub(super) fn take_all(&mut self, waits: impl Fn(&Stage) -> bool) -> Vec<Pending> {
        let ids: Vec<_> = self.pending.iter().filter(|(_, one)| waits(&one.stage)).map(|(id, _)| *id).collect();
        ids.into_iter().filter_map(|id| self.take(id)).collect()
    }

    /// Waits for a linearizable read.
    pub(super) fn wait_for_read(&mut self, mut pending: Pending, stage: Stage, ctx: &mut Ctx<'_>) {
        pending.stage = stage;
        let request = self.keep(pending);
        ctx.effects.push(Effect::ReadIndex { request });
    }

    /// Waits for a revision.
    pub(super) fn wait_for_revision(&mut self, mut pending: Pending, wanted: Revision, ctx: &Ctx<'_>) {
        pending.stage = Stage::Fresh(wanted);
        pending.deadline = ctx.now + FRESHNESS_TIMEOUT;
        self.keep(pending);
    }

    /// The time of a request is over.
    pub(super) fn expire(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.take(id) else { return };
        let status = match pending.stage {
            Stage::Fresh(wanted) => too_large(wanted, ctx.store.revision()),
            _ => Status::new(504, Reason::Timeout, "Timeout: request did not complete within the allotted timeout"),
        };
        Self::refuse(&pending, Box::new(status), ctx);
    }

    /// Answers the reads that waited for a revision.
    pub(super) fn release_fresh(&mut self, revision: Revision, ctx: &mut Ctx<'_>) {
        if self.unfresh.is_empty() {
            return;
        }
        let reached = |stage: &Stage| matches!(stage, Stage::Fresh(wanted) if *wanted <= revision);
        for pending in self.take_all(reached) {
            self.answer_fresh(pending, ctx);
        }
    }

    /// Answers a request.
    pub(super) fn respond(pending: Pending, payload: Result<Payload, Box<Status>>, ctx: &mut Ctx<'_>) {
        let Inbound { caller, ticket, ref request, .. } = pending.inbound;
        if caller != NOBODY {
            let kind = request.kind;
            let may_create = matches!(request.verb, Verb::Update | Verb::Patch);
            let outcome = payload.map(|mut payload| {
                custom_resources::show(&mut payload, kind);
                let is_new = pending.is_new && may_create && matches!(payload, Payload::Object(_));
                let deprecated = deprecation::warning(kind).map(Arc::from);
                let warnings = deprecated.into_iter().chain(pending.warnings).collect();
                Response { payload, warnings, is_new }
            });
            ctx.effects.push(Effect::Respond { caller, ticket, outcome });
        }
    }

    /// Refuses a request.
    pub(super) fn refuse(pending: &Pending, status: Box<Status>, ctx: &mut Ctx<'_>) {
        let Inbound { caller, ticket, .. } = pending.inbound;
        if caller != NOBODY {
            ctx.effects.push(Effect::Respond { caller, ticket, outcome: Err(status) });
        }
    }
}

/// The server has not come as far as a request wants. Source: `storage.NewTooLargeResourceVersionError`.
fn too_large(wanted: Revision, current: Revision) -> Status {
    let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
    let mut status = Status::new(504, Reason::Timeout, message);
    let cause = FieldCause {
        reason: "ResourceVersionTooLarge".into(),
        message: "Too large resource version".into(),
        field: String::new(),
    };
    let details = Details { causes: vec![cause], retry_after_seconds: Some(1), ..Details::default() };
    status.details = Some(Box::new(details));
    status
}

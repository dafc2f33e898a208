//! An informer: lists a kind, watches it from there, keeps what it has seen, and tells what changed.
//!
//! Models `staging/src/k8s.io/client-go/tools/cache/reflector.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::{List, Payload, Reason, Status, Ticket, Verb, WatchEvent, WatchEventKind};
use crate::engine::{CauseId, SimDuration};
use crate::model::{Kind, Meta, Object};

use super::component::{Ctx, Incoming, Timer};
use super::store::Store;

/// First and longest wait before the reflector tries again. Source: `reflector.go`, `NewReflectorWithOptions`.
const BACKOFF_INITIAL: SimDuration = SimDuration::from_millis(800);
const BACKOFF_MAX: SimDuration = SimDuration::from_secs(30);

/// Watches one kind.
#[derive(Clone, Debug)]
pub struct Informer {
    number: u16,
    kind: Kind,
    namespace: Arc<str>,
    field_selector: Option<Arc<str>>,
    state: State,
    store: Store,
    revision: u64,
    has_synced: bool,
    failures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Listing(Ticket),
    Watching(Ticket),
    /// When the timer runs out the list is made anew, or else the watch goes on from the last revision.
    Waiting {
        relist: bool,
    },
}

/// A change that an informer saw.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The object before; `None` when it is new.
    pub old: Option<Object>,
    /// The object after; `None` when it is gone.
    pub new: Option<Object>,
    /// What caused the change, as far as the watch told.
    pub cause: CauseId,
}

impl Delta {
    /// The object after the change, or its last state when it is gone.
    ///
    /// # Panics
    /// Never: a delta has at least one of the two.
    #[must_use]
    pub fn object(&self) -> &Object {
        self.new.as_ref().or(self.old.as_ref()).expect("a delta is about an object")
    }

    /// Whether the object is gone.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        self.new.is_none()
    }
}

impl Informer {
    /// An informer for all objects of `kind`; `number` tells it from others of the same component.
    #[must_use]
    pub fn new(number: u16, kind: Kind) -> Self {
        Self {
            number,
            kind,
            namespace: Arc::default(),
            field_selector: None,
            state: State::Idle,
            store: Store::default(),
            revision: 0,
            has_synced: false,
            failures: 0,
        }
    }

    /// Only objects with these fields: `spec.nodeName=node-1`.
    #[must_use]
    pub fn with_fields(mut self, selector: impl Into<Arc<str>>) -> Self {
        self.field_selector = Some(selector.into());
        self
    }

    /// Only objects of one namespace.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<Arc<str>>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// The kind it watches.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it has seen.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether it has seen a first list.
    #[must_use]
    pub fn has_synced(&self) -> bool {
        self.has_synced
    }

    /// Begins to list.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.list(ctx);
    }

    /// Ends the watch; what was seen is kept.
    pub fn stop(&mut self, ctx: &mut Ctx<'_>) {
        if let State::Listing(ticket) | State::Watching(ticket) = self.state {
            ctx.cancel(ticket);
        }
        self.state = State::Idle;
    }

    /// Whether this is for it.
    #[must_use]
    pub fn expects(&self, incoming: &Incoming) -> bool {
        match (incoming, self.state) {
            (Incoming::Response { ticket, .. }, State::Listing(mine) | State::Watching(mine))
            | (Incoming::Watch { ticket, .. } | Incoming::WatchClosed { ticket, .. }, State::Watching(mine)) => {
                *ticket == mine
            }
            (Incoming::Timer(timer), State::Waiting { .. }) => {
                timer.purpose == Timer::INFORMER && timer.number == u64::from(self.number)
            }
            _ => false,
        }
    }

    /// Takes in what it [`expects`](Self::expects) and tells what changed.
    pub fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) -> Vec<Delta> {
        match incoming {
            Incoming::Response { outcome: Ok(response), .. } => match response.payload {
                Payload::List(list) => return self.replace(list, ctx),
                _ => self.failures = 0,
            },
            Incoming::Response { outcome: Err(status), .. } => {
                let was_listing = matches!(self.state, State::Listing(_));
                self.wait(was_listing || is_expired(&status), ctx);
            }
            Incoming::Watch { events, .. } => {
                return events.into_iter().filter_map(|event| self.apply(event)).collect();
            }
            Incoming::WatchClosed { status, .. } => self.wait(status.is_some_and(|status| is_expired(&status)), ctx),
            Incoming::Stream { .. } => {}
            Incoming::Timer(_) => match self.state {
                State::Waiting { relist: false } => self.watch(ctx),
                _ => self.list(ctx),
            },
        }
        Vec::new()
    }

    fn list(&mut self, ctx: &mut Ctx<'_>) {
        let mut request = ctx.request(Verb::List, self.kind, &self.namespace);
        // The first list is served from the watch cache, whatever its age.
        request.options.resource_version = Some(0);
        request.options.field_selector.clone_from(&self.field_selector);
        ctx.cause = CauseId::NONE;
        self.state = State::Listing(ctx.send(request));
    }

    fn watch(&mut self, ctx: &mut Ctx<'_>) {
        let mut request = ctx.request(Verb::Watch, self.kind, &self.namespace);
        request.options.resource_version = Some(self.revision);
        request.options.field_selector.clone_from(&self.field_selector);
        request.options.bookmarks = true;
        ctx.cause = CauseId::NONE;
        self.state = State::Watching(ctx.send(request));
    }

    fn wait(&mut self, relist: bool, ctx: &mut Ctx<'_>) {
        let backoff = (BACKOFF_INITIAL * (1 << self.failures.min(6))).min(BACKOFF_MAX);
        self.failures += 1;
        self.state = State::Waiting { relist };
        ctx.cause = CauseId::NONE;
        // Full jitter of the same size again, as wait.Backoff with jitter 1.0.
        let backoff = ctx.random.jitter(backoff, 100);
        ctx.timer(backoff, Timer::new(Timer::INFORMER, u64::from(self.number)));
    }

    /// A list has come: what it lacks is gone, what it has is new, changed or the same.
    fn replace(&mut self, list: List, ctx: &mut Ctx<'_>) -> Vec<Delta> {
        let name_of = |object: &Object| (object.namespace().to_owned(), object.name().to_owned());
        let listed: BTreeMap<_, Object> = list.items.into_iter().map(|object| (name_of(&object), object)).collect();
        let gone: Vec<_> = self.store.iter().map(name_of).filter(|name| !listed.contains_key(name)).collect();
        let mut deltas = Vec::new();
        for (namespace, name) in gone {
            let old = self.store.remove(&namespace, &name);
            deltas.push(Delta { old, new: None, cause: CauseId::NONE });
        }
        for object in listed.into_values() {
            let old = self.store.insert(object.clone());
            let unchanged = old.as_ref().is_some_and(|old| old.meta().revision() == object.meta().revision());
            if !unchanged {
                deltas.push(Delta { old, new: Some(object), cause: CauseId::NONE });
            }
        }
        self.revision = list.revision;
        self.has_synced = true;
        self.failures = 0;
        self.watch(ctx);
        deltas
    }

    fn apply(&mut self, event: WatchEvent) -> Option<Delta> {
        self.revision = self.revision.max(event.revision);
        self.failures = 0;
        let cause = event.cause;
        match event.kind {
            WatchEventKind::Bookmark => None,
            WatchEventKind::Added | WatchEventKind::Modified => {
                let old = self.store.insert(event.object.clone());
                Some(Delta { old, new: Some(event.object), cause })
            }
            WatchEventKind::Deleted => {
                self.store.remove(event.object.namespace(), event.object.name());
                Some(Delta { old: Some(event.object), new: None, cause })
            }
        }
    }
}

fn is_expired(status: &Status) -> bool {
    status.is(Reason::Expired) || status.is(Reason::Gone)
}

//! Open watches, and which of them a change concerns.
//!
//! The watch cache of upstream is the store of the server's own member of etcd: what the member has applied is what the
//! server knows, lags behind when it lags, and goes back to the last compaction.
//!
//! **Invariant.** A change costs as much as there are watches that may want it: watches of one node's Pods or of one
//! object are found by index, not by asking each.

mod index;

use std::collections::BTreeMap;

use crate::engine::{CauseId, SimTime};
use crate::etcd::{Event, KeyRange, Revision, Store};
use crate::model::Kind;

use super::effect::Effect;
use super::managed_fields::Ownership;
use super::request::{Caller, Ticket, WatchEvent, WatchEventKind};
use super::selection::Selection;
use super::storage_key;
use super::stored::{Stored, with_revision};

use index::Index;

/// The number of a watch.
type WatchId = u64;

/// One open watch.
#[derive(Clone, Debug)]
struct Watch {
    caller: Caller,
    ticket: Ticket,
    selection: Selection,
    /// Everything up to this revision has been told, or was not asked for.
    seen: Revision,
    bookmarks: bool,
    /// Whether its events carry `metadata.managedFields`.
    managed_fields: bool,
    /// When the server ends it.
    until: SimTime,
}

/// The open watches of one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    watches: BTreeMap<WatchId, Watch>,
    by_ticket: BTreeMap<(Caller, Ticket), WatchId>,
    index: BTreeMap<Kind, Index>,
    next: WatchId,
}

/// A new watch.
pub(super) struct Opening {
    pub(super) caller: Caller,
    pub(super) ticket: Ticket,
    pub(super) selection: Selection,
    pub(super) seen: Revision,
    pub(super) bookmarks: bool,
    pub(super) until: SimTime,
    pub(super) managed_fields: bool,
}

impl Watches {
    /// Opens a watch.
    pub(super) fn open(&mut self, opening: Opening) {
        let Opening { caller, ticket, selection, seen, bookmarks, until, managed_fields } = opening;
        self.close(caller, ticket);
        self.next += 1;
        self.index.entry(selection.kind()).or_default().add(self.next, &selection);
        self.by_ticket.insert((caller, ticket), self.next);
        self.watches.insert(self.next, Watch { caller, ticket, selection, seen, bookmarks, managed_fields, until });
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.watches.len()
    }

    /// Closes one watch without a word.
    pub(super) fn close(&mut self, caller: Caller, ticket: Ticket) {
        if let Some(id) = self.by_ticket.remove(&(caller, ticket)) {
            self.remove(id);
        }
    }

    /// Closes every watch of a caller without a word.
    pub(super) fn disconnect(&mut self, caller: Caller) {
        let range = (caller, Ticket(0))..=(caller, Ticket(u64::MAX));
        let tickets: Vec<_> = self.by_ticket.range(range).map(|(key, _)| key.1).collect();
        tickets.into_iter().for_each(|ticket| self.close(caller, ticket));
    }

    /// Closes every watch and tells the callers.
    pub(super) fn close_all(&mut self, effects: &mut Vec<Effect>) {
        for watch in self.watches.values() {
            effects.push(Effect::WatchClosed { caller: watch.caller, ticket: watch.ticket, status: None });
        }
        *self = Self { next: self.next, ..Self::default() };
    }

    /// Closes the watches whose time is over.
    pub(super) fn expire(&mut self, now: SimTime, effects: &mut Vec<Effect>) {
        let over: Vec<_> = self.watches.iter().filter(|(_, watch)| watch.until <= now).map(|(id, _)| *id).collect();
        for id in over {
            let Some(watch) = self.watches.get(&id) else { continue };
            let (caller, ticket) = (watch.caller, watch.ticket);
            effects.push(Effect::WatchClosed { caller, ticket, status: None });
            self.close(caller, ticket);
        }
    }

    /// Tells every watch that asked for bookmarks how far it is.
    pub(super) fn bookmark(&mut self, revision: Revision, effects: &mut Vec<Effect>) {
        let mut empty = BTreeMap::new();
        for watch in self.watches.values_mut().filter(|watch| watch.bookmarks && watch.seen < revision) {
            watch.seen = revision;
            let kind = watch.selection.kind();
            let object = empty
                .entry(kind)
                .or_insert_with(|| with_revision(&crate::model::Object::empty(kind), revision))
                .clone();
            let event =
                WatchEvent { kind: WatchEventKind::Bookmark, object, revision: revision.0, cause: CauseId::NONE };
            effects.push(Effect::Watch { caller: watch.caller, ticket: watch.ticket, events: vec![event] });
        }
    }

    /// Tells the watches concerned what changed.
    pub(super) fn fan_out(&mut self, events: &[Event<Stored>], effects: &mut Vec<Effect>) {
        for event in events {
            let Some(change) = Change::of(event, || events.iter().find_map(deletion).unwrap_or_default()) else {
                continue;
            };
            let Some(index) = self.index.get(&change.kind()) else { continue };
            index.concerned(&change, |id| {
                let Some(watch) = self.watches.get_mut(&id).filter(|watch| watch.seen < event.revision) else { return };
                if let Some(told) = change.as_told_to(&watch.selection, watch.managed_fields) {
                    // The transaction may hold more for this watch.
                    watch.seen = Revision(event.revision.0 - 1);
                    effects.push(Effect::Watch { caller: watch.caller, ticket: watch.ticket, events: vec![told] });
                }
            });
        }
    }

    fn remove(&mut self, id: WatchId) {
        if let Some(watch) = self.watches.remove(&id)
            && let Some(index) = self.index.get_mut(&watch.selection.kind())
        {
            index.remove(id, &watch.selection);
        }
    }
}

/// A change of one object.
pub(super) struct Change {
    /// The object before, with the revision of the change.
    before: Option<crate::model::Object>,
    after: Option<crate::model::Object>,
    revision: Revision,
    cause: CauseId,
    ownership: Ownership,
}

impl Change {
    /// The change behind an event of etcd; `deleted_by` tells what caused a deletion.
    fn of(event: &Event<Stored>, deleted_by: impl FnOnce() -> CauseId) -> Option<Self> {
        let after = event.current.as_ref().and_then(|current| current.value.at(event.revision));
        let previous = event.previous.as_ref().and_then(|previous| Stored::peek(previous));
        if after.is_none() && previous.is_none() {
            return None;
        }
        // The state before goes out only when the object is gone, or no longer selected; then with the new revision.
        let before = previous.map(|object| match after {
            Some(_) => object.clone(),
            None => with_revision(object, event.revision),
        });
        let cause = match &event.current {
            Some(current) => current.value.cause(),
            None => deleted_by(),
        };
        let stored = event.current.as_ref().filter(|_| after.is_some()).or(event.previous.as_ref());
        let ownership = stored.map(|stored| stored.value.ownership().clone()).unwrap_or_default();
        Some(Self { before, after, revision: event.revision, cause, ownership })
    }

    fn kind(&self) -> Kind {
        self.any().kind()
    }

    fn any(&self) -> &crate::model::Object {
        // `of` makes no change that has neither.
        self.after.as_ref().or(self.before.as_ref()).expect("a change is about an object")
    }

    /// What a watch with this selection is told, if anything.
    pub(super) fn as_told_to(&self, selection: &Selection, managed_fields: bool) -> Option<WatchEvent> {
        let was = self.before.as_ref().filter(|object| selection.matches(object));
        let is = self.after.as_ref().filter(|object| selection.matches(object));
        let (kind, object) = match (was, is) {
            (None, None) => return None,
            (None, Some(object)) => (WatchEventKind::Added, object.clone()),
            (Some(_), Some(object)) => (WatchEventKind::Modified, object.clone()),
            (Some(object), None) if self.after.is_none() => (WatchEventKind::Deleted, object.clone()),
            (Some(object), None) => (WatchEventKind::Deleted, with_revision(object, self.revision)),
        };
        let object = if managed_fields { self.ownership.shown(object) } else { object };
        Some(WatchEvent { kind, object, revision: self.revision.0, cause: self.cause })
    }
}

/// What a watch that begins now is told first: everything that is there.
pub(super) fn present(store: &Store<Stored>, selection: &Selection, managed_fields: bool) -> Vec<WatchEvent> {
    let range = storage_key::range(selection.kind(), selection.namespace());
    let selected =
        store.iter(&range).filter(|entry| Stored::peek(entry).is_some_and(|object| selection.matches(object)));
    let told = selected.filter_map(|entry| {
        let (revision, cause) = (entry.mod_revision.0, entry.value.cause());
        let object = Stored::shown(entry, managed_fields)?;
        Some(WatchEvent { kind: WatchEventKind::Added, object, revision, cause })
    });
    told.collect()
}

/// The bookmark that tells where the present ends. Source: `metav1.InitialEventsAnnotationKey`.
pub(super) fn end_of_present(kind: Kind, revision: Revision) -> WatchEvent {
    let mut object = with_revision(&crate::model::Object::empty(kind), revision);
    object.meta_mut().annotations = Some([("k8s.io/initial-events-end".to_owned(), "true".to_owned())].into());
    WatchEvent { kind: WatchEventKind::Bookmark, object, revision: revision.0, cause: CauseId::NONE }
}

/// What a watch that begins after `seen` has missed; `None` when history does not reach back that far.
pub(super) fn missed(
    store: &Store<Stored>,
    selection: &Selection,
    seen: Revision,
    managed_fields: bool,
) -> Option<Vec<WatchEvent>> {
    let range = storage_key::range(selection.kind(), selection.namespace());
    let mut told = Vec::new();
    for event in store.events(&range, seen.next()).ok()? {
        let change = Change::of(event, || deleted_by(store, event.revision));
        told.extend(change.and_then(|change| change.as_told_to(selection, managed_fields)));
    }
    Some(told)
}

/// What caused the deletions of a revision.
fn deleted_by(store: &Store<Stored>, revision: Revision) -> CauseId {
    let key = KeyRange::key(storage_key::LAST_DELETION);
    let first = store.events(&key, revision).ok().and_then(|mut events| events.next().cloned());
    first.filter(|event| event.revision == revision).as_ref().and_then(deletion).unwrap_or_default()
}

fn deletion(event: &Event<Stored>) -> Option<CauseId> {
    let value = &event.current.as_ref()?.value;
    value.deleted().map(|_| value.cause())
}

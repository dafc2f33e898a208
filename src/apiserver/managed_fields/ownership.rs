//! Who manages what of one stored object, as notes from which the sets of fields are worked out when someone asks.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::metav1::ManagedFieldsEntry;
use crate::model::{Kind, Object};

use super::manager::{Managers, stamp};
use super::snapshot::{Snapshot, same_meta};
use super::update::{Door, as_go, nothing};
use crate::apiserver::alike::Alike;

/// After so many notes they are worked out, so that no chain of old states grows.
const NOTES_MAX: u8 = 6;

/// Who manages what of an object. Cloning it copies a pointer.
#[derive(Clone, Debug, Default)]
pub struct Ownership(Option<Arc<Node>>);

#[derive(Debug)]
enum Node {
    /// `metadata.managedFields` as JSON.
    Known(Box<str>),
    Note(Note),
}

/// A write.
#[derive(Debug)]
struct Note {
    manager: Arc<str>,
    subresource: &'static str,
    at: SimTime,
    /// What stood there before; `None`: nothing.
    from: Option<Snapshot>,
    /// What was written; `None`: what stands there now, or the `from` of the next note.
    to: Option<Snapshot>,
    before: Ownership,
    /// How many notes there are, this one included.
    depth: u8,
}

/// Who writes, through which door.
#[derive(Clone, Debug)]
pub(in crate::apiserver) struct Writer {
    pub(in crate::apiserver) manager: Arc<str>,
    pub(in crate::apiserver) subresource: &'static str,
    pub(in crate::apiserver) now: SimTime,
}

/// Kinds of which a new object is stored as it was sent, but for what nobody manages.
fn is_stored_as_sent(kind: Kind) -> bool {
    matches!(kind, Kind::Event | Kind::Lease | Kind::EndpointSlice)
}

impl Ownership {
    /// A new object: its creator manages all that it sent, with defaults, before admission has added anything.
    pub(in crate::apiserver) fn created(writer: Writer, sent: &Object, alike: &mut Alike) -> Self {
        let to = (!is_stored_as_sent(sent.kind())).then(|| Snapshot::of(sent, None, alike));
        Self::default().noted(writer, None, to)
    }

    /// A change by a client; `sent` is what it asked for where that is not what will be stored.
    pub(in crate::apiserver) fn changed(
        &self,
        writer: Writer,
        old: &Object,
        sent: Option<&Object>,
        next: &Object,
        alike: &mut Alike,
    ) -> Self {
        // Of an object that nobody manages nobody comes to manage anything, until someone applies.
        let Some(node) = &self.0 else { return Self::default() };
        let to = sent.filter(|sent| !is_stored_as_sent(sent.kind())).map(|sent| Snapshot::of(sent, Some(sent), alike));
        match &**node {
            // A row of writes by one manager is one write.
            Node::Note(last) if to.is_none() && last.to.is_none() && last.is_by(&writer) => {
                last.before.noted(writer, last.from.clone(), None)
            }
            Node::Note(last) if last.depth >= NOTES_MAX => {
                let known = Self::known(&self.managers(old));
                known.noted(writer, Some(Snapshot::of(old, Some(next), alike)), to)
            }
            _ => self.noted(writer, Some(Snapshot::of(old, Some(next), alike)), to),
        }
    }

    /// A change of which nobody is told the manager: a binding, a deletion that has begun.
    pub(in crate::apiserver) fn unnoticed(&self, old: &Object, new: &Object, alike: &mut Alike) -> Self {
        match self.0.as_deref() {
            Some(Node::Note(last)) if last.to.is_none() && !differs_only_in_deletion(old, new) => {
                let to = Some(Snapshot::of(old, Some(new), alike));
                Self(Some(Arc::new(Node::Note(Note {
                    manager: Arc::clone(&last.manager),
                    subresource: last.subresource,
                    at: last.at,
                    from: last.from.clone(),
                    to,
                    before: last.before.clone(),
                    depth: last.depth,
                }))))
            }
            _ => self.clone(),
        }
    }

    /// The managers are these.
    pub(in crate::apiserver) fn known(managers: &Managers) -> Self {
        if managers.is_empty() {
            return Self::default();
        }
        // Entries are plain data: they have no way not to be written.
        let text = serde_json::to_string(&managers.encode()).unwrap_or_default();
        Self(Some(Arc::new(Node::Known(text.into()))))
    }

    /// Whether this is the outcome of a request that spoke of managed fields itself, and it is another than `before`.
    pub(in crate::apiserver) fn differs(&self, before: &Self, object: &Object) -> bool {
        match (self.0.as_deref(), before.0.as_deref()) {
            (None, None) | (Some(Node::Note(_)), _) => false,
            (Some(Node::Known(one)), Some(Node::Known(other))) if one == other => false,
            _ => !self.managers(object).same_but_times(&before.managers(object)),
        }
    }

    /// The managers of `object`, which this is stored with.
    pub(in crate::apiserver) fn managers(&self, object: &Object) -> Managers {
        match self.0.as_deref() {
            None => Managers::default(),
            Some(Node::Known(text)) => {
                let entries: Vec<ManagedFieldsEntry> = serde_json::from_str(text).unwrap_or_default();
                Managers::decode(&entries).unwrap_or_default()
            }
            Some(Node::Note(note)) => {
                let to = note.to.as_ref().map_or_else(|| object.clone(), |to| to.restore(object));
                let from = note.from.as_ref().map(|from| from.restore(&to));
                let before = from.as_ref().map(|from| note.before.managers(from)).unwrap_or_default();
                note.done(before, from.as_ref(), &to)
            }
        }
    }

    /// The managers of a new object whose creator has named some itself.
    pub(in crate::apiserver) fn over(&self, given: Managers, object: &Object) -> Managers {
        match self.0.as_deref() {
            Some(Node::Note(note)) => {
                let to = note.to.as_ref().map_or_else(|| object.clone(), |to| to.restore(object));
                note.done(given, None, &to)
            }
            _ => given,
        }
    }

    /// `object` with its `metadata.managedFields`.
    #[must_use]
    pub fn shown(&self, object: Object) -> Object {
        if self.0.is_none() {
            return object;
        }
        let entries = self.managers(&object).encode();
        let mut object = object;
        object.meta_mut().managed_fields = (!entries.is_empty()).then_some(entries);
        object
    }

    fn noted(&self, writer: Writer, from: Option<Snapshot>, to: Option<Snapshot>) -> Self {
        let depth = match self.0.as_deref() {
            Some(Node::Note(last)) => last.depth + 1,
            _ => 1,
        };
        let Writer { manager, subresource, now } = writer;
        Self(Some(Arc::new(Node::Note(Note { manager, subresource, at: now, from, to, before: self.clone(), depth }))))
    }
}

impl Note {
    fn is_by(&self, writer: &Writer) -> bool {
        self.manager == writer.manager && self.subresource == writer.subresource
    }

    /// What the write made of the managers that there were.
    fn done(&self, before: Managers, from: Option<&Object>, to: &Object) -> Managers {
        let door = Door { kind: to.kind(), subresource: self.subresource };
        let shape = door.shape();
        let old = from.map_or_else(|| nothing(shape), |from| as_go(from, shape));
        // Upstream loses the time of a manager that scales for the first time.
        let time = (self.subresource != "scale").then(|| stamp(self.at));
        before.updated(&old, &as_go(to, shape), &self.manager, door, time)
    }
}

/// Whether two states differ in nothing but that a deletion has begun.
fn differs_only_in_deletion(old: &Object, new: &Object) -> bool {
    match (old, new) {
        (Object::Pod(one), Object::Pod(other)) => {
            Arc::ptr_eq(&one.spec, &other.spec)
                && Arc::ptr_eq(&one.status, &other.status)
                && same_meta(&one.metadata, &other.metadata)
        }
        _ => false,
    }
}

//! Memory: follows the store, change by change, as a watch does, and keeps what goals ask for: the objects of the kinds they
//! name, and how containers ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::apiserver::{Stored, storage_key};
use crate::cluster::Cluster;
use crate::etcd::{Event, KeyRange, Revision, Store};
use crate::model::{Kind, Object};

use super::ending::Endings;
use super::objects;
use crate::model::cel::value::Map;

/// What a lesson has seen of its cluster.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    kinds: BTreeSet<Kind>,
    seen: Revision,
    objects: BTreeMap<Kind, ByName>,
    changed: BTreeMap<Kind, Revision>,
    endings: Endings,
    endings_changed: Revision,
}

/// Objects by namespace and name.
type ByName = BTreeMap<(Arc<str>, Arc<str>), Seen>;

/// An object that exists.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) object: Object,
    pub(super) value: Map,
}

impl Memory {
    /// A memory that keeps objects of these kinds.
    pub(in crate::scenario) fn of(kinds: BTreeSet<Kind>) -> Self {
        Self { kinds, ..Self::default() }
    }

    /// How containers ended so far.
    #[must_use]
    pub fn endings(&self) -> &Endings {
        &self.endings
    }

    /// Takes in what has changed since the last time.
    pub(in crate::scenario) fn follow(&mut self, cluster: &Cluster) {
        let Some(store) = cluster.store() else { return };
        if store.revision() == self.seen {
            return;
        }
        let everything = KeyRange::prefix("/registry/");
        // A store that was restored, or compacted behind our back, has to be read anew.
        let starts_anew = self.seen == Revision::NONE || store.revision() < self.seen;
        match store.events(&everything, self.seen.next()) {
            Ok(events) if !starts_anew => events.for_each(|event| self.take_in(event)),
            _ => self.read(store),
        }
        self.seen = store.revision();
    }

    fn read(&mut self, store: &Store<Stored>) {
        let revision = store.revision();
        for kind in self.kinds.clone() {
            let range = storage_key::range(kind, "");
            self.objects.insert(kind, BTreeMap::new());
            self.changed.insert(kind, revision);
            for object in store.iter(&range).filter_map(|entry| Stored::of(entry)) {
                self.keep(&object);
            }
        }
        let pods = storage_key::range(Kind::Pod, "");
        for object in store.iter(&pods).filter_map(|entry| Stored::of(entry)) {
            self.learn(&object, revision);
        }
    }

    fn take_in(&mut self, event: &Event<Stored>) {
        let current = event.current.as_deref().and_then(Stored::of);
        let known = current
            .as_ref()
            .map(Object::kind)
            .or_else(|| event.previous.as_deref().and_then(Stored::peek).map(Object::kind));
        let Some(kind) = known else { return };
        if let Some(object) = &current {
            self.learn(object, event.revision);
        }
        if !self.kinds.contains(&kind) {
            return;
        }
        self.changed.insert(kind, event.revision);
        match (current, event.previous.as_deref().and_then(Stored::peek)) {
            (Some(object), _) => self.keep(&object),
            (None, Some(gone)) => {
                let key = (Arc::from(gone.namespace()), Arc::from(gone.name()));
                self.objects.entry(kind).or_default().remove(&key);
            }
            (None, None) => {}
        }
    }

    fn keep(&mut self, object: &Object) {
        let key = (Arc::from(object.namespace()), Arc::from(object.name()));
        let seen = Seen { object: object.clone(), value: objects::of_object(object) };
        self.objects.entry(object.kind()).or_default().insert(key, seen);
    }

    fn learn(&mut self, object: &Object, revision: Revision) {
        if let Object::Pod(pod) = object
            && self.endings.learn(pod)
        {
            self.endings_changed = revision;
        }
    }

    /// The objects of a kind, in one namespace or (when it is empty) in all.
    pub(super) fn list(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = &Seen> {
        let all = self.objects.get(&kind).into_iter().flatten();
        all.filter(move |((own, _), _)| namespace.is_empty() || **own == *namespace).map(|(_, seen)| seen)
    }

    /// One object.
    pub(super) fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Seen> {
        self.objects.get(&kind)?.get(&(Arc::from(namespace), Arc::from(name)))
    }

    /// When something last changed among these kinds, and among the endings if they matter.
    pub(super) fn changed(&self, kinds: &BTreeSet<Kind>, with_endings: bool) -> Revision {
        let objects = kinds.iter().filter_map(|kind| self.changed.get(kind)).max();
        let endings = if with_endings { self.endings_changed } else { Revision::NONE };
        objects.copied().unwrap_or(Revision::NONE).max(endings)
    }
}

//! The store of an informer: what it has seen last, by namespace and name, with indices by owner and by node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Kind, Meta, Object, Pod, Resource};

use super::informer::Informer;
use super::name_index::{NameIndex, hash_of};

type Name = (Arc<str>, Arc<str>);

/// Objects of one kind.
#[derive(Clone, Debug, Default)]
pub struct Store {
    slots: Vec<Option<Object>>,
    vacant: Vec<usize>,
    names: NameIndex,
    /// Slots in the order of the names.
    by_namespace: BTreeMap<Arc<str>, BTreeMap<Arc<str>, usize>>,
    by_owner: BTreeMap<Arc<str>, BTreeSet<Name>>,
    by_node: BTreeMap<Arc<str>, BTreeSet<Name>>,
    len: usize,
}

impl Store {
    /// Puts an object in and returns the one it replaces.
    pub fn insert(&mut self, object: Object) -> Option<Object> {
        let Some(slot) = self.slot_of(object.namespace(), object.name()) else {
            self.add(object);
            return None;
        };
        let old = self.slots[slot].replace(object.clone())?;
        self.index_anew(&old, &object);
        Some(old)
    }

    /// Takes an object out.
    pub fn remove(&mut self, namespace: &str, name: &str) -> Option<Object> {
        let slots = &self.slots;
        let slot = self.names.remove(hash_of(namespace, name), |slot| is_at(slots, slot, namespace, name))?;
        let old = self.slots[slot].take()?;
        self.vacant.push(slot);
        if let Some(objects) = self.by_namespace.get_mut(namespace) {
            objects.remove(name);
        }
        let name = name_of(&old);
        if let Some(owner) = old.meta().controller() {
            withdraw(&mut self.by_owner, &owner.uid, &name);
        }
        if let Some(node) = bound_node(&old) {
            withdraw(&mut self.by_node, node, &name);
        }
        self.len -= 1;
        Some(old)
    }

    /// The object of that name.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Object> {
        self.slots[self.slot_of(namespace, name)?].as_ref()
    }

    /// All objects, by namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.by_namespace.values().flat_map(BTreeMap::values).filter_map(|slot| self.slots[*slot].as_ref())
    }

    /// The objects of one namespace, by name.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &Object> {
        let slots = self.by_namespace.get(namespace).into_iter().flat_map(BTreeMap::values);
        slots.filter_map(|slot| self.slots[*slot].as_ref())
    }

    /// The objects whose controller has this UID.
    pub fn controlled_by(&self, uid: &str) -> impl Iterator<Item = &Object> {
        self.indexed(self.by_owner.get(uid))
    }

    /// The Pods bound to a node.
    pub fn on_node(&self, node: &str) -> impl Iterator<Item = &Object> {
        self.indexed(self.by_node.get(node))
    }

    /// The names of the nodes to which Pods are bound, whether there is such a node or not.
    pub fn node_names(&self) -> impl Iterator<Item = &str> {
        self.by_node.keys().map(|name| &**name)
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn slot_of(&self, namespace: &str, name: &str) -> Option<usize> {
        self.names.find(hash_of(namespace, name), |slot| is_at(&self.slots, slot, namespace, name))
    }

    fn indexed<'a>(&'a self, names: Option<&'a BTreeSet<Name>>) -> impl Iterator<Item = &'a Object> {
        names.into_iter().flatten().filter_map(|(namespace, name)| self.get(namespace, name))
    }

    /// Puts a new object in.
    fn add(&mut self, object: Object) {
        let name = name_of(&object);
        let hash = hash_of(&name.0, &name.1);
        if let Some(owner) = object.meta().controller() {
            enter(&mut self.by_owner, &owner.uid, &name);
        }
        if let Some(node) = bound_node(&object) {
            enter(&mut self.by_node, node, &name);
        }
        let slot = self.vacant.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[slot] = Some(object);
        self.names.insert(hash, slot);
        self.by_namespace.entry(name.0).or_default().insert(name.1, slot);
        self.len += 1;
    }

    /// An object was replaced by another of the same name: few of them change their owner or their node.
    fn index_anew<'a>(&mut self, old: &'a Object, new: &'a Object) {
        let owner_of = |object: &'a Object| object.meta().controller().map(|owner| owner.uid.as_str());
        let (before, after) = (owner_of(old), owner_of(new));
        if before != after {
            let name = name_of(new);
            before.into_iter().for_each(|uid| withdraw(&mut self.by_owner, uid, &name));
            after.into_iter().for_each(|uid| enter(&mut self.by_owner, uid, &name));
        }
        let (before, after) = (bound_node(old), bound_node(new));
        if before != after {
            let name = name_of(new);
            before.into_iter().for_each(|node| withdraw(&mut self.by_node, node, &name));
            after.into_iter().for_each(|node| enter(&mut self.by_node, node, &name));
        }
    }
}

fn name_of(object: &Object) -> Name {
    (object.namespace().into(), object.name().into())
}

fn is_at(slots: &[Option<Object>], slot: usize, namespace: &str, name: &str) -> bool {
    slots[slot].as_ref().is_some_and(|object| object.name() == name && object.namespace() == namespace)
}

fn bound_node(object: &Object) -> Option<&str> {
    Pod::of(object).map(|pod| pod.node_name()).filter(|node| !node.is_empty())
}

fn enter(index: &mut BTreeMap<Arc<str>, BTreeSet<Name>>, key: &str, name: &Name) {
    match index.get_mut(key) {
        Some(names) => names.insert(name.clone()),
        None => index.entry(key.into()).or_default().insert(name.clone()),
    };
}

fn withdraw(index: &mut BTreeMap<Arc<str>, BTreeSet<Name>>, key: &str, name: &Name) {
    if let Some(names) = index.get_mut(key) {
        names.remove(name);
        if names.is_empty() {
            index.remove(key);
        }
    }
}

/// The informers of one process, by kind: shared by all controllers in it.
#[derive(Clone, Debug, Default)]
pub struct Caches {
    informers: BTreeMap<Kind, Informer>,
}

impl Caches {
    /// Informers for these kinds, in all namespaces.
    #[must_use]
    pub fn of(kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self { informers: kinds.into_iter().map(|kind| (kind, Informer::new(kind.number(), kind))).collect() }
    }

    /// The same with an informer of one's own, as for a kind of which only some objects matter.
    #[must_use]
    pub fn with(mut self, informer: Informer) -> Self {
        self.informers.insert(informer.kind(), informer);
        self
    }

    /// The informers, by kind.
    pub fn informers_mut(&mut self) -> impl Iterator<Item = &mut Informer> {
        self.informers.values_mut()
    }

    /// Whether every informer has seen a first list.
    #[must_use]
    pub fn have_synced(&self) -> bool {
        self.informers.values().all(Informer::has_synced)
    }

    /// What is known of a kind; `None` if it is not watched.
    #[must_use]
    pub fn store(&self, kind: Kind) -> Option<&Store> {
        self.informers.get(&kind).map(Informer::store)
    }

    /// What is known of every kind, by kind.
    pub fn stores(&self) -> impl Iterator<Item = &Store> {
        self.informers.values().map(Informer::store)
    }

    /// The object of that name, of a kind known at compile time.
    #[must_use]
    pub fn get<R: Resource>(&self, namespace: &str, name: &str) -> Option<&Arc<R>> {
        R::of(self.store(R::KIND)?.get(namespace, name)?)
    }

    /// All objects of a kind.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = &Arc<R>> {
        self.store(R::KIND).into_iter().flat_map(Store::iter).filter_map(R::of)
    }

    /// The objects of a kind in one namespace.
    pub fn list<'a, R: Resource>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<R>> {
        self.store(R::KIND).into_iter().flat_map(move |store| store.in_namespace(namespace)).filter_map(R::of)
    }

    /// The objects of a kind whose controller has this UID.
    pub fn controlled_by<'a, R: Resource>(&'a self, uid: &'a str) -> impl Iterator<Item = &'a Arc<R>> {
        self.store(R::KIND).into_iter().flat_map(move |store| store.controlled_by(uid)).filter_map(R::of)
    }

    /// The Pods bound to a node.
    pub fn pods_on<'a>(&'a self, node: &'a str) -> impl Iterator<Item = &'a Arc<Pod>> {
        self.store(Kind::Pod).into_iter().flat_map(move |store| store.on_node(node)).filter_map(Pod::of)
    }
}

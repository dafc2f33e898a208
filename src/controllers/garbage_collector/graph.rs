//! Who depends on whom, by UID.
//!
//! Models `pkg/controller/garbagecollector/graph_builder.go`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::client::Caches;
use crate::model::metav1::{ObjectMeta, OwnerReference};
use crate::model::{Meta, Object, ObjectKey};

/// So many owners are remembered to be gone. Source: `garbagecollector.go`, `NewReferenceCache(500)`.
const ABSENT_LIMIT: usize = 500;
/// The finalizer that holds an owner until its dependents are gone. Source: `meta/v1/types.go`.
pub const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer that holds an owner until its dependents have forgotten it.
pub const ORPHAN: &str = "orphan";

/// The graph of owners and dependents.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<Arc<str>, ObjectKey>,
    dependents: BTreeMap<Arc<str>, BTreeSet<ObjectKey>>,
    absent: VecDeque<Arc<str>>,
}

impl Graph {
    /// An object has come.
    pub fn add(&mut self, object: &Object) {
        let (meta, key) = (object.meta(), object.key());
        self.absent.retain(|uid| **uid != *meta.uid());
        for owner in meta.owners() {
            self.dependents.entry(owner.uid.as_str().into()).or_default().insert(key.clone());
        }
        self.nodes.insert(meta.uid().into(), key);
    }

    /// An object has gone.
    pub fn remove(&mut self, object: &Object) {
        let (meta, key) = (object.meta(), object.key());
        self.nodes.remove(meta.uid());
        if self.dependents.contains_key(meta.uid()) {
            self.is_absent(meta.uid().into());
        }
        self.forget_owners(meta, &key);
    }

    /// An object has other owners than before.
    pub fn change_owners(&mut self, old: &Object, new: &Object) {
        self.forget_owners(old.meta(), &old.key());
        self.add(new);
    }

    fn forget_owners(&mut self, meta: &ObjectMeta, key: &ObjectKey) {
        for owner in meta.owners() {
            if let Some(dependents) = self.dependents.get_mut(owner.uid.as_str()) {
                dependents.remove(key);
                if dependents.is_empty() {
                    self.dependents.remove(owner.uid.as_str());
                }
            }
        }
    }

    /// An owner was looked for and is not there.
    pub fn is_absent(&mut self, uid: Arc<str>) {
        self.absent.push_back(uid);
        if self.absent.len() > ABSENT_LIMIT {
            self.absent.pop_front();
        }
    }

    /// Whether an owner is known to be gone.
    #[must_use]
    pub fn knows_absent(&self, uid: &str) -> bool {
        self.absent.iter().any(|one| **one == *uid)
    }

    /// The key of the object with this UID.
    #[must_use]
    pub fn find(&self, uid: &str) -> Option<&ObjectKey> {
        self.nodes.get(uid)
    }

    /// The objects that name this UID as an owner.
    pub fn dependents(&self, uid: &str) -> impl Iterator<Item = &ObjectKey> {
        self.dependents.get(uid).into_iter().flatten()
    }

    /// The dependents for which an owner that is deleted in the foreground must wait.
    pub fn blockers<'a>(&'a self, uid: &'a str, caches: &'a Caches) -> impl Iterator<Item = &'a Object> {
        let blocks = move |object: &&Object| {
            object.meta().owners().iter().any(|owner| owner.uid == uid && owner.block_owner_deletion == Some(true))
        };
        self.dependents(uid).filter_map(|key| cached(key, caches)).filter(blocks)
    }

    /// Whether every owner of the object is there and means to stay: nothing to look into.
    #[must_use]
    pub fn is_settled(&self, object: &Object, caches: &Caches) -> bool {
        object.meta().owners().iter().all(|owner| {
            let Some(key) = self.nodes.get(owner.uid.as_str()) else { return false };
            let in_reach = key.namespace.is_empty() || *key.namespace == *object.namespace();
            in_reach && cached(key, caches).is_some_and(|owner| !is_deleting_dependents(owner.meta()))
        })
    }
}

/// The object of a key, as the caches know it.
#[must_use]
pub fn cached<'a>(key: &ObjectKey, caches: &'a Caches) -> Option<&'a Object> {
    caches.store(key.kind)?.get(&key.namespace, &key.name)
}

/// Whether an object waits for its dependents to go first.
#[must_use]
pub fn is_deleting_dependents(meta: &ObjectMeta) -> bool {
    meta.is_terminating() && meta.has_finalizer(FOREGROUND)
}

/// Whether an object waits for its dependents to forget it.
#[must_use]
pub fn is_orphaning(meta: &ObjectMeta) -> bool {
    meta.is_terminating() && meta.has_finalizer(ORPHAN)
}

/// Where the owner of a dependent in `namespace` must be.
#[must_use]
pub fn owner_key(owner: &OwnerReference, namespace: &str) -> Option<ObjectKey> {
    let kind = crate::model::Kind::from_gvk(&owner.api_version, &owner.kind)?;
    let namespace = if kind.is_namespaced() { namespace } else { "" };
    Some(ObjectKey::new(kind, namespace, owner.name.as_str()))
}

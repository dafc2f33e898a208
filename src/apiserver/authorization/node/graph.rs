//! Which Pods are on which node, so that it is found quickly what a kubelet needs.
//!
//! Source: `plugin/pkg/auth/authorizer/node/graph.go`, which keeps every edge; here the Pods of a node are asked what they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::{Event, Key, KeyValue, Store};
use crate::model::core::PersistentVolumeClaim;
use crate::model::{Kind, Meta, Pod, Resource};

use super::references;

/// The Pods of each node.
#[derive(Clone, Debug, Default)]
pub(in crate::apiserver::authorization) struct Graph {
    pods: BTreeMap<Arc<str>, Arc<BTreeSet<Key>>>,
}

impl Graph {
    /// As the store is now.
    pub(in crate::apiserver::authorization) fn of(store: &Store<Stored>) -> Self {
        let mut graph = Self::default();
        for entry in store.iter(&storage_key::range(Kind::Pod, "")) {
            graph.add(node_of(Some(entry)), &entry.key);
        }
        graph
    }

    /// A Pod has changed.
    pub(in crate::apiserver::authorization) fn on_event(&mut self, event: &Event<Stored>) {
        let (before, after) = (node_of(event.previous.as_ref()), node_of(event.current.as_ref()));
        if before == after {
            return;
        }
        if let Some(pods) = self.pods.get_mut(before) {
            Arc::make_mut(pods).remove(&event.key);
            if pods.is_empty() {
                self.pods.remove(before);
            }
        }
        self.add(after, &event.key);
    }

    fn add(&mut self, node: &str, key: &Key) {
        if node.is_empty() {
            return;
        }
        match self.pods.get_mut(node) {
            Some(pods) => drop(Arc::make_mut(pods).insert(Arc::clone(key))),
            None => drop(self.pods.insert(node.into(), Arc::new(BTreeSet::from([Arc::clone(key)])))),
        }
    }

    /// Whether a Pod on `node` is this object, refers to it, or refers to the claim of this volume.
    pub(super) fn leads_to(&self, node: &str, kind: Kind, namespace: &str, name: &str, store: &Store<Stored>) -> bool {
        let claim;
        let (kind, namespace, name) = match kind {
            Kind::PersistentVolume => {
                let Some((space, bound)) = claim_of(name, store) else { return false };
                claim = (space, bound);
                (Kind::PersistentVolumeClaim, claim.0.as_str(), claim.1.as_str())
            }
            _ => (kind, namespace, name),
        };
        let keys = self.pods.get(node).into_iter().flat_map(|keys| keys.iter());
        let mut pods =
            keys.filter_map(|key| store.get(key)).filter_map(|entry| Stored::peek(entry)).filter_map(Pod::of);
        pods.any(|pod| {
            pod.metadata.namespace() == namespace
                && if kind == Kind::Pod { pod.metadata.name() == name } else { references::names(pod, kind, name) }
        })
    }
}

/// The claim that a volume is bound to, when the claim says so too.
fn claim_of(volume: &str, store: &Store<Stored>) -> Option<(String, String)> {
    let entry = store.get(&storage_key::of(Kind::PersistentVolume, "", volume))?;
    let volume = crate::model::core::PersistentVolume::of(Stored::peek(entry)?)?;
    let claim = volume.spec.as_ref()?.claim_ref.as_ref()?;
    let (namespace, name) = (claim.namespace.clone()?, claim.name.clone()?);
    let entry = store.get(&storage_key::of(Kind::PersistentVolumeClaim, &namespace, &name))?;
    let claim = PersistentVolumeClaim::of(Stored::peek(entry)?)?;
    let bound = claim.spec.as_ref()?.volume_name.as_deref()?;
    (bound == volume.metadata.name()).then_some((namespace, name))
}

/// The node of a Pod; empty when it has none.
fn node_of(entry: Option<&Arc<KeyValue<Stored>>>) -> &str {
    entry.and_then(|entry| Stored::peek(entry)).and_then(Pod::of).map_or("", |pod| pod.node_name())
}

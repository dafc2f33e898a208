//! Facts: lists of objects read from the store once per revision, so that a frame costs what it shows and not what exists.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::{Kind, Meta, Object, Pod, Resource};
use crate::session::{Cluster, Session};

/// What a cache was filled from: another one of these, and it is stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    epoch: u64,
    revision: u64,
    /// Only while the past is looked at; there the same revision may belong to another future.
    at: Option<SimTime>,
}

/// Lists of objects, each read when it is first asked for.
#[derive(Default)]
pub struct Facts {
    stamp: Stamp,
    lists: BTreeMap<Kind, OnceCell<Vec<Object>>>,
    by_node: OnceCell<BTreeMap<Arc<str>, Vec<Arc<Pod>>>>,
}

impl Facts {
    /// Forgets what is stale. `epoch` counts the rewinds and forks: after one, revisions mean something else.
    pub fn refresh(&mut self, session: &Session, epoch: u64) {
        let at = session.is_in_the_past().then(|| session.now());
        let stamp = Stamp { epoch, revision: session.cluster().revision(), at };
        if stamp != self.stamp || self.lists.is_empty() {
            self.stamp = stamp;
            self.lists = Kind::all().map(|kind| (kind, OnceCell::new())).collect();
            self.by_node = OnceCell::new();
        }
    }

    /// The objects of a kind, by namespace and name.
    #[must_use]
    pub fn objects(&self, kind: Kind, cluster: &Cluster) -> &[Object] {
        self.lists.get(&kind).map_or(&[], |list| list.get_or_init(|| cluster.objects(kind)).as_slice())
    }

    /// The Pods of a node; under the empty name those that no node has.
    #[must_use]
    pub fn pods_on(&self, node: &str, cluster: &Cluster) -> &[Arc<Pod>] {
        let index = self.by_node.get_or_init(|| {
            let mut index: BTreeMap<Arc<str>, Vec<Arc<Pod>>> = BTreeMap::new();
            for pod in self.objects(Kind::Pod, cluster).iter().filter_map(Pod::of) {
                index.entry(pod.node_name().into()).or_default().push(Arc::clone(pod));
            }
            index
        });
        index.get(node).map_or(&[], Vec::as_slice)
    }

    /// The namespaces.
    #[must_use]
    pub fn namespaces(&self, cluster: &Cluster) -> Vec<String> {
        self.objects(Kind::Namespace, cluster).iter().map(|object| object.meta().name().to_owned()).collect()
    }
}

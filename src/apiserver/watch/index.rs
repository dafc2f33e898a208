//! Which watches of a kind may want a change: those of everything, of its namespace, of its node, of its name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::apiserver::selection::Selection;
use crate::model::{Object, Pod, Resource};

use super::{Change, WatchId};

/// The watches of one kind, by the narrowest thing that they ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    wide: BTreeSet<WatchId>,
    by_namespace: BTreeMap<Arc<str>, BTreeSet<WatchId>>,
    by_name: BTreeMap<Arc<str>, BTreeSet<WatchId>>,
    by_node: BTreeMap<Arc<str>, BTreeSet<WatchId>>,
}

impl Index {
    pub(super) fn add(&mut self, id: WatchId, selection: &Selection) {
        self.shelf(selection).insert(id);
    }

    pub(super) fn remove(&mut self, id: WatchId, selection: &Selection) {
        self.shelf(selection).remove(&id);
        for shelves in [&mut self.by_namespace, &mut self.by_name, &mut self.by_node] {
            shelves.retain(|_, shelf| !shelf.is_empty());
        }
    }

    /// Calls `tell` with every watch that may want the change, each once.
    pub(super) fn concerned(&self, change: &Change, mut tell: impl FnMut(WatchId)) {
        let object = change.any();
        self.wide.iter().for_each(|id| tell(*id));
        let mut on = |shelves: &BTreeMap<Arc<str>, BTreeSet<WatchId>>, key: &str| {
            shelves.get(key).into_iter().flatten().for_each(|id| tell(*id));
        };
        if !self.by_namespace.is_empty() {
            on(&self.by_namespace, object.namespace());
        }
        if !self.by_name.is_empty() {
            on(&self.by_name, object.name());
        }
        if !self.by_node.is_empty() {
            let (before, after) = (node_of(change.before.as_ref()), node_of(change.after.as_ref()));
            on(&self.by_node, after);
            if before != after {
                on(&self.by_node, before);
            }
        }
    }

    fn shelf(&mut self, selection: &Selection) -> &mut BTreeSet<WatchId> {
        if let Some(node) = selection.required("spec.nodeName") {
            self.by_node.entry(node.into()).or_default()
        } else if let Some(name) = selection.required("metadata.name") {
            self.by_name.entry(name.into()).or_default()
        } else if selection.namespace().is_empty() {
            &mut self.wide
        } else {
            self.by_namespace.entry(Arc::clone(selection.namespace())).or_default()
        }
    }
}

/// The node of a Pod; empty for everything else.
fn node_of(object: Option<&Object>) -> &str {
    object.and_then(Pod::of).map_or("", |pod| pod.node_name())
}

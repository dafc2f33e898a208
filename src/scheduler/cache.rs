//! What the scheduler believes: the snapshot, and which Pods it has counted where. A Pod that it has just placed counts at
//! once, long before the API says that it is bound.
//!
//! Models `pkg/scheduler/backend/cache/cache.go`. Assumed Pods do not expire, as upstream's default has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pod_info::PodInfo;
use super::snapshot::Snapshot;

/// The snapshot and the Pods counted in it.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    /// Nodes with their Pods, volumes.
    pub snapshot: Snapshot,
    pods: BTreeMap<Arc<str>, Counted>,
}

#[derive(Clone, Debug)]
struct Counted {
    node: Arc<str>,
    info: Arc<PodInfo>,
    is_assumed: bool,
}

impl Cache {
    /// Counts a Pod on a node before it is bound.
    pub fn assume(&mut self, pod: Arc<PodInfo>, node: &Arc<str>) {
        self.count(pod, node, true);
    }

    /// A Pod was seen on its node, new or changed.
    pub fn confirm(&mut self, pod: Arc<PodInfo>) {
        if let Some(counted) = self.pods.get_mut(&pod.uid)
            && *counted.node == *pod.pod.node_name()
        {
            counted.is_assumed = false;
            let before = std::mem::replace(&mut counted.info, Arc::clone(&pod));
            self.snapshot.replace_pod(&counted.node, &before, pod);
            return;
        }
        let node: Arc<str> = pod.pod.node_name().into();
        self.discount(&pod.uid);
        self.count(pod, &node, false);
    }

    /// A Pod is gone from its node.
    pub fn remove(&mut self, uid: &str) {
        self.discount(uid);
    }

    /// An assumed Pod was not bound after all; returns whether it was assumed.
    pub fn forget(&mut self, uid: &str) -> bool {
        let is_assumed = self.is_assumed(uid);
        if is_assumed {
            self.discount(uid);
        }
        is_assumed
    }

    /// Whether a Pod was placed and not yet seen to be bound.
    #[must_use]
    pub fn is_assumed(&self, uid: &str) -> bool {
        self.pods.get(uid).is_some_and(|counted| counted.is_assumed)
    }

    /// A Pod that is counted and was seen to be bound.
    #[must_use]
    pub fn confirmed(&self, uid: &str) -> Option<&Arc<PodInfo>> {
        self.pods.get(uid).filter(|counted| !counted.is_assumed).map(|counted| &counted.info)
    }

    /// How many Pods are counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether no Pod is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    fn count(&mut self, pod: Arc<PodInfo>, node: &Arc<str>, is_assumed: bool) {
        let counted = Counted { node: Arc::clone(node), info: Arc::clone(&pod), is_assumed };
        self.pods.insert(Arc::clone(&pod.uid), counted);
        self.snapshot.add_pod(node, pod);
    }

    fn discount(&mut self, uid: &str) {
        if let Some(counted) = self.pods.remove(uid) {
            self.snapshot.remove_pod(&counted.node, uid);
        }
    }
}

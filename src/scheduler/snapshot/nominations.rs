//! Pods for which room is being made, by the node where.
//!
//! Models `pkg/scheduler/backend/queue/nominator.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::scheduler::pod_info::PodInfo;

/// Who is to come where.
#[derive(Clone, Debug, Default)]
pub(super) struct Nominations {
    by_node: BTreeMap<Arc<str>, Vec<Arc<PodInfo>>>,
    by_pod: BTreeMap<Arc<str>, Arc<str>>,
}

impl Nominations {
    pub(super) fn on(&self, node: &str) -> &[Arc<PodInfo>] {
        self.by_node.get(node).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_pod.is_empty()
    }

    pub(super) fn of(&self, uid: &str) -> Option<&Arc<str>> {
        self.by_pod.get(uid)
    }

    pub(super) fn pods(&self) -> impl Iterator<Item = &Arc<PodInfo>> {
        self.by_node.values().flatten()
    }

    pub(super) fn add(&mut self, node: Arc<str>, pod: Arc<PodInfo>) {
        self.by_pod.insert(Arc::clone(&pod.uid), Arc::clone(&node));
        self.by_node.entry(node).or_default().push(pod);
    }

    /// Returns the node where room was being made.
    pub(super) fn remove(&mut self, uid: &str) -> Option<Arc<str>> {
        let node = self.by_pod.remove(uid)?;
        if let Some(pods) = self.by_node.get_mut(&node) {
            pods.retain(|pod| &*pod.uid != uid);
            if pods.is_empty() {
                self.by_node.remove(&node);
            }
        }
        Some(node)
    }
}

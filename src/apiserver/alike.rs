//! What objects have in common in memory: Pods of one template one spec, those bound within a second one status.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::{PodSpec, PodStatus};
use crate::model::{Meta, Pod};

/// For so many owners the spec of their last Pod is known; more than create Pods at one time.
const OWNERS_MAX: usize = 256;

/// Parts of objects that were kept lately. Whether something is found here changes no answer, only what it costs.
#[derive(Clone, Debug, Default)]
pub(super) struct Alike {
    sent: Specs,
    stored: Specs,
    status: Option<Arc<PodStatus>>,
}

impl Alike {
    /// The spec of a Pod as a client has sent it.
    pub(super) fn sent_spec(&mut self, pod: &Pod) -> Arc<PodSpec> {
        self.sent.share(pod)
    }

    /// The spec of a Pod as it is stored.
    pub(super) fn stored_spec(&mut self, pod: &Pod) -> Arc<PodSpec> {
        self.stored.share(pod)
    }

    /// The status that was kept last, if this one is like it.
    pub(super) fn status(&mut self, one: &Arc<PodStatus>) -> Arc<PodStatus> {
        match &self.status {
            Some(last) if is_same(last, one) => Arc::clone(last),
            _ => Arc::clone(self.status.insert(Arc::clone(one))),
        }
    }
}

/// The spec of the last Pod of each owner.
#[derive(Clone, Debug, Default)]
struct Specs(BTreeMap<Box<str>, Arc<PodSpec>>);

impl Specs {
    /// The spec of the last Pod of the same owner, if this one's is like it.
    fn share(&mut self, pod: &Pod) -> Arc<PodSpec> {
        let owner = pod.metadata.controller().map_or("", |owner| owner.uid.as_str());
        if let Some(known) = self.0.get(owner)
            && is_same(known, &pod.spec)
        {
            return Arc::clone(known);
        }
        if self.0.len() >= OWNERS_MAX {
            self.0.clear();
        }
        self.0.insert(owner.into(), Arc::clone(&pod.spec));
        Arc::clone(&pod.spec)
    }
}

fn is_same<T: PartialEq>(one: &Arc<T>, other: &Arc<T>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

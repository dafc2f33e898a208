//! What this controller has written and not yet seen come back: while a slice in the cache is older than that, the cache is
//! of no use.
//!
//! Models `staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go`, by revisions instead of generations.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::discovery::EndpointSlice;
use crate::model::{Meta, ObjectKey};

/// A slice as written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// At this revision.
    At(u64),
    /// It was deleted.
    Gone,
}

/// What was written, by Service and by UID of the slice.
#[derive(Clone, Debug, Default)]
pub struct Tracker(BTreeMap<ObjectKey, BTreeMap<String, Written>>);

impl Tracker {
    /// A slice was created or replaced.
    pub fn wrote(&mut self, service: &ObjectKey, slice: &EndpointSlice) {
        let written = Written::At(slice.metadata.revision());
        self.0.entry(service.clone()).or_default().insert(slice.metadata.uid().to_owned(), written);
    }

    /// A slice was deleted.
    pub fn deleted(&mut self, service: &ObjectKey, uid: &str) {
        self.0.entry(service.clone()).or_default().insert(uid.to_owned(), Written::Gone);
    }

    /// The watch told that a slice is gone; tells whether this controller did not know.
    pub fn saw_removal(&mut self, service: &ObjectKey, uid: &str) -> bool {
        let known = self.0.get_mut(service).and_then(|slices| slices.remove(uid));
        known != Some(Written::Gone)
    }

    /// The watch told of a slice; tells whether it is in another state than this controller left it in.
    #[must_use]
    pub fn is_news(&self, service: &ObjectKey, slice: &EndpointSlice) -> bool {
        match self.0.get(service).and_then(|slices| slices.get(slice.metadata.uid())) {
            None => true,
            Some(Written::At(revision)) => slice.metadata.revision() > *revision,
            Some(Written::Gone) => false,
        }
    }

    /// Whether the slices in the cache are older than what was written.
    #[must_use]
    pub fn is_stale(&self, service: &ObjectKey, cached: &[Arc<EndpointSlice>]) -> bool {
        self.0.get(service).into_iter().flatten().any(|(uid, written)| {
            let slice = cached.iter().find(|slice| slice.metadata.uid() == uid);
            match written {
                Written::At(revision) => slice.is_none_or(|slice| slice.metadata.revision() < *revision),
                Written::Gone => slice.is_some(),
            }
        })
    }

    /// The Service is gone.
    pub fn forget(&mut self, service: &ObjectKey) {
        self.0.remove(service);
    }
}

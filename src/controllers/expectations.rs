//! What a controller has asked for and not yet seen come back by its watch. As long as it expects something it neither
//! creates nor deletes, so a cache that lags behind never makes it act twice.
//!
//! Models `pkg/controller/controller_utils.go`, `UIDTrackingControllerExpectations`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::ObjectKey;

/// After so long an expectation counts as met. Source: `controller_utils.go`, `ExpectationsTimeout`.
const TIMEOUT: SimDuration = SimDuration::from_secs(300);

/// The expectations of one controller, by the key of the owner.
#[derive(Clone, Debug, Default)]
pub struct Expectations(BTreeMap<ObjectKey, Expected>);

#[derive(Clone, Debug)]
struct Expected {
    creations: usize,
    /// The UIDs of those whose deletion is awaited.
    deletions: BTreeSet<Arc<str>>,
    since: SimTime,
}

impl Expectations {
    /// So many creations are under way, and the deletions of the objects with these UIDs.
    pub fn expect(
        &mut self,
        key: &ObjectKey,
        creations: usize,
        deletions: impl IntoIterator<Item = Arc<str>>,
        now: SimTime,
    ) {
        let deletions = deletions.into_iter().collect();
        self.0.insert(key.clone(), Expected { creations, deletions, since: now });
    }

    /// One creation was seen, or will never be.
    pub fn creation_observed(&mut self, key: &ObjectKey) {
        if let Some(expected) = self.0.get_mut(key) {
            expected.creations = expected.creations.saturating_sub(1);
        }
    }

    /// The deletion of that object was seen, or will never be.
    pub fn deletion_observed(&mut self, key: &ObjectKey, uid: &str) {
        if let Some(expected) = self.0.get_mut(key) {
            expected.deletions.remove(uid);
        }
    }

    /// Whether nothing is awaited any more.
    #[must_use]
    pub fn satisfied(&self, key: &ObjectKey, now: SimTime) -> bool {
        self.0.get(key).is_none_or(|expected| {
            let met = expected.creations == 0 && expected.deletions.is_empty();
            met || now.since(expected.since) > TIMEOUT
        })
    }

    /// The owner is gone.
    pub fn forget(&mut self, key: &ObjectKey) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn nothing_is_done_until_everything_asked_for_was_seen() {
        let key = ObjectKey::new(Kind::ReplicaSet, "default", "web");
        let mut expectations = Expectations::default();
        assert!(expectations.satisfied(&key, SimTime::ZERO));
        expectations.expect(&key, 2, [], SimTime::ZERO);
        expectations.creation_observed(&key);
        assert!(!expectations.satisfied(&key, SimTime::ZERO));
        assert!(expectations.satisfied(&key, SimTime::from_secs(301)));
        expectations.creation_observed(&key);
        assert!(expectations.satisfied(&key, SimTime::ZERO));
    }

    #[test]
    fn a_deletion_seen_twice_counts_once() {
        let key = ObjectKey::new(Kind::ReplicaSet, "default", "web");
        let mut expectations = Expectations::default();
        expectations.expect(&key, 0, ["a".into(), "b".into()], SimTime::ZERO);
        expectations.deletion_observed(&key, "a");
        expectations.deletion_observed(&key, "a");
        assert!(!expectations.satisfied(&key, SimTime::ZERO));
    }
}

//! Leases: a time to live that keys can be tied to. The store knows which keys a lease holds; when it runs out is known
//! to the leader alone, which then revokes it through the log. The API server ties Events to leases of one hour.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::key_value::Key;
use crate::engine::SimDuration;

/// The number of a lease, shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub u64);

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A lease and what dies with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// How long it lives after it was granted or last renewed.
    pub ttl: SimDuration,
    /// The keys tied to it.
    pub keys: BTreeSet<Key>,
}

/// All leases of a store; clones of the store share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Leases(BTreeMap<LeaseId, Arc<Lease>>);

impl Leases {
    /// Adds a lease; false when the number is taken.
    pub(super) fn grant(&mut self, id: LeaseId, ttl: SimDuration) -> bool {
        if self.0.contains_key(&id) {
            return false;
        }
        self.0.insert(id, Arc::new(Lease { ttl, keys: BTreeSet::new() })).is_none()
    }

    /// Takes a lease away and returns it.
    pub(super) fn revoke(&mut self, id: LeaseId) -> Option<Arc<Lease>> {
        self.0.remove(&id)
    }

    pub(super) fn get(&self, id: LeaseId) -> Option<&Lease> {
        self.0.get(&id).map(|lease| &**lease)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (LeaseId, &Lease)> {
        self.0.iter().map(|(id, lease)| (*id, &**lease))
    }

    /// Ties `key` to the lease `to`, and no longer to `from`.
    pub(super) fn move_key(&mut self, key: &Key, from: Option<LeaseId>, to: Option<LeaseId>) {
        if from == to {
            return;
        }
        if let Some(lease) = from.and_then(|id| self.0.get_mut(&id)) {
            Arc::make_mut(lease).keys.remove(key);
        }
        if let Some(lease) = to.and_then(|id| self.0.get_mut(&id)) {
            Arc::make_mut(lease).keys.insert(key.clone());
        }
    }
}

//! When leases end. Only the leader knows; a new leader gives every lease its whole time again.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{SimDuration, SimTime};
use crate::etcd::store::LeaseId;

/// How long the leader waits for a revocation to be committed before it tries again.
/// Source: `server/lease/lessor.go`, `expiredLeaseRetryInterval`.
const RETRY: SimDuration = SimDuration::from_secs(3);

/// The ends of all leases, on the leader; empty elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Lessor {
    ends: BTreeMap<LeaseId, SimTime>,
    order: BTreeSet<(SimTime, LeaseId)>,
}

impl Lessor {
    /// The lease ends at `end`, and no longer when it did.
    pub(super) fn set(&mut self, id: LeaseId, end: SimTime) {
        self.remove(id);
        self.ends.insert(id, end);
        self.order.insert((end, id));
    }

    pub(super) fn remove(&mut self, id: LeaseId) {
        if let Some(end) = self.ends.remove(&id) {
            self.order.remove(&(end, id));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn next_due(&self) -> Option<SimTime> {
        self.order.first().map(|(end, _)| *end)
    }

    /// The next lease that has ended by `now`; it is named again after a while if it still exists.
    pub(super) fn take_ended(&mut self, now: SimTime) -> Option<LeaseId> {
        let (_, id) = *self.order.first().filter(|(end, _)| *end <= now)?;
        self.set(id, now + RETRY);
        Some(id)
    }
}

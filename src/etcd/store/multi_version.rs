//! The multi-version store: every change makes a new revision, and old revisions can be read until they are compacted.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::alarm::{Alarm, AlarmKind};
use super::backend::Backend;
use super::history::{Event, History};
use super::key_range::KeyRange;
use super::key_value::{KeyValue, Revision, Value};
use super::keyspace::Keyspace;
use super::lease::{Lease, LeaseId, Leases};
use super::txn::RangeResponse;
use crate::etcd::error::EtcdError;

/// The state of one etcd database. A clone is a snapshot and costs next to nothing.
#[derive(Clone, Debug)]
pub struct Store<V> {
    pub(super) keys: Keyspace<V>,
    pub(super) history: History<V>,
    pub(super) revision: Revision,
    pub(super) compacted: Revision,
    pub(super) leases: Leases,
    pub(super) alarms: BTreeSet<Alarm>,
    pub(super) backend: Backend,
}

impl<V: Value> Store<V> {
    /// An empty store, at revision 1 as a new etcd is.
    #[must_use]
    pub fn new() -> Self {
        Self {
            keys: Keyspace::new(),
            history: History::new(),
            revision: Revision(1),
            compacted: Revision::NONE,
            leases: Leases::default(),
            alarms: BTreeSet::new(),
            backend: Backend::new(),
        }
    }

    /// The store that `etcdutl snapshot restore` makes of a snapshot. `bump` is `--bump-revision --mark-compacted`: the
    /// revision jumps ahead by so much and everything before is compacted, so that every watcher has to start again.
    #[must_use]
    pub fn restored(snapshot: &Self, bump: Option<u64>) -> Self {
        let mut store = snapshot.clone();
        store.alarms.clear();
        if let Some(bump) = bump {
            store.revision = Revision(store.revision.0 + bump);
            store.free_superseded(store.revision);
        }
        store
    }

    /// The revision of the last change.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The revision up to which history was compacted away; it can itself still be read.
    #[must_use]
    pub fn compacted(&self) -> Revision {
        self.compacted
    }

    /// How many keys there are.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// What stands under `key` now.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Arc<KeyValue<V>>> {
        self.keys.get(key)
    }

    /// The keys of `range` now, in order.
    pub fn iter<'a>(&'a self, range: &'a KeyRange) -> impl Iterator<Item = &'a Arc<KeyValue<V>>> {
        self.keys.range(range)
    }

    /// Reads `range`, now or as it was at a revision.
    ///
    /// # Errors
    /// [`EtcdError::Compacted`] or [`EtcdError::FutureRevision`] when there is no such revision.
    pub fn range(
        &self,
        range: &KeyRange,
        limit: Option<usize>,
        at: Option<Revision>,
    ) -> Result<RangeResponse<V>, EtcdError> {
        match at {
            Some(at) if at > self.revision => Err(EtcdError::FutureRevision),
            Some(at) if at < self.compacted => Err(EtcdError::Compacted),
            Some(at) if at < self.revision => Ok(self.range_in_the_past(range, limit, at)),
            _ => Ok(self.range_now(range, limit)),
        }
    }

    /// The events of `range` from revision `from` on, oldest first: what a watch that starts there is sent at once.
    ///
    /// # Errors
    /// [`EtcdError::Compacted`] when some of them are gone; the watcher has to list again.
    pub fn events<'a>(
        &'a self,
        range: &'a KeyRange,
        from: Revision,
    ) -> Result<impl Iterator<Item = &'a Event<V>>, EtcdError> {
        if from < self.compacted {
            return Err(EtcdError::Compacted);
        }
        Ok(self.history.since(from).filter(|event| range.contains(&event.key)))
    }

    /// The size of the database.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The alarms that are on.
    pub fn alarms(&self) -> impl Iterator<Item = Alarm> {
        self.alarms.iter().copied()
    }

    /// A lease.
    #[must_use]
    pub fn lease(&self, id: LeaseId) -> Option<&Lease> {
        self.leases.get(id)
    }

    /// All leases, in the order of their numbers.
    pub fn leases(&self) -> impl Iterator<Item = (LeaseId, &Lease)> {
        self.leases.iter()
    }

    /// Sets the size at which the NOSPACE alarm goes off (`--quota-backend-bytes`).
    pub fn set_quota(&mut self, bytes: u64) {
        self.backend.set_quota(bytes);
    }

    /// Rewrites the file of the database without its free pages; returns how many bytes that gave back.
    pub fn defragment(&mut self) -> u64 {
        self.backend.defragment()
    }

    /// Whether the NOSPACE alarm is on, so that only reads and deletes are accepted.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.alarms.iter().any(|alarm| alarm.kind == AlarmKind::NoSpace)
    }

    /// A digest of keys and revisions, by which two snapshots can be told apart.
    #[must_use]
    pub fn digest(&self) -> u32 {
        let fold = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3);
        let all = KeyRange::prefix("");
        let hash = self.keys.range(&all).fold(fold(0xcbf2_9ce4_8422_2325, self.revision.0), |hash, entry| {
            let hash = entry.key.bytes().fold(hash, |hash, byte| fold(hash, u64::from(byte)));
            [entry.create_revision.0, entry.mod_revision.0, entry.version].into_iter().fold(hash, fold)
        });
        (hash ^ (hash >> 32)) as u32
    }

    pub(super) fn range_now(&self, range: &KeyRange, limit: Option<usize>) -> RangeResponse<V> {
        let kvs: Vec<_> = self.keys.range(range).take(limit.unwrap_or(usize::MAX)).cloned().collect();
        let count = if limit.is_some_and(|limit| kvs.len() == limit) { self.keys.count(range) } else { kvs.len() };
        RangeResponse { kvs, count, revision: self.revision }
    }

    /// The present keys with every later change undone.
    fn range_in_the_past(&self, range: &KeyRange, limit: Option<usize>, at: Revision) -> RangeResponse<V> {
        let undone = self.history.undone(range, at);
        let existed = undone.values().flatten().count();
        let exist = undone.keys().filter(|key| self.keys.get(key).is_some()).count();
        let mut now = self.keys.range(range).filter(|entry| !undone.contains_key(&entry.key)).peekable();
        let mut then = undone.values().flatten().peekable();
        let merged = std::iter::from_fn(|| match (now.peek(), then.peek()) {
            (Some(unchanged), Some(changed)) if unchanged.key < changed.key => now.next(),
            (Some(_), None) => now.next(),
            _ => then.next(),
        });
        let kvs = merged.take(limit.unwrap_or(usize::MAX)).cloned().collect();
        RangeResponse { kvs, count: self.keys.count(range) + existed - exist, revision: self.revision }
    }
}

impl<V: Value> Default for Store<V> {
    fn default() -> Self {
        Self::new()
    }
}

//! The multi-version store: every change makes a new revision, and old revisions can be read until they are compacted.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::alarm::{Alarm, AlarmKind};
use super::backend::Backend;
use super::history::{Event, History};
use super::key_range::KeyRange;
use super::key_value::{Key, KeyValue, Revision, Value};
use super::keyspace::Keyspace;
use super::lease::{Lease, LeaseId, Leases};
use super::txn::{Compare, Condition, Op, OpResponse, RangeResponse, Txn, TxnResponse};
use crate::engine::SimDuration;
use crate::etcd::error::EtcdError;

/// The state of one etcd database. A clone is a snapshot and costs next to nothing.
#[derive(Clone, Debug)]
pub struct Store<V> {
    keys: Keyspace<V>,
    history: History<V>,
    revision: Revision,
    compacted: Revision,
    leases: Leases,
    alarms: BTreeSet<Alarm>,
    backend: Backend,
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

    /// Does a transaction, and adds what it changed to `events`.
    ///
    /// # Errors
    /// See [`EtcdError`]: the transaction then changed nothing.
    pub fn txn(&mut self, txn: &Txn<V>, events: &mut Vec<Event<V>>) -> Result<TxnResponse<V>, EtcdError> {
        if self.is_read_only() && txn.puts() {
            return Err(EtcdError::NoSpace);
        }
        if txn.repeats_a_key() {
            return Err(EtcdError::DuplicateKey);
        }
        let succeeded = txn.compare.iter().all(|compare| self.holds(compare));
        let ops = if succeeded { &txn.success } else { &txn.failure };
        let unknown = |op: &Op<V>| matches!(op, Op::Put { lease: Some(id), .. } if self.leases.get(*id).is_none());
        if ops.iter().any(unknown) {
            return Err(EtcdError::LeaseNotFound);
        }
        let first = events.len();
        let responses = ops.iter().map(|op| self.perform(op, events)).collect();
        self.advance(&events[first..]);
        Ok(TxnResponse { revision: self.revision, succeeded, responses })
    }

    /// Forgets what happened before `revision`.
    ///
    /// # Errors
    /// [`EtcdError::Compacted`] or [`EtcdError::FutureRevision`] when that cannot be done.
    pub fn compact(&mut self, revision: Revision) -> Result<(), EtcdError> {
        if revision <= self.compacted {
            return Err(EtcdError::Compacted);
        }
        if revision > self.revision {
            return Err(EtcdError::FutureRevision);
        }
        self.free_superseded(revision);
        Ok(())
    }

    /// Adds a lease.
    ///
    /// # Errors
    /// [`EtcdError::LeaseExists`], or [`EtcdError::NoSpace`] while that alarm is on.
    pub fn grant(&mut self, id: LeaseId, ttl: SimDuration) -> Result<(), EtcdError> {
        if self.is_read_only() {
            return Err(EtcdError::NoSpace);
        }
        if self.leases.grant(id, ttl) { Ok(()) } else { Err(EtcdError::LeaseExists) }
    }

    /// Ends a lease and deletes its keys, all in one revision; adds what changed to `events`.
    ///
    /// # Errors
    /// [`EtcdError::LeaseNotFound`].
    pub fn revoke(&mut self, id: LeaseId, events: &mut Vec<Event<V>>) -> Result<(), EtcdError> {
        let lease = self.leases.revoke(id).ok_or(EtcdError::LeaseNotFound)?;
        let first = events.len();
        for key in &lease.keys {
            self.delete(key, events);
        }
        self.advance(&events[first..]);
        Ok(())
    }

    /// Raises an alarm.
    pub fn raise(&mut self, alarm: Alarm) {
        self.alarms.insert(alarm);
    }

    /// Disarms every alarm, as `etcdctl alarm disarm` does.
    pub fn disarm(&mut self) {
        self.alarms.clear();
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

    fn range_now(&self, range: &KeyRange, limit: Option<usize>) -> RangeResponse<V> {
        let kvs: Vec<_> = self.keys.range(range).take(limit.unwrap_or(usize::MAX)).cloned().collect();
        let count = if limit.is_some_and(|limit| kvs.len() == limit) { self.keys.count(range) } else { kvs.len() };
        RangeResponse { kvs, count, revision: self.revision }
    }

    /// The present keys with every later change undone.
    fn range_in_the_past(&self, range: &KeyRange, limit: Option<usize>, at: Revision) -> RangeResponse<V> {
        let undone = self.history.undone(range, at);
        let unchanged = self.keys.range(range).filter(|entry| !undone.contains_key(&entry.key));
        let mut kvs: Vec<_> = unchanged.chain(undone.values().flatten()).cloned().collect();
        kvs.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let count = kvs.len();
        kvs.truncate(limit.unwrap_or(usize::MAX));
        RangeResponse { kvs, count, revision: self.revision }
    }

    fn holds(&self, compare: &Compare) -> bool {
        let entry = self.keys.get(&compare.key);
        match compare.condition {
            Condition::ModRevision(expected) => expected == entry.map_or(Revision::NONE, |entry| entry.mod_revision),
            Condition::CreateRevision(expected) => {
                expected == entry.map_or(Revision::NONE, |entry| entry.create_revision)
            }
            Condition::Version(expected) => expected == entry.map_or(0, |entry| entry.version),
        }
    }

    fn perform(&mut self, op: &Op<V>, events: &mut Vec<Event<V>>) -> OpResponse<V> {
        match op {
            Op::Put { key, value, lease } => self.put(key, value.clone(), *lease, events),
            Op::Delete(range) => {
                let keys: Vec<Key> = self.keys.range(range).map(|entry| entry.key.clone()).collect();
                OpResponse::Delete(keys.iter().filter_map(|key| self.delete(key, events)).collect())
            }
            Op::Range { range, limit } => OpResponse::Range(self.range_now(range, *limit)),
        }
    }

    fn put(&mut self, key: &Key, value: V, lease: Option<LeaseId>, events: &mut Vec<Event<V>>) -> OpResponse<V> {
        let revision = self.revision.next();
        let previous = self.keys.get(key);
        // One copy of the key serves every version of it.
        let key = previous.map_or(key, |previous| &previous.key).clone();
        let (create_revision, version) = previous.map_or((revision, 1), |p| (p.create_revision, p.version + 1));
        self.backend.write(key.len() as u64 + value.size());
        let written =
            Arc::new(KeyValue { key: key.clone(), create_revision, mod_revision: revision, version, lease, value });
        let previous = self.keys.insert(written.clone());
        self.leases.move_key(&key, previous.as_ref().and_then(|previous| previous.lease), lease);
        events.push(Event { revision, key, current: Some(written.clone()), previous: previous.clone() });
        OpResponse::Put { written, previous }
    }

    fn delete(&mut self, key: &Key, events: &mut Vec<Event<V>>) -> Option<Arc<KeyValue<V>>> {
        let previous = self.keys.remove(key)?;
        self.backend.write(key.len() as u64);
        self.leases.move_key(key, previous.lease, None);
        let revision = self.revision.next();
        events.push(Event { revision, key: key.clone(), current: None, previous: Some(previous.clone()) });
        Some(previous)
    }

    /// Makes the next revision of `changes`, if there are any.
    fn advance(&mut self, changes: &[Event<V>]) {
        if !changes.is_empty() {
            self.revision = self.revision.next();
            changes.iter().for_each(|event| self.history.push(event.clone()));
        }
    }

    /// Frees what was superseded up to `revision`. Events of `revision` itself stay, for watches that start there.
    fn free_superseded(&mut self, revision: Revision) {
        let superseded = self.history.since(self.compacted.next()).take_while(|event| event.revision <= revision);
        for event in superseded {
            if let Some(previous) = &event.previous {
                self.backend.free(previous.key.len() as u64 + previous.value.size());
            }
            if event.current.is_none() {
                self.backend.free(event.key.len() as u64);
            }
        }
        self.compacted = revision;
        self.history.drop_before(revision);
    }
}

impl<V: Value> Default for Store<V> {
    fn default() -> Self {
        Self::new()
    }
}

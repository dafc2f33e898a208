//! Writing to the store: transactions, leases, compaction, alarms. Every change makes an event, and all changes of one
//! transaction make one revision.

use std::sync::Arc;

use super::alarm::Alarm;
use super::history::Event;
use super::key_value::{Key, KeyValue, Revision, Value};
use super::lease::LeaseId;
use super::multi_version::Store;
use super::txn::{Compare, Condition, Op, OpResponse, Txn, TxnResponse};
use crate::engine::SimDuration;
use crate::etcd::error::EtcdError;

impl<V: Value> Store<V> {
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
    pub(super) fn free_superseded(&mut self, revision: Revision) {
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

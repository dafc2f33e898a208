//! A transaction: comparisons, what to do when all of them hold, what to do when one does not. It is the only way in
//! which Kubernetes writes, and what its optimistic concurrency rests on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::key_range::KeyRange;
use super::key_value::{Key, KeyValue, Revision, Value};
use super::lease::LeaseId;

/// Operations that take effect together, at one revision, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Txn<V> {
    /// What must hold, all of it, for `success` to be done.
    pub compare: Vec<Compare>,
    /// Done when every comparison holds.
    pub success: Vec<Op<V>>,
    /// Done when one does not.
    pub failure: Vec<Op<V>>,
}

/// A condition on one key. A key that does not exist has revision and version 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    /// The key looked at.
    pub key: Key,
    /// What must be true of it.
    pub condition: Condition,
}

/// What a comparison asks of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was last written in this revision; [`Revision::NONE`]: it does not exist.
    ModRevision(Revision),
    /// It was created in this revision; [`Revision::NONE`]: it does not exist.
    CreateRevision(Revision),
    /// It has been written so many times since it was created.
    Version(u64),
}

/// One operation of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op<V> {
    /// Stores a value.
    Put {
        /// Under this key.
        key: Key,
        /// What is stored.
        value: V,
        /// The lease it dies with.
        lease: Option<LeaseId>,
    },
    /// Deletes every key of a range.
    Delete(KeyRange),
    /// Reads a range, as it is at this place of the transaction.
    Range {
        /// The keys.
        range: KeyRange,
        /// How many at most.
        limit: Option<usize>,
    },
}

/// What came of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxnResponse<V> {
    /// The revision of the store after the transaction; the new `mod_revision` of what it wrote.
    pub revision: Revision,
    /// Whether every comparison held.
    pub succeeded: bool,
    /// One for each operation that was done, in their order.
    pub responses: Vec<OpResponse<V>>,
}

/// What came of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpResponse<V> {
    /// Of a put: the new value, and what stood there before.
    Put {
        /// What now stands under the key.
        written: Arc<KeyValue<V>>,
        /// What stood there.
        previous: Option<Arc<KeyValue<V>>>,
    },
    /// Of a deletion: what was deleted.
    Delete(Vec<Arc<KeyValue<V>>>),
    /// Of a read.
    Range(RangeResponse<V>),
}

/// What a read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeResponse<V> {
    /// The entries in the order of their keys, at most as many as the limit.
    pub kvs: Vec<Arc<KeyValue<V>>>,
    /// How many keys there are in the range, also beyond the limit.
    pub count: usize,
    /// The revision of the store when it was read (not the one that was read).
    pub revision: Revision,
}

impl<V> RangeResponse<V> {
    /// Whether the limit held some entries back.
    #[must_use]
    pub fn more(&self) -> bool {
        self.count > self.kvs.len()
    }
}

impl<V> Txn<V> {
    /// Does `ops` whatever the store holds.
    #[must_use]
    pub fn always(ops: Vec<Op<V>>) -> Self {
        Self { compare: Vec::new(), success: ops, failure: Vec::new() }
    }

    /// Stores `value` under `key` if the key does not exist; otherwise reads what is there.
    pub fn create(key: impl Into<Key>, value: V, lease: Option<LeaseId>) -> Self {
        Self::update(key, Revision::NONE, value, lease)
    }

    /// Stores `value` under `key` if the key was last written in `expected`; otherwise reads what is there.
    pub fn update(key: impl Into<Key>, expected: Revision, value: V, lease: Option<LeaseId>) -> Self {
        let key = key.into();
        Self::guarded(key.clone(), expected, Op::Put { key, value, lease })
    }

    /// Deletes `key` if it was last written in `expected`; otherwise reads what is there.
    pub fn delete(key: impl Into<Key>, expected: Revision) -> Self {
        let key = key.into();
        Self::guarded(key.clone(), expected, Op::Delete(KeyRange::Key(key)))
    }

    fn guarded(key: Key, expected: Revision, op: Op<V>) -> Self {
        let read = Op::Range { range: KeyRange::Key(key.clone()), limit: None };
        Self {
            compare: vec![Compare { key, condition: Condition::ModRevision(expected) }],
            success: vec![op],
            failure: vec![read],
        }
    }

    /// Whether either branch writes a value; such transactions are refused while the NOSPACE alarm is on.
    #[must_use]
    pub fn puts(&self) -> bool {
        self.success.iter().chain(&self.failure).any(|op| matches!(op, Op::Put { .. }))
    }

    /// Whether one branch puts a key twice, or puts a key that it also deletes.
    pub(super) fn repeats_a_key(&self) -> bool {
        [&self.success, &self.failure].into_iter().any(|ops| ops.len() > 1 && branch_repeats_a_key(ops))
    }
}

impl<V: Value> Txn<V> {
    /// Bytes of the encoded request.
    #[must_use]
    pub fn size(&self) -> u64 {
        let compare: usize = self.compare.iter().map(|compare| compare.key.len()).sum();
        let ops = self.success.iter().chain(&self.failure).map(|op| match op {
            Op::Put { key, value, .. } => key.len() as u64 + value.size(),
            Op::Delete(range) | Op::Range { range, .. } => range.start().len() as u64,
        });
        compare as u64 + ops.sum::<u64>()
    }
}

fn branch_repeats_a_key<V>(ops: &[Op<V>]) -> bool {
    let mut keys = BTreeSet::new();
    let repeated = ops.iter().any(|op| matches!(op, Op::Put { key, .. } if !keys.insert(key)));
    repeated || ops.iter().any(|op| matches!(op, Op::Delete(range) if keys.iter().any(|key| range.contains(key))))
}

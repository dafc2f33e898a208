//! A multi-version key-value store: one revision per transaction, reads in the past, watches from any revision that was
//! not compacted, leases, and a database that fills up.
//!
//! Reading order: [`key_value`], [`key_range`], [`txn`], [`history`], [`lease`], [`backend`], [`alarm`],
//! [`multi_version`], `writes`.

pub mod alarm;
pub mod backend;
pub mod history;
pub mod key_range;
pub mod key_value;
mod keyspace;
pub mod lease;
pub mod multi_version;
pub mod txn;
mod writes;

pub use alarm::{Alarm, AlarmKind};
pub use backend::{Backend, QUOTA_DEFAULT};
pub use history::Event;
pub use key_range::KeyRange;
pub use key_value::{Key, KeyValue, Revision, Value};
pub use lease::{Lease, LeaseId};
pub use multi_version::Store;
pub use txn::{Compare, Condition, Op, OpResponse, RangeResponse, Txn, TxnResponse};

#[cfg(test)]
mod tests;

//! etcd: the only memory of a Kubernetes cluster.
//!
//! What comes in: transactions, linearizable reads, leases, maintenance, messages of other members, the passing of time.
//! What goes out: [`Effect`]s. Three members are three values; nothing here knows how messages travel.
//!
//! **Invariants.** What is committed is never lost while a quorum of disks survives. Two members that have applied the
//! same number of log entries hold the same keys. No clock is read: every call is told the time. Values are opaque.
//!
//! **Not modelled.** Authentication and roles of etcd itself, its v2 API, downgrades, corruption checks, `fragment` and
//! progress messages of watch streams (the API server reads [`Effect::Applied`] instead).
//!
//! Reading order: [`store`], [`effect`], [`error`].

pub mod error;
pub mod member_id;
mod shared_list;
pub mod store;

pub use error::EtcdError;
pub use member_id::MemberId;
pub use store::{
    Alarm, AlarmKind, Compare, Condition, Event, Key, KeyRange, KeyValue, Lease, LeaseId, Op, OpResponse,
    RangeResponse, Revision, Store, Txn, TxnResponse, Value,
};

//! etcd: the only memory of a Kubernetes cluster.
//!
//! What comes in: transactions, linearizable reads, leases, maintenance, messages of other members, the passing of time.
//! What goes out: [`Effect`]s. Three members are three values; nothing here knows how messages travel. Whoever runs a
//! [`Member`] calls it with the present time, carries its [`Effect::Send`]s, and calls [`Member::wake`] at
//! [`Member::next_wake`], which may have changed after every call.
//!
//! **Invariants.** What is committed is never lost while a quorum of disks survives. Two members that have applied the
//! same number of log entries hold the same keys. No clock is read: every call is told the time. Values are opaque.
//!
//! **Not modelled.** Authentication and roles of etcd itself, its v2 API, downgrades, corruption checks, `fragment` and
//! progress messages of watch streams (the API server reads [`Effect::Applied`] instead), lease checkpoints, limits of
//! what is in flight between members. `NoLeader` is for the caller to answer, when [`Member::leader`] is none.
//!
//! Reading order: [`store`], [`raft`], [`command`], [`member`], [`effect`], [`error`].

pub mod command;
pub mod effect;
pub mod error;
pub mod member;
pub mod member_id;
pub mod raft;
mod shared_list;
pub mod store;

pub use effect::{Answer, Effect, RequestId};
pub use error::EtcdError;
pub use member::{Health, Member, Message, Status, request_timeout};
pub use member_id::MemberId;
pub use raft::{Change, Configuration, Role, Settings, Term};
pub use store::{
    Alarm, AlarmKind, Compare, Condition, Event, Key, KeyRange, KeyValue, Lease, LeaseId, Op, OpResponse,
    QUOTA_DEFAULT, RangeResponse, Revision, Store, Txn, TxnResponse, Value,
};

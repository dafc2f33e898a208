//! What one member sends to another.

use crate::engine::SimDuration;
use crate::etcd::error::EtcdError;
use crate::etcd::raft::{Body, node::MessageOf};
use crate::etcd::store::{LeaseId, Store, Value};

/// A message between members.
#[derive(Clone, Debug)]
pub enum Message<V: Value> {
    /// Of the Raft group.
    Raft(MessageOf<Store<V>>),
    /// A member passes the renewal of a lease on to the leader, who alone knows when it ends.
    Renew {
        /// The number of the request at the sender.
        number: u64,
        /// Which lease.
        lease: LeaseId,
    },
    /// The leader's answer to it: how long the lease lives from now on.
    Renewed {
        /// The number of the request at the receiver.
        number: u64,
        /// The answer.
        result: Result<SimDuration, EtcdError>,
    },
}

impl<V: Value> Message<V> {
    /// The kind of message, by etcd's name for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Raft(message) => message.kind(),
            Self::Renew { .. } => "LeaseRenew",
            Self::Renewed { .. } => "LeaseRenewResp",
        }
    }

    /// Bytes of the database that a snapshot carries; 0 for other messages, which are small.
    #[must_use]
    pub fn snapshot_size(&self) -> u64 {
        match self {
            Self::Raft(MessageOf::<Store<V>> { body: Body::Snapshot(snapshot), .. }) => {
                snapshot.state.backend().in_use()
            }
            _ => 0,
        }
    }
}

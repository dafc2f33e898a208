//! What a member asks of the world outside, and what it tells it. The cluster carries `Send` to the other member (or
//! loses it) and hands everything else to the API server that is connected to this member.

use std::sync::Arc;

use super::error::EtcdError;
use super::member::Message;
use super::member_id::MemberId;
use super::raft::{Role, Term};
use super::store::{Alarm, Event, LeaseId, Revision, TxnResponse, Value};
use crate::engine::SimDuration;

/// The number that a client gives a request, to know the answer by. A client never uses one twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What a member asks for or tells, in the order in which it happened. By the time that one is handled the store may
/// already hold what later ones of the same call tell of.
#[derive(Clone, Debug)]
pub enum Effect<V: Value> {
    /// Carry `message` to the member `to`. It may be lost, late, doubled or overtaken; between two members of a healthy
    /// network it had better keep its place, as on a TCP connection.
    Send {
        /// The receiver.
        to: MemberId,
        /// What it is told.
        message: Message<V>,
    },
    /// A transaction was committed and applied here, or failed. A timeout does not say that it never will be applied.
    Done {
        /// Which one.
        request: RequestId,
        /// What came of it.
        result: Result<TxnResponse<V>, EtcdError>,
    },
    /// The store of this member holds everything that was committed anywhere before the read was asked for: read it now.
    ReadReady {
        /// Which read.
        request: RequestId,
        /// The revision of the store.
        result: Result<Revision, EtcdError>,
    },
    /// A request other than a transaction was answered.
    Answered {
        /// Which one.
        request: RequestId,
        /// The answer.
        result: Result<Answer, EtcdError>,
    },
    /// The store of this member went on to `revision`; watches are fed with this. Comes before the `Done` of the
    /// transaction that caused it.
    Applied {
        /// The revision that the changes made.
        revision: Revision,
        /// What changed.
        events: Arc<[Event<V>]>,
    },
    /// The store was replaced by a snapshot of the leader, because this member lagged behind too far: whoever feeds
    /// on `Applied` finds what it missed with `store().events(..)`, or has to list again.
    SnapshotInstalled {
        /// The revision that the store now has.
        revision: Revision,
    },
    /// This member plays another part, follows another leader, or is in another term.
    RoleChanged {
        /// What it now is.
        role: Role,
        /// The present term.
        term: Term,
        /// The leader that it knows of.
        leader: Option<MemberId>,
    },
    /// For three election timeouts there was no leader: watches that require one end, with
    /// [`EtcdError::NoLeader`].
    WatchesCancelled,
    /// This member was removed from the group, and should be stopped.
    Removed,
}

/// The answer to a request that is not a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// History up to the revision was forgotten.
    Compacted(Revision),
    /// The lease was granted or renewed, and lives for so long.
    Lease(LeaseId, SimDuration),
    /// The lease was revoked.
    Revoked(LeaseId),
    /// The alarms that are now on.
    Alarms(Vec<Alarm>),
    /// The members that now vote, and the learners.
    Members {
        /// Who votes.
        voters: Vec<MemberId>,
        /// Who only learns.
        learners: Vec<MemberId>,
    },
}

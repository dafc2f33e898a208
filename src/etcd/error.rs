//! What etcd answers when it cannot: the exact texts of `etcd/api/v3rpc/rpctypes/error.go`, which the API server passes
//! on unchanged.

use thiserror::Error;

/// An error of etcd, with the text that a client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EtcdError {
    /// The group knows no leader; only calls that require one are told so at once.
    #[error("etcdserver: no leader")]
    NoLeader,
    /// Only the leader could have done this.
    #[error("etcdserver: not leader")]
    NotLeader,
    /// A new leader appeared while a linearizable read was waiting; the client may try again.
    #[error("etcdserver: leader changed")]
    LeaderChanged,
    /// Seven seconds passed without an answer.
    #[error("etcdserver: request timed out")]
    Timeout,
    /// The request was sent shortly before the present leader was elected.
    #[error("etcdserver: request timed out, possibly due to previous leader failure")]
    TimeoutLeaderFailure,
    /// The link to the leader, or of the leader to its quorum, broke while the request was waiting.
    #[error("etcdserver: request timed out, possibly due to connection lost")]
    TimeoutConnectionLost,
    /// The member has committed far more than it has applied.
    #[error("etcdserver: too many requests")]
    TooManyRequests,
    /// The request is larger than 1.5 MiB.
    #[error("etcdserver: request is too large")]
    RequestTooLarge,
    /// The database has reached its quota: only reads and deletes are accepted until the alarm is disarmed.
    #[error("etcdserver: mvcc: database space exceeded")]
    NoSpace,
    /// The revision asked for was compacted away.
    #[error("etcdserver: mvcc: required revision has been compacted")]
    Compacted,
    /// The revision asked for does not exist yet.
    #[error("etcdserver: mvcc: required revision is a future revision")]
    FutureRevision,
    /// One transaction writes one key twice.
    #[error("etcdserver: duplicate key given in txn request")]
    DuplicateKey,
    /// There is no such lease, or it has expired.
    #[error("etcdserver: requested lease not found")]
    LeaseNotFound,
    /// A lease with this number exists already.
    #[error("etcdserver: lease already exists")]
    LeaseExists,
    /// There is no such member.
    #[error("etcdserver: member not found")]
    MemberNotFound,
    /// The member to be added is one already.
    #[error("etcdserver: member ID already exist")]
    MemberExists,
    /// The member to be promoted votes already.
    #[error("etcdserver: can only promote a learner member")]
    MemberNotLearner,
    /// The learner lags behind too far to be given a vote.
    #[error("etcdserver: can only promote a learner member which is in sync with leader")]
    LearnerNotReady,
    /// One learner at a time.
    #[error("etcdserver: too many learner members in cluster")]
    TooManyLearners,
    /// The change of membership would leave too few members that are known to run.
    #[error("etcdserver: re-configuration failed due to not enough started members")]
    NotEnoughStarted,
    /// The group lacks a healthy quorum, so its membership may not be changed.
    #[error("etcdserver: unhealthy cluster")]
    UnhealthyCluster,
    /// The member was stopped while the request was waiting.
    #[error("etcdserver: server stopped")]
    Stopped,
}

impl EtcdError {
    /// Whether the etcd client tries a read again by itself: gRPC code `Unavailable`.
    #[must_use]
    pub fn is_unavailable(self) -> bool {
        matches!(
            self,
            Self::NoLeader
                | Self::NotLeader
                | Self::LeaderChanged
                | Self::Timeout
                | Self::TimeoutLeaderFailure
                | Self::TimeoutConnectionLost
                | Self::UnhealthyCluster
                | Self::Stopped
        )
    }
}

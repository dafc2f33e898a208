//! What members say to each other.

use std::sync::Arc;

use super::configuration::Configuration;
use super::entry::{Entry, Index, Proposed, Term};

/// A message, with the term of its sender when it was written.
#[derive(Clone, Debug)]
pub struct Message<C, S> {
    /// The term of the sender; for a pre-vote the term that it would campaign in.
    pub term: Term,
    /// What it says.
    pub body: Body<C, S>,
}

/// What a message says.
#[derive(Clone, Debug)]
pub enum Body<C, S> {
    /// A candidate asks for a vote.
    Vote {
        /// Whether it is serious.
        poll: Poll,
        /// The end of the candidate's log.
        last_index: Index,
        /// The term of that entry.
        last_term: Term,
        /// Why it campaigns.
        occasion: Occasion,
    },
    /// The answer to it.
    VoteReply {
        /// To which kind of vote.
        poll: Poll,
        /// Whether the vote was given.
        granted: bool,
    },
    /// The leader sends entries, or only how far it has committed.
    Append {
        /// The place of the entry before the first one sent.
        previous_index: Index,
        /// The term of that entry.
        previous_term: Term,
        /// What follows; may be empty.
        entries: Vec<Arc<Entry<C>>>,
        /// Up to where the leader has committed.
        commit: Index,
    },
    /// Up to where the follower's log, on its disk, is that of the leader.
    Appended(Index),
    /// The follower does not have the entry before the first one sent.
    Rejected {
        /// Where it was said to be.
        previous_index: Index,
        /// Where the logs may agree.
        hint_index: Index,
        /// The term of the follower's entry there.
        hint_term: Term,
    },
    /// The sender's leader is of an older term.
    Outdated,
    /// The leader is alive.
    Heartbeat {
        /// Up to where this follower can commit.
        commit: Index,
        /// The number of the last round of reads that the leader wants confirmed.
        round: u64,
    },
    /// The follower still follows.
    HeartbeatReply {
        /// The round that was confirmed.
        round: u64,
    },
    /// The follower lags behind too far: the whole state.
    Snapshot(Arc<Snapshot<S>>),
    /// A member passes proposals on to the leader.
    Propose(Vec<(u64, Proposed<C>)>),
    /// A member asks how far it must have applied before it may read.
    ReadIndex(Vec<u64>),
    /// The answer to it.
    ReadIndexReply {
        /// Which reads.
        numbers: Vec<u64>,
        /// How far.
        index: Index,
    },
    /// The leader asks its successor to campaign at once.
    TimeoutNow,
}

/// Whether a vote counts. A pre-vote finds out whether an election could be won, and disturbs nobody when not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// Only asking.
    PreVote,
    /// The vote of a term.
    Vote,
}

/// Why a candidate campaigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// It has not heard from a leader for too long. Members that have heard from one ignore it.
    Timeout,
    /// The leader asked it to.
    Transfer,
}

/// The state of the machine after an entry.
#[derive(Clone, Debug)]
pub struct Snapshot<S> {
    /// The last entry that is in it.
    pub index: Index,
    /// The term of that entry.
    pub term: Term,
    /// The members after that entry.
    pub configuration: Configuration,
    /// The state.
    pub state: S,
}

impl<C, S> Message<C, S> {
    /// The kind of message, by etcd's name for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.body {
            Body::Vote { poll: Poll::PreVote, .. } => "MsgPreVote",
            Body::Vote { poll: Poll::Vote, .. } => "MsgVote",
            Body::VoteReply { poll: Poll::PreVote, .. } => "MsgPreVoteResp",
            Body::VoteReply { poll: Poll::Vote, .. } => "MsgVoteResp",
            Body::Append { .. } => "MsgApp",
            Body::Appended(_) | Body::Rejected { .. } | Body::Outdated => "MsgAppResp",
            Body::Heartbeat { .. } => "MsgHeartbeat",
            Body::HeartbeatReply { .. } => "MsgHeartbeatResp",
            Body::Snapshot(_) => "MsgSnap",
            Body::Propose(_) => "MsgProp",
            Body::ReadIndex(_) => "MsgReadIndex",
            Body::ReadIndexReply { .. } => "MsgReadIndexResp",
            Body::TimeoutNow => "MsgTimeoutNow",
        }
    }
}

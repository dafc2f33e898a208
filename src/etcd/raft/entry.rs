//! What the log is made of.

use std::fmt;

use super::configuration::Configuration;
use crate::etcd::member_id::MemberId;

/// A reign: at most one leader each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub u64);

impl Term {
    /// The term after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of an entry in the log, from 1.
pub type Index = u64;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<C> {
    /// The term of the leader that wrote it.
    pub term: Term,
    /// Its place.
    pub index: Index,
    /// What it says.
    pub payload: Payload<C>,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload<C> {
    /// Nothing: a new leader writes it, because only by committing an entry of its own term can it commit older ones.
    Empty,
    /// A command for the state machine.
    Command(C),
    /// From here on these are the members.
    Configuration {
        /// Who belongs to the group.
        configuration: Configuration,
        /// Who asked for it; none for the first configuration.
        proposal: Option<ProposalId>,
    },
}

/// Which proposal of which member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProposalId {
    /// The member that a client gave it to.
    pub origin: MemberId,
    /// Its number there; numbers of one member grow and never come twice.
    pub number: u64,
}

/// What a member proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposed<C> {
    /// A command for the state machine.
    Command(C),
    /// A change of the membership.
    Change(super::configuration::Change),
}

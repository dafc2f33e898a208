//! A member as a lesson shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::configuration::Configuration;
use super::entry::{Entry, Index, Term};
use super::machine::Machine;
use super::node::{Raft, Role};
use super::progress::Progress;
use super::settings::Settings;
use crate::engine::SimTime;
use crate::etcd::member_id::MemberId;

/// What a member is and knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Which member.
    pub id: MemberId,
    /// Whether it runs.
    pub running: bool,
    /// What it is.
    pub role: Role,
    /// The term it is in.
    pub term: Term,
    /// The leader it follows, or itself.
    pub leader: Option<MemberId>,
    /// Whom it voted for in this term.
    pub vote: Option<MemberId>,
    /// The votes it has received so far, while it campaigns.
    pub votes: BTreeMap<MemberId, bool>,
    /// The first entry that it still holds.
    pub first_index: Index,
    /// The last entry in its log.
    pub last_index: Index,
    /// The last entry that is on its disk.
    pub stable_index: Index,
    /// The last entry that it knows to be committed: `RAFT INDEX`.
    pub commit: Index,
    /// The last entry that it has obeyed: `RAFT APPLIED INDEX`.
    pub applied: Index,
    /// The members that it knows of.
    pub configuration: Configuration,
    /// What it knows of the others, while it leads.
    pub progress: BTreeMap<MemberId, Progress>,
    /// When it will campaign if it hears of no leader.
    pub election_due: Option<SimTime>,
}

impl<M: Machine> Raft<M> {
    /// What this member is and knows.
    #[must_use]
    pub fn status(&self) -> Status {
        let campaigns = self.running && self.leadership.is_none() && self.configuration.is_voter(self.id);
        Status {
            id: self.id,
            running: self.running,
            role: self.role,
            term: self.term,
            leader: self.leader,
            vote: self.vote,
            votes: self.votes.clone(),
            first_index: self.log.first_index(),
            last_index: self.log.last_index(),
            stable_index: self.disk.stable_index,
            commit: self.commit,
            applied: self.applied,
            configuration: self.configuration.clone(),
            progress: self.leadership.as_ref().map(|leadership| leadership.progress.clone()).unwrap_or_default(),
            election_due: campaigns.then_some(self.election_due),
        }
    }

    /// The last `count` entries of the log, oldest first.
    #[must_use]
    pub fn tail(&self, count: usize) -> Vec<Arc<Entry<M::Command>>> {
        self.log.since((self.log.last_index() + 1).saturating_sub(count as Index))
    }

    /// Which member this is.
    #[must_use]
    pub fn id(&self) -> MemberId {
        self.id
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// What it is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The term it is in.
    #[must_use]
    pub fn term(&self) -> Term {
        self.term
    }

    /// The leader it follows, or itself.
    #[must_use]
    pub fn leader(&self) -> Option<MemberId> {
        self.leader
    }

    /// The last entry that it knows to be committed.
    #[must_use]
    pub fn commit(&self) -> Index {
        self.commit
    }

    /// The last entry that it has obeyed.
    #[must_use]
    pub fn applied(&self) -> Index {
        self.applied
    }

    /// The members that it knows of.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The numbers that it is run with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it knows of another member, while it leads.
    #[must_use]
    pub fn progress(&self, id: MemberId) -> Option<&Progress> {
        self.leadership.as_ref()?.progress.get(&id)
    }

    /// The state that the log was applied to.
    #[must_use]
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The part of the state that is this member's own and not replicated: only that may be changed here.
    pub fn machine_mut(&mut self) -> &mut M {
        &mut self.machine
    }
}

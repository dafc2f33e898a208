//! Who belongs to the group, and how many are enough.

use std::collections::BTreeSet;

use super::entry::Index;
use crate::etcd::member_id::MemberId;

/// The members of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Members that vote.
    pub voters: BTreeSet<MemberId>,
    /// Members that receive the log but do not vote yet.
    pub learners: BTreeSet<MemberId>,
}

/// One step from one configuration to the next. Any two configurations that are one step apart have overlapping quorums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new member that votes at once.
    AddVoter(MemberId),
    /// A new member that does not vote yet.
    AddLearner(MemberId),
    /// A learner receives its vote.
    Promote(MemberId),
    /// A member leaves for good.
    Remove(MemberId),
}

impl Configuration {
    /// A group of `voters`.
    #[must_use]
    pub fn of(voters: impl IntoIterator<Item = MemberId>) -> Self {
        Self { voters: voters.into_iter().collect(), learners: BTreeSet::new() }
    }

    /// How many voters are enough: more than half.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    /// Whether enough voters satisfy `is_counted`.
    pub fn has_quorum(&self, is_counted: impl Fn(MemberId) -> bool) -> bool {
        self.voters.iter().filter(|id| is_counted(**id)).count() >= self.quorum()
    }

    /// Whether `id` votes.
    #[must_use]
    pub fn is_voter(&self, id: MemberId) -> bool {
        self.voters.contains(&id)
    }

    /// Whether `id` belongs to the group.
    #[must_use]
    pub fn contains(&self, id: MemberId) -> bool {
        self.voters.contains(&id) || self.learners.contains(&id)
    }

    /// Voters, then learners.
    pub fn members(&self) -> impl Iterator<Item = MemberId> {
        self.voters.iter().chain(&self.learners).copied()
    }

    /// The configuration after `change`.
    #[must_use]
    pub fn after(&self, change: Change) -> Self {
        let mut next = self.clone();
        match change {
            Change::AddVoter(id) | Change::Promote(id) => {
                next.learners.remove(&id);
                next.voters.insert(id);
            }
            Change::AddLearner(id) => {
                if !next.voters.contains(&id) {
                    next.learners.insert(id);
                }
            }
            Change::Remove(id) => {
                next.voters.remove(&id);
                next.learners.remove(&id);
            }
        }
        next
    }

    /// The greatest number that a quorum has reached, when `reached` tells how far each voter got.
    pub(super) fn agreed(&self, reached: impl Fn(MemberId) -> Index) -> Index {
        let mut numbers: Vec<Index> = self.voters.iter().map(|id| reached(*id)).collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        numbers.get(self.quorum() - 1).copied().unwrap_or(0)
    }
}

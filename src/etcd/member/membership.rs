//! `etcdctl member add`, `promote`, `remove` and `move-leader`, with the checks that etcd makes before it lets a change
//! of membership into the log (`server/etcdserver/server.go`, `--strict-reconfig-check`).

use super::Member;
use super::request::Kind;
use crate::engine::SimTime;
use crate::etcd::effect::{Effect, RequestId};
use crate::etcd::error::EtcdError;
use crate::etcd::member_id::MemberId;
use crate::etcd::raft::{Change, Configuration, Proposed, Role};
use crate::etcd::store::Value;

impl<V: Value> Member<V> {
    /// Changes who belongs to the group; answered with [`crate::etcd::Answer::Members`] when it took effect here. While
    /// an earlier change is under way it is dropped, and times out.
    pub fn change_membership(&mut self, now: SimTime, request: RequestId, change: Change, out: &mut Vec<Effect<V>>) {
        if let Err(error) = self.check_change(change) {
            return out.push(Effect::Answered { request, result: Err(error) });
        }
        let number = self.requests.add(now, request, Kind::Maintenance);
        self.raft.propose(now, number, Proposed::Change(change), &mut self.outputs);
        self.settle(now, out);
    }

    /// Hands the leadership to another member, as a leader does when it is stopped in an orderly way.
    ///
    /// # Errors
    /// [`EtcdError::NotLeader`] here, [`EtcdError::MemberNotFound`] there.
    pub fn move_leader(&mut self, now: SimTime, to: MemberId, out: &mut Vec<Effect<V>>) -> Result<(), EtcdError> {
        if self.raft.role() != Role::Leader {
            return Err(EtcdError::NotLeader);
        }
        if !self.raft.configuration().is_voter(to) {
            return Err(EtcdError::MemberNotFound);
        }
        self.raft.transfer_leadership(now, to, &mut self.outputs);
        self.settle(now, out);
        Ok(())
    }

    fn check_change(&self, change: Change) -> Result<(), EtcdError> {
        let configuration = self.raft.configuration();
        match change {
            Change::AddVoter(id) | Change::AddLearner(id) if configuration.contains(id) => Err(EtcdError::MemberExists),
            Change::AddLearner(_) if !configuration.learners.is_empty() => Err(EtcdError::TooManyLearners),
            Change::Promote(id) if configuration.is_voter(id) => Err(EtcdError::MemberNotLearner),
            Change::Promote(id) | Change::Remove(id) if !configuration.contains(id) => Err(EtcdError::MemberNotFound),
            Change::Promote(id) if !self.is_ready(id) => Err(EtcdError::LearnerNotReady),
            Change::AddVoter(_) | Change::Remove(_) => self.check_quorum_after(configuration, change),
            _ => Ok(()),
        }
    }

    /// Whether the learner `id` has 90 % of the leader's log; only the leader can tell.
    fn is_ready(&self, id: MemberId) -> bool {
        let last_index = self.raft.status().last_index;
        self.raft.progress(id).is_none_or(|progress| progress.matched * 10 >= last_index * 9)
    }

    /// Refuses a change after which the members that are known to run would not be a quorum; only the leader can tell.
    fn check_quorum_after(&self, configuration: &Configuration, change: Change) -> Result<(), EtcdError> {
        if self.raft.role() != Role::Leader {
            return Ok(());
        }
        let started = |id| id == self.id() || self.raft.progress(id).is_some_and(|progress| progress.matched > 0);
        let next = configuration.after(change);
        let from_one_to_two = matches!(change, Change::AddVoter(_)) && configuration.voters.len() == 1;
        if !from_one_to_two && !next.voters.is_empty() && !next.has_quorum(started) {
            return Err(EtcdError::NotEnoughStarted);
        }
        Ok(())
    }
}

//! Changes of who belongs to the group, one member at a time, and the orderly change of the leader.

use super::configuration::{Change, Configuration};
use super::entry::{Payload, ProposalId};
use super::machine::Machine;
use super::message::Body;
use super::node::{Output, Raft, Role};
use super::progress::Progress;
use crate::engine::SimTime;
use crate::etcd::member_id::MemberId;

impl<M: Machine> Raft<M> {
    /// Writes a change into the log, unless an earlier one may not have been applied: then nothing comes of it, as in
    /// etcd, and the one who asked may ask again.
    pub(super) fn append_change(&mut self, origin: MemberId, number: u64, change: Change) {
        let Some(leadership) = &mut self.leadership else { return };
        if leadership.configuration_pending > self.applied {
            return;
        }
        let configuration = self.configuration.after(change);
        let proposal = Some(ProposalId { origin, number });
        leadership.configuration_pending =
            self.log.append(self.term, Payload::Configuration { configuration, proposal });
    }

    /// A change was committed: from here on quorums are counted by it.
    pub(super) fn configure(&mut self, now: SimTime, configuration: Configuration, out: &mut Vec<Output<M>>) {
        let was_member = self.configuration.contains(self.id);
        self.configuration = configuration;
        if let Some(leadership) = &mut self.leadership {
            let next = self.log.last_index() + 1;
            leadership.progress.retain(|id, _| self.configuration.contains(*id));
            if leadership.progress.is_empty() {
                leadership.heartbeat_due = now;
                leadership.quorum_check_due = now + self.settings.election_timeout;
            }
            for id in self.configuration.members().filter(|id| *id != self.id) {
                // A member that has just come counts as alive, until the quorum is counted the next time.
                leadership.progress.entry(id).or_insert_with(|| Progress { active: true, ..Progress::probing(next) });
            }
        }
        if was_member && !self.configuration.contains(self.id) {
            self.become_follower(now, self.term, None);
            out.push(Output::Removed);
        } else if self.role == Role::Leader {
            self.confirm_reads();
        }
    }

    /// Hands the leadership to `to`, as etcd does when a leader is stopped in an orderly way. New proposals wait.
    pub fn transfer_leadership(&mut self, now: SimTime, to: MemberId, out: &mut Vec<Output<M>>) {
        if let Some(leadership) = &mut self.leadership
            && self.configuration.is_voter(to)
            && to != self.id
        {
            leadership.successor = Some(to);
            self.hand_over(to);
        }
        self.pump(now, out);
    }

    /// Makes a stopped survivor the only member (`--force-new-cluster`): what was not committed is lost, and the other
    /// members must never come back.
    pub fn force_new_group(&mut self) {
        self.crash();
        self.log.truncate(self.commit + 1);
        let configuration = Configuration::of([self.id]);
        let payload = Payload::Configuration { configuration: configuration.clone(), proposal: None };
        self.commit = self.log.append(self.term, payload);
        self.disk.replaced(self.commit, self.hard_state());
    }

    /// Asks the successor to campaign, once it has the whole log.
    pub(super) fn hand_over(&mut self, id: MemberId) {
        let last_index = self.log.last_index();
        let Some(leadership) = &self.leadership else { return };
        let caught_up = leadership.progress.get(&id).is_some_and(|progress| progress.matched == last_index);
        if leadership.successor == Some(id) && caught_up {
            self.send(id, Body::TimeoutNow);
        }
    }
}

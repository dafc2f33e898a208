//! What is due when: elections, heartbeats, the leader's count of its quorum.

use super::machine::Machine;
use super::message::Body;
use super::node::{Raft, Role};
use crate::engine::SimTime;
use crate::etcd::member_id::MemberId;

impl<M: Machine> Raft<M> {
    /// When the next timer is due. A leader without followers and a member without a vote have none.
    pub(super) fn next_timer(&self) -> Option<SimTime> {
        match &self.leadership {
            Some(leadership) if leadership.progress.is_empty() => None,
            Some(leadership) => Some(leadership.heartbeat_due.min(leadership.quorum_check_due)),
            None => self.configuration.is_voter(self.id).then_some(self.election_due),
        }
    }

    pub(super) fn fire_timers(&mut self, now: SimTime) {
        if self.next_timer().is_none_or(|due| due > now) {
            return;
        }
        let Some(leadership) = &mut self.leadership else {
            if self.is_promotable() {
                self.campaign(now)
            } else {
                self.reset_election_timer(now)
            }
            return;
        };
        if leadership.heartbeat_due <= now {
            leadership.heartbeat_due = now + self.settings.heartbeat;
            self.send_heartbeats();
        }
        self.check_quorum(now);
    }

    pub(super) fn send_heartbeats(&mut self) {
        let Some(leadership) = &self.leadership else { return };
        let (round, commit) = (leadership.round, self.commit);
        let due: Vec<_> = leadership.progress.iter().map(|(to, p)| (*to, p.matched.min(commit))).collect();
        for (to, commit) in due {
            self.send(to, Body::Heartbeat { commit, round });
        }
    }

    /// A leader that has not heard of a quorum for an election timeout steps down, so that its clients look elsewhere.
    fn check_quorum(&mut self, now: SimTime) {
        let Some(leadership) = &mut self.leadership else { return };
        if leadership.quorum_check_due > now {
            return;
        }
        leadership.quorum_check_due = now + self.settings.election_timeout;
        leadership.successor = None;
        let (own, progress) = (self.id, &mut leadership.progress);
        let alive = self.configuration.has_quorum(|id| id == own || progress.get(&id).is_some_and(|p| p.active));
        progress.values_mut().for_each(|progress| progress.active = false);
        if !alive {
            self.become_follower(now, self.term, None);
        }
    }

    /// Notes for the leader's count that `from` is alive.
    pub(super) fn heard_from(&mut self, from: MemberId) {
        if self.role == Role::Leader
            && let Some(progress) = self.progress_mut(from)
        {
            progress.active = true;
        }
    }
}

//! What came of it: what the Raft group puts out becomes effects.

use super::Member;
use super::message::Message;
use super::request::Kind;
use crate::engine::SimTime;
use crate::etcd::command::{Obeyed, Outcome, Puts};
use crate::etcd::effect::{Answer, Effect};
use crate::etcd::error::EtcdError;
use crate::etcd::raft::{Configuration, Output, ProposalId};
use crate::etcd::store::Value;

/// After so many election timeouts without a leader, watches that require one end.
/// Source: `server/etcdserver/api/v3rpc/interceptor.go`, `maxNoLeaderCnt`.
pub(super) const NO_LEADER_MAX: u64 = 3;

impl<V: Value> Member<V> {
    /// Makes effects of what the Raft group put out.
    pub(super) fn settle(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        while !self.outputs.is_empty() {
            let mut outputs = std::mem::take(&mut self.outputs);
            for output in outputs.drain(..) {
                match output {
                    Output::Send(to, message) => out.push(Effect::Send { to, message: Message::Raft(message) }),
                    Output::Applied(outcome) => self.on_applied(now, outcome, out),
                    Output::Readable(numbers) => self.on_readable(&numbers, out),
                    Output::Configured(proposal) => self.on_configured(proposal, out),
                    Output::Restored => {
                        self.raft.machine_mut().set_quota(self.quota);
                        self.watch_over_leases(now);
                        out.push(Effect::SnapshotInstalled { revision: self.store().revision() });
                    }
                    Output::Removed => out.push(Effect::Removed),
                    Output::RoleChanged => self.on_leader(now, out),
                }
            }
            // The room stays, for the next time.
            outputs.append(&mut self.outputs);
            self.outputs = outputs;
        }
    }

    fn on_applied(&mut self, now: SimTime, outcome: Outcome<V>, out: &mut Vec<Effect<V>>) {
        let Outcome { proposal, mut result, events } = outcome;
        if let Some(event) = events.first() {
            out.push(Effect::Applied { revision: event.revision, events: events.into() });
        }
        match &result {
            Ok(Obeyed::Granted(id, ttl)) if self.is_leader() => self.lessor.set(*id, now + *ttl),
            Ok(Obeyed::Revoked(id)) => self.lessor.remove(*id),
            Ok(Obeyed::Txn(_, Puts::Some)) if !self.store().backend().has_room_for(0) => {
                self.raise_no_space(now);
                result = Err(EtcdError::NoSpace);
            }
            _ => {}
        }
        if proposal.origin != self.id() {
            return;
        }
        let Some(pending) = self.requests.take(proposal.number) else { return };
        let request = pending.request;
        let answer = match result {
            Ok(Obeyed::Txn(response, _)) => return out.push(Effect::Done { request, result: Ok(response) }),
            Err(error) if pending.kind == Kind::Txn => {
                return out.push(Effect::Done { request, result: Err(error) });
            }
            Ok(Obeyed::Compacted(revision)) => Ok(Answer::Compacted(revision)),
            Ok(Obeyed::Granted(id, ttl)) => Ok(Answer::Lease(id, ttl)),
            Ok(Obeyed::Revoked(id)) => Ok(Answer::Revoked(id)),
            Ok(Obeyed::Alarms) => Ok(Answer::Alarms(self.store().alarms().collect())),
            Err(error) => Err(error),
        };
        out.push(Effect::Answered { request, result: answer });
    }

    fn on_readable(&mut self, numbers: &[u64], out: &mut Vec<Effect<V>>) {
        for number in numbers {
            if let Some(pending) = self.requests.take(*number) {
                let result = Ok(self.store().revision());
                out.push(Effect::ReadReady { request: pending.request, result });
            }
        }
    }

    fn on_configured(&mut self, proposal: Option<ProposalId>, out: &mut Vec<Effect<V>>) {
        let own = proposal.filter(|proposal| proposal.origin == self.id());
        if let Some(pending) = own.and_then(|proposal| self.requests.take(proposal.number)) {
            let Configuration { voters, learners } = self.raft.configuration().clone();
            let members =
                Answer::Members { voters: voters.into_iter().collect(), learners: learners.into_iter().collect() };
            out.push(Effect::Answered { request: pending.request, result: Ok(members) });
        }
    }

    /// Role, term or leader may have changed.
    pub(super) fn on_leader(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        let (role, leader) = (self.raft.role(), self.raft.leader());
        out.push(Effect::RoleChanged { role, term: self.raft.term(), leader });
        if role != self.role {
            self.role = role;
            self.watch_over_leases(now);
        }
        if leader == self.leader {
            return;
        }
        self.leader = leader;
        if leader.is_none() {
            self.watches_end = Some(now + self.raft.settings().election_timeout * NO_LEADER_MAX);
            return;
        }
        (self.leader_elected, self.watches_end) = (now, None);
        let reads = self.requests.iter().filter(|(_, kind)| *kind == Kind::Read);
        for number in reads.map(|(number, _)| number).collect::<Vec<_>>() {
            self.fail(number, EtcdError::LeaderChanged, out);
        }
        self.pass_renewals_on(now, out);
    }
}

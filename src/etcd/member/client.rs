//! What clients ask of a member, and how long they wait.

use super::Member;
use super::request::{Kind, request_timeout};
use crate::engine::SimTime;
use crate::etcd::command::{Action, Command};
use crate::etcd::effect::{Effect, RequestId};
use crate::etcd::error::EtcdError;
use crate::etcd::raft::{ProposalId, Proposed};
use crate::etcd::store::{Alarm, AlarmKind, Revision, Txn, Value};

/// The largest request. Source: `server/embed/config.go`, `DefaultMaxRequestBytes`.
pub const REQUEST_BYTES_MAX: u64 = 3 * 512 * 1024;
/// How far applying may lag behind committing. Source: `server/etcdserver/v3_server.go`,
/// `maxGapBetweenApplyAndCommitIndex`.
const APPLY_GAP_MAX: u64 = 5000;

impl<V: Value> Member<V> {
    /// Asks for a transaction; answered with [`Effect::Done`] once it is committed and applied here, or after 7 s.
    pub fn propose(&mut self, now: SimTime, request: RequestId, txn: Txn<V>, out: &mut Vec<Effect<V>>) {
        if let Err(error) = self.admit(now, &txn) {
            out.push(Effect::Done { request, result: Err(error) });
        } else {
            let number = self.requests.add(now, request, Kind::Txn);
            self.propose_numbered(now, number, Action::Txn(txn));
        }
        self.settle(now, out);
    }

    /// Asks for a linearizable read; answered with [`Effect::ReadReady`], upon which [`Member::store`] can be read.
    pub fn read_index(&mut self, now: SimTime, request: RequestId, out: &mut Vec<Effect<V>>) {
        if !self.raft.is_running() {
            return out.push(Effect::ReadReady { request, result: Err(EtcdError::Stopped) });
        }
        let number = self.requests.add(now, request, Kind::Read);
        self.raft.read_index(now, number, &mut self.outputs);
        self.settle(now, out);
    }

    /// Forgets history before `revision` on all members; answered with [`Effect::Answered`].
    pub fn compact(&mut self, now: SimTime, request: RequestId, revision: Revision, out: &mut Vec<Effect<V>>) {
        self.ask(now, request, Action::Compact(revision), out);
    }

    /// Disarms all alarms; answered with [`Effect::Answered`].
    pub fn alarm_disarm(&mut self, now: SimTime, request: RequestId, out: &mut Vec<Effect<V>>) {
        self.ask(now, request, Action::Disarm, out);
    }

    /// Whether a transaction may be proposed.
    fn admit(&mut self, now: SimTime, txn: &Txn<V>) -> Result<(), EtcdError> {
        if !self.raft.is_running() {
            return Err(EtcdError::Stopped);
        }
        if self.raft.commit() > self.raft.applied() + APPLY_GAP_MAX {
            return Err(EtcdError::TooManyRequests);
        }
        let size = txn.size();
        if size > REQUEST_BYTES_MAX {
            return Err(EtcdError::RequestTooLarge);
        }
        if txn.puts() && !self.store().backend().has_room_for(size) {
            self.raise_no_space(now);
            return Err(EtcdError::NoSpace);
        }
        Ok(())
    }

    pub(super) fn raise_no_space(&mut self, now: SimTime) {
        if !self.store().is_read_only() {
            let alarm = Alarm { member: self.id(), kind: AlarmKind::NoSpace };
            self.propose_action(now, Action::Raise(alarm));
        }
    }

    /// Answers that the member is stopped, if it is.
    pub(super) fn refuses(&self, request: RequestId, out: &mut Vec<Effect<V>>) -> bool {
        if !self.raft.is_running() {
            out.push(Effect::Answered { request, result: Err(EtcdError::Stopped) });
        }
        !self.raft.is_running()
    }

    /// Proposes something that a client waits for.
    pub(super) fn ask(&mut self, now: SimTime, request: RequestId, action: Action<V>, out: &mut Vec<Effect<V>>) {
        if self.refuses(request, out) {
            return;
        }
        let number = self.requests.add(now, request, Kind::Maintenance);
        self.propose_numbered(now, number, action);
        self.settle(now, out);
    }

    /// Proposes something that nobody waits for.
    pub(super) fn propose_action(&mut self, now: SimTime, action: Action<V>) {
        let number = self.requests.number();
        self.propose_numbered(now, number, action);
    }

    fn propose_numbered(&mut self, now: SimTime, number: u64, action: Action<V>) {
        let proposal = ProposalId { origin: self.id(), number };
        let command = Proposed::Command(Command { proposal, action });
        self.raft.propose(now, number, command, &mut self.outputs);
    }

    pub(super) fn retry_reads(&mut self, now: SimTime) {
        if self.requests.retries_reads(now) {
            let reads: Vec<_> = self.requests.iter().filter(|(_, kind)| *kind == Kind::Read).collect();
            for (number, _) in reads {
                self.raft.read_index(now, number, &mut self.outputs);
            }
        }
    }

    pub(super) fn expire_requests(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        let timeout = request_timeout(self.raft.settings().election_timeout);
        while let Some((number, pending)) = self.requests.take_expired(now, timeout) {
            self.raft.withdraw(number);
            let error = match pending.kind {
                Kind::Read | Kind::Renew(_) => EtcdError::Timeout,
                Kind::Txn | Kind::Maintenance => self.timeout_error(now, pending.started),
            };
            out.push(pending.failed(error));
        }
    }

    pub(super) fn fail(&mut self, number: u64, error: EtcdError, out: &mut Vec<Effect<V>>) {
        self.raft.withdraw(number);
        out.extend(self.requests.take(number).map(|pending| pending.failed(error)));
    }
}

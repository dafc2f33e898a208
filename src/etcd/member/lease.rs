//! Leases as clients use them: grant, keep alive, revoke; and their end, which the leader sees to.

use super::Member;
use super::message::Message;
use super::request::Kind;
use crate::engine::{SimDuration, SimTime};
use crate::etcd::command::Action;
use crate::etcd::effect::{Answer, Effect, RequestId};
use crate::etcd::error::EtcdError;
use crate::etcd::member_id::MemberId;
use crate::etcd::raft::Role;
use crate::etcd::store::{LeaseId, Value};

impl<V: Value> Member<V> {
    /// Grants a lease that lives for `ttl` after each renewal, but for no less than two seconds.
    pub fn lease_grant(
        &mut self,
        now: SimTime,
        request: RequestId,
        (id, ttl): (LeaseId, SimDuration),
        out: &mut Vec<Effect<V>>,
    ) {
        // `minLeaseTTL`: three halves of the election timeout, in whole seconds.
        let least =
            SimDuration::from_secs((self.raft.settings().election_timeout * 3 / 2).as_micros().div_ceil(1_000_000));
        self.ask(now, request, Action::Grant(id, ttl.max(least)), out);
    }

    /// Ends a lease and deletes the keys tied to it.
    pub fn lease_revoke(&mut self, now: SimTime, request: RequestId, id: LeaseId, out: &mut Vec<Effect<V>>) {
        self.ask(now, request, Action::Revoke(id), out);
    }

    /// Gives a lease its whole time again. Only the leader can; other members pass it on.
    pub fn lease_keep_alive(&mut self, now: SimTime, request: RequestId, id: LeaseId, out: &mut Vec<Effect<V>>) {
        if self.refuses(request, out) {
            return;
        }
        let number = self.requests.add(now, request, Kind::Renew(id));
        self.pass_renewal_on(now, number, id, out);
    }

    /// Asks the leader for the renewals that clients wait for; a new leader may not have heard of them.
    pub(super) fn pass_renewals_on(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        let waiting: Vec<_> = self.requests.iter().collect();
        for (number, kind) in waiting {
            if let Kind::Renew(id) = kind {
                self.pass_renewal_on(now, number, id, out);
            }
        }
    }

    fn pass_renewal_on(&mut self, now: SimTime, number: u64, lease: LeaseId, out: &mut Vec<Effect<V>>) {
        match self.raft.leader() {
            Some(leader) if leader == self.id() => {
                let result = self.renew(now, lease);
                self.on_renewed(number, result, out);
            }
            Some(to) => out.push(Effect::Send { to, message: Message::Renew { number, lease } }),
            None => {}
        }
    }

    pub(super) fn on_renew(&mut self, now: SimTime, to: MemberId, number: u64, id: LeaseId, out: &mut Vec<Effect<V>>) {
        if self.raft.role() == Role::Leader {
            let result = self.renew(now, id);
            out.push(Effect::Send { to, message: Message::Renewed { number, result } });
        }
    }

    pub(super) fn on_renewed(&mut self, number: u64, result: Result<SimDuration, EtcdError>, out: &mut Vec<Effect<V>>) {
        let Some(pending) = self.requests.take(number) else { return };
        if let Kind::Renew(id) = pending.kind {
            let result = result.map(|ttl| Answer::Lease(id, ttl));
            out.push(Effect::Answered { request: pending.request, result });
        }
    }

    fn renew(&mut self, now: SimTime, id: LeaseId) -> Result<SimDuration, EtcdError> {
        let ttl = self.store().lease(id).ok_or(EtcdError::LeaseNotFound)?.ttl;
        self.lessor.set(id, now + ttl);
        Ok(ttl)
    }

    /// Revokes the leases that have ended, through the log.
    pub(super) fn revoke_ended(&mut self, now: SimTime) {
        while let Some(id) = self.lessor.take_ended(now) {
            self.propose_action(now, Action::Revoke(id));
        }
    }

    /// Starts to watch over all leases, or stops to, as the leadership comes and goes.
    pub(super) fn watch_over_leases(&mut self, now: SimTime) {
        self.lessor.clear();
        if self.raft.role() == Role::Leader {
            for (id, lease) in self.raft.machine().leases() {
                self.lessor.set(id, now + lease.ttl);
            }
        }
    }
}

//! One etcd member: a Raft log, the store that it is applied to, and the clients that wait.
//!
//! Reading order: [`message`], `request`, `timeout`, `lease`, [`membership`], [`status`], `contact`, `lessor`.

use super::command::{Action, Command, Obeyed, Outcome, Puts};
use super::effect::{Answer, Effect, RequestId};
use super::error::EtcdError;
use super::member_id::MemberId;
use super::raft::{Configuration, Output, ProposalId, Proposed, Raft, Role, Settings};
use super::store::{Alarm, AlarmKind, Revision, Store, Txn, Value};
use crate::engine::{Seed, SimDuration, SimTime};

mod contact;
mod lease;
mod lessor;
pub mod membership;
pub mod message;
mod request;
pub mod status;
mod timeout;

#[cfg(test)]
mod tests;

pub use message::Message;
pub use request::request_timeout;
pub use status::{Health, Status};

/// The largest request. Source: `server/embed/config.go`, `DefaultMaxRequestBytes`.
pub const REQUEST_BYTES_MAX: u64 = 3 * 512 * 1024;
/// How far applying may lag behind committing. Source: `server/etcdserver/v3_server.go`,
/// `maxGapBetweenApplyAndCommitIndex`.
const APPLY_GAP_MAX: u64 = 5000;
/// After so many election timeouts without a leader, watches that require one end.
/// Source: `server/etcdserver/api/v3rpc/interceptor.go`, `maxNoLeaderCnt`.
const NO_LEADER_MAX: u64 = 3;

/// One member of an etcd group. It acts when it is called and wants to be called at [`Member::next_wake`].
#[derive(Clone, Debug)]
pub struct Member<V: Value> {
    raft: Raft<Store<V>>,
    requests: request::Requests,
    contacts: contact::Contacts,
    lessor: lessor::Lessor,
    /// When the present leader was elected, as far as this member knows.
    leader_elected: SimTime,
    leader: Option<MemberId>,
    role: Role,
    /// When watches end if no leader is found.
    watches_end: Option<SimTime>,
    /// Of this member alone, so it stays when a snapshot replaces the store.
    quota: u64,
    outputs: Vec<Output<Store<V>>>,
}

impl<V: Value> Member<V> {
    /// A member of a new group. Every member is made with the same `members` and the same `store`: an empty one, or a
    /// snapshot ([`Store::restored`]). It does nothing before [`Member::start`].
    #[must_use]
    pub fn bootstrap(id: MemberId, members: &[MemberId], store: Store<V>, settings: Settings, seed: Seed) -> Self {
        let configuration = Configuration::of(members.iter().copied());
        let random = seed.stream(&format!("etcd {id}"));
        Self::around(Raft::bootstrap(id, configuration, store, settings, random))
    }

    /// A member that joins a group that exists, after [`crate::etcd::Change::AddVoter`] or
    /// [`crate::etcd::Change::AddLearner`].
    #[must_use]
    pub fn joining(id: MemberId, settings: Settings, seed: Seed) -> Self {
        let random = seed.stream(&format!("etcd {id}"));
        Self::around(Raft::joining(id, Store::new(), settings, random))
    }

    fn around(raft: Raft<Store<V>>) -> Self {
        Self {
            quota: raft.machine().backend().quota(),
            raft,
            requests: request::Requests::new(),
            contacts: contact::Contacts::default(),
            lessor: lessor::Lessor::default(),
            leader_elected: SimTime::ZERO,
            leader: None,
            role: Role::Follower,
            watches_end: None,
            outputs: Vec::new(),
        }
    }

    /// Starts the member, for the first time or again after [`Member::crash`]. A group of one leads at once.
    pub fn start(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        self.raft.start(now, &mut self.outputs);
        self.watches_end = Some(now + self.raft.settings().election_timeout * NO_LEADER_MAX);
        self.on_leader(now, out);
        self.settle(now, out);
    }

    /// The power fails: what is not on the disk is lost, and nobody answers those who wait.
    pub fn crash(&mut self) {
        self.raft.crash();
        self.requests.clear();
        self.contacts.clear();
        self.lessor.clear();
        self.outputs.clear();
        (self.leader, self.role, self.watches_end) = (None, Role::Follower, None);
    }

    /// Stops the member in an orderly way: those who wait are told so.
    pub fn stop(&mut self, out: &mut Vec<Effect<V>>) {
        let waiting: Vec<_> = self.requests.iter().map(|(number, _)| number).collect();
        for number in waiting {
            self.fail(number, EtcdError::Stopped, out);
        }
        self.crash();
    }

    /// Makes a stopped survivor of a lost quorum the only member (`--force-new-cluster`). Start it afterwards.
    pub fn force_new_cluster(&mut self) {
        self.crash();
        self.raft.force_new_group();
    }

    /// Asks for a transaction; answered with [`Effect::Done`] once it is committed and applied here, or after 7 s.
    pub fn propose(&mut self, now: SimTime, request: RequestId, txn: Txn<V>, out: &mut Vec<Effect<V>>) {
        if let Err(error) = self.admit(now, &txn) {
            out.push(Effect::Done { request, result: Err(error) });
        } else {
            let number = self.requests.add(now, request, request::Kind::Txn);
            self.propose_numbered(now, number, Action::Txn(txn));
        }
        self.settle(now, out);
    }

    /// Asks for a linearizable read; answered with [`Effect::ReadReady`], upon which [`Member::store`] can be read.
    pub fn read_index(&mut self, now: SimTime, request: RequestId, out: &mut Vec<Effect<V>>) {
        if !self.raft.is_running() {
            return out.push(Effect::ReadReady { request, result: Err(EtcdError::Stopped) });
        }
        let number = self.requests.add(now, request, request::Kind::Read);
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

    /// Gives the free pages of this member's database back to its file system; returns how many bytes.
    pub fn defragment(&mut self) -> u64 {
        self.raft.machine_mut().defragment()
    }

    /// Sets the size in bytes at which this member raises the NOSPACE alarm.
    pub fn set_quota(&mut self, bytes: u64) {
        self.quota = bytes;
        self.raft.machine_mut().set_quota(bytes);
    }

    /// Sets how long the disk of this member takes to make a write safe. A slow disk delays what the member
    /// acknowledges, commits and, if it leads, its heartbeats.
    pub fn set_fsync(&mut self, fsync: SimDuration) {
        self.raft.set_fsync(fsync);
    }

    /// Takes a message of another member.
    pub fn receive(&mut self, now: SimTime, from: MemberId, message: Message<V>, out: &mut Vec<Effect<V>>) {
        if !self.raft.is_running() {
            return;
        }
        self.contacts.heard(now, from);
        match message {
            Message::Raft(message) => self.raft.receive(now, from, message, &mut self.outputs),
            Message::Renew { number, lease } => self.on_renew(now, from, number, lease, out),
            Message::Renewed { number, result } => self.on_renewed(number, result, out),
        }
        self.settle(now, out);
    }

    /// The connection to another member was reset (its host answered that nobody listens). Without this call silence
    /// is noticed after 5 s; it only decides which text a timeout has.
    pub fn disconnected(&mut self, from: MemberId) {
        self.contacts.lost(from);
    }

    /// Lets time pass: does what is due by `now`. Calling it early does no harm.
    pub fn wake(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        if !self.raft.is_running() {
            return;
        }
        self.raft.wake(now, &mut self.outputs);
        self.settle(now, out);
        self.revoke_ended(now);
        self.retry_reads(now);
        self.settle(now, out);
        self.expire_requests(now, out);
        if self.watches_end.take_if(|end| *end <= now).is_some() {
            out.push(Effect::WatchesCancelled);
        }
    }

    /// When to call [`Member::wake`] next, if nothing else happens before. Nothing while the member is idle and alone.
    #[must_use]
    pub fn next_wake(&self) -> Option<SimTime> {
        if !self.raft.is_running() {
            return None;
        }
        let requests = self.requests.next_due(request_timeout(self.raft.settings().election_timeout));
        let due = [self.raft.next_wake(), requests, self.lessor.next_due(), self.watches_end];
        due.into_iter().flatten().min()
    }

    /// Which member this is.
    #[must_use]
    pub fn id(&self) -> MemberId {
        self.raft.id()
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.raft.is_running()
    }

    /// Whether it leads.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.raft.role() == Role::Leader
    }

    /// The leader that it knows of. Watches that require one are refused with [`EtcdError::NoLeader`] without.
    #[must_use]
    pub fn leader(&self) -> Option<MemberId> {
        self.raft.leader()
    }

    /// What this member has applied. Reading it without [`Member::read_index`] is a serializable read: maybe stale. A
    /// clone is a snapshot.
    #[must_use]
    pub fn store(&self) -> &Store<V> {
        self.raft.machine()
    }

    /// The Raft log and state, for lessons.
    #[must_use]
    pub fn raft(&self) -> &Raft<Store<V>> {
        &self.raft
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

    fn raise_no_space(&mut self, now: SimTime) {
        if !self.store().is_read_only() {
            let alarm = Alarm { member: self.id(), kind: AlarmKind::NoSpace };
            self.propose_action(now, Action::Raise(alarm));
        }
    }

    /// Answers that the member is stopped, if it is.
    fn refuses(&self, request: RequestId, out: &mut Vec<Effect<V>>) -> bool {
        if !self.raft.is_running() {
            out.push(Effect::Answered { request, result: Err(EtcdError::Stopped) });
        }
        !self.raft.is_running()
    }

    /// Proposes something that a client waits for.
    fn ask(&mut self, now: SimTime, request: RequestId, action: Action<V>, out: &mut Vec<Effect<V>>) {
        if self.refuses(request, out) {
            return;
        }
        let number = self.requests.add(now, request, request::Kind::Maintenance);
        self.propose_numbered(now, number, action);
        self.settle(now, out);
    }

    /// Proposes something that nobody waits for.
    fn propose_action(&mut self, now: SimTime, action: Action<V>) {
        let number = self.requests.number();
        self.propose_numbered(now, number, action);
    }

    fn propose_numbered(&mut self, now: SimTime, number: u64, action: Action<V>) {
        let proposal = ProposalId { origin: self.id(), number };
        let command = Proposed::Command(Command { proposal, action });
        self.raft.propose(now, number, command, &mut self.outputs);
    }

    /// Makes effects of what the Raft group put out.
    fn settle(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        while !self.outputs.is_empty() {
            for output in std::mem::take(&mut self.outputs) {
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
            Err(error) if pending.kind == request::Kind::Txn => {
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
    fn on_leader(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
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
        let reads = self.requests.iter().filter(|(_, kind)| *kind == request::Kind::Read);
        for number in reads.map(|(number, _)| number).collect::<Vec<_>>() {
            self.fail(number, EtcdError::LeaderChanged, out);
        }
        self.pass_renewals_on(now, out);
    }

    fn retry_reads(&mut self, now: SimTime) {
        if self.requests.retries_reads(now) {
            let reads: Vec<_> = self.requests.iter().filter(|(_, kind)| *kind == request::Kind::Read).collect();
            for (number, _) in reads {
                self.raft.read_index(now, number, &mut self.outputs);
            }
        }
    }

    fn expire_requests(&mut self, now: SimTime, out: &mut Vec<Effect<V>>) {
        let timeout = request_timeout(self.raft.settings().election_timeout);
        while let Some((number, pending)) = self.requests.take_expired(now, timeout) {
            self.raft.withdraw(number);
            let error = match pending.kind {
                request::Kind::Read | request::Kind::Renew(_) => EtcdError::Timeout,
                request::Kind::Txn | request::Kind::Maintenance => self.timeout_error(now, pending.started),
            };
            out.push(pending.failed(error));
        }
    }

    fn fail(&mut self, number: u64, error: EtcdError, out: &mut Vec<Effect<V>>) {
        self.raft.withdraw(number);
        out.extend(self.requests.take(number).map(|pending| pending.failed(error)));
    }
}

//! One etcd member: a Raft log, the store that it is applied to, and the clients that wait.
//!
//! Reading order: [`client`], `request`, `outcome`, `timeout`, `lease`, [`membership`], [`message`], [`status`].

use super::effect::Effect;
use super::error::EtcdError;
use super::member_id::MemberId;
use super::raft::{Configuration, Output, Raft, Role, Settings};
use super::store::{Store, Value};
use crate::engine::{Seed, SimDuration, SimTime};

pub mod client;
mod contact;
mod lease;
mod lessor;
pub mod membership;
pub mod message;
mod outcome;
mod request;
pub mod status;
mod timeout;

#[cfg(test)]
mod tests;

pub use message::Message;
pub use request::request_timeout;
pub use status::{Health, Status};

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
        self.watches_end = Some(now + self.raft.settings().election_timeout * outcome::NO_LEADER_MAX);
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
}

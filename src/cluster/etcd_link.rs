//! etcd and the API servers beside it: proposals there, results and changes back, messages between the members.

use crate::apiserver::{self, ApiServer, Stored};
use crate::engine::{CauseId, SimTime};
use crate::etcd::{Effect, MemberId, Message};

use super::signal::Signal;
use super::world::Cluster;

/// Room for effects on their way, kept from one call to the next: there is one at almost every step.
#[derive(Debug, Default)]
pub(super) struct Room {
    from_etcd: Vec<Effect<Stored>>,
    from_server: Vec<apiserver::Effect>,
}

/// It is empty between two steps.
impl Clone for Room {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Cluster {
    pub(super) fn on_etcd_message(&mut self, from: MemberId, to: usize, message: Message<Stored>) {
        if self.masters[to].etcd_runs() {
            self.with_etcd(to, |member, now, out| member.receive(now, from, message, out));
        }
    }

    pub(super) fn on_etcd_wake(&mut self, master: usize) {
        if !due(&mut self.masters[master].etcd_wake_at, self.now) {
            return;
        }
        if self.masters[master].etcd_runs() {
            self.with_etcd(master, |member, now, out| member.wake(now, out));
        }
    }

    pub(super) fn on_server_wake(&mut self, server: usize) {
        if !due(&mut self.masters[server].server_wake_at, self.now) {
            return;
        }
        if self.masters[server].server_runs() {
            self.with_server(server, ApiServer::wake);
        }
    }

    /// Calls a member and carries out what it wants.
    pub(super) fn with_etcd(
        &mut self,
        master: usize,
        call: impl FnOnce(&mut crate::etcd::Member<Stored>, SimTime, &mut Vec<Effect<Stored>>),
    ) {
        let mut room = std::mem::take(&mut self.room);
        call(&mut self.masters[master].etcd, self.now, &mut room.from_etcd);
        self.settle(master, room);
    }

    /// Calls a server and carries out what it wants.
    pub(super) fn with_server(&mut self, server: usize, call: impl FnOnce(&mut ApiServer, &mut apiserver::Ctx<'_>)) {
        let mut room = std::mem::take(&mut self.room);
        self.call_server(server, &mut room.from_server, call);
        self.settle(server, room);
    }

    fn call_server(
        &mut self,
        server: usize,
        effects: &mut Vec<apiserver::Effect>,
        call: impl FnOnce(&mut ApiServer, &mut apiserver::Ctx<'_>),
    ) {
        let master = &mut self.masters[server];
        let store = master.etcd.store();
        let mut ctx = apiserver::Ctx { now: self.now, store, trace: &mut self.trace, effects };
        call(&mut master.server, &mut ctx);
    }

    /// Passes effects to and fro between a member and its server until both are quiet.
    fn settle(&mut self, master: usize, room: Room) {
        let Room { mut from_etcd, mut from_server } = room;
        while !(from_etcd.is_empty() && from_server.is_empty()) {
            for effect in from_etcd.drain(..) {
                self.on_etcd_effect(master, effect, &mut from_server);
            }
            for effect in from_server.drain(..) {
                self.on_server_effect(master, effect, &mut from_etcd);
            }
        }
        self.room = Room { from_etcd, from_server };
        self.set_wakes(master);
    }

    fn on_etcd_effect(&mut self, master: usize, effect: Effect<Stored>, out: &mut Vec<apiserver::Effect>) {
        match effect {
            Effect::Send { to, message } => self.send_etcd_message(master, to, message),
            Effect::RoleChanged { role, term, leader } => {
                let name = format!("etcd {}", self.masters[master].name);
                let follows = leader
                    .map_or_else(|| "no leader".to_owned(), |leader| format!("leader {}", self.member_name(leader)));
                self.record(
                    CauseId::NONE,
                    &name,
                    "election",
                    "",
                    &format!("{} in term {term}, {follows}", format!("{role:?}").to_lowercase()),
                );
            }
            Effect::Removed => {}
            effect if !self.masters[master].server_runs() => drop(effect),
            Effect::Done { request, result } => {
                self.call_server(master, out, |server, ctx| server.on_done(request, result, ctx))
            }
            Effect::ReadReady { request, result } => {
                self.call_server(master, out, |server, ctx| server.on_read_ready(request, result, ctx));
            }
            Effect::Answered { request, result } => {
                self.call_server(master, out, |server, ctx| server.on_answered(request, result, ctx));
            }
            Effect::Applied { revision, events } => {
                self.call_server(master, out, |server, ctx| server.on_applied(revision, &events, ctx));
            }
            Effect::SnapshotInstalled { .. } => self.call_server(master, out, ApiServer::on_snapshot),
            Effect::WatchesCancelled => self.call_server(master, out, ApiServer::on_watches_cancelled),
        }
    }

    fn on_server_effect(&mut self, master: usize, effect: apiserver::Effect, out: &mut Vec<Effect<Stored>>) {
        let now = self.now;
        let member = &mut self.masters[master].etcd;
        match effect {
            apiserver::Effect::Propose { request, txn } => member.propose(now, request, txn, out),
            apiserver::Effect::ReadIndex { request } => member.read_index(now, request, out),
            apiserver::Effect::GrantLease { request, lease, ttl } => {
                member.lease_grant(now, request, (lease, ttl), out)
            }
            apiserver::Effect::Compact { request, revision } => member.compact(now, request, revision, out),
            apiserver::Effect::Call(call) => self.call_webhook(master, *call),
            other => self.send_back(master, other),
        }
    }

    fn send_etcd_message(&mut self, from: usize, to: MemberId, message: Message<Stored>) {
        let Some(index) = self.masters.iter().position(|master| master.etcd.id() == to) else { return };
        let (here, there) = (&self.masters[from].name, &self.masters[index].name);
        if self.reaches(here, there) {
            let delay = self.latency(here, there);
            let from = self.masters[from].etcd.id();
            self.after(delay, Signal::EtcdMessage { from, to: index, message: Box::new(message) });
        }
    }

    fn member_name(&self, id: MemberId) -> String {
        let found = self.masters.iter().find(|master| master.etcd.id() == id);
        found.map_or_else(|| id.to_string(), |master| master.name.to_string())
    }

    /// Puts the next timers of a member and its server on the agenda, unless an earlier one is there.
    pub(super) fn set_wakes(&mut self, master: usize) {
        let (now, entry) = (self.now, &mut self.masters[master]);
        let etcd_at = entry.etcd.next_wake().map(|at| at.max(now));
        if let Some(at) = sooner(&mut entry.etcd_wake_at, etcd_at) {
            self.agenda.push(at, Signal::EtcdWake(master));
        }
        let entry = &mut self.masters[master];
        let server_at = entry.server.next_wake().map(|at| at.max(now));
        if let Some(at) = sooner(&mut entry.server_wake_at, server_at) {
            self.agenda.push(at, Signal::ServerWake(master));
        }
    }
}

/// Whether a wake that has come is the one that is waited for, which is over then. One that an earlier wake has made needless
/// stays on the agenda and means nothing; were it obeyed, each would set another, and their number would only grow.
pub(super) fn due(set: &mut Option<SimTime>, now: SimTime) -> bool {
    set.take_if(|at| *at <= now).is_some()
}

/// The instant to put on the agenda, if none as early is there already.
pub(super) fn sooner(set: &mut Option<SimTime>, wanted: Option<SimTime>) -> Option<SimTime> {
    let at = wanted?;
    if set.is_some_and(|set| set <= at) {
        return None;
    }
    *set = Some(at);
    Some(at)
}

//! Members on an agenda, with a network that carries everything in half a millisecond unless it is cut.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Agenda, Seed, SimDuration, SimTime};
use crate::etcd::{
    Answer, Change, Effect, EtcdError, Event, Member, MemberId, Message, RequestId, Revision, Settings, Store, Txn,
};

enum Signal {
    Deliver(MemberId, MemberId, Message<u64>),
    Wake(MemberId),
}

/// A group of members and what its clients were told.
pub(super) struct Group {
    pub(super) members: BTreeMap<MemberId, Member<u64>>,
    pub(super) now: SimTime,
    pub(super) cut: BTreeSet<MemberId>,
    /// What each request came to, and when.
    pub(super) done: BTreeMap<u64, (SimTime, Result<Revision, EtcdError>)>,
    pub(super) answers: BTreeMap<u64, (SimTime, Result<Answer, EtcdError>)>,
    /// What watches on each member were fed with.
    pub(super) events: BTreeMap<MemberId, Vec<Event<u64>>>,
    pub(super) cancelled: Vec<(SimTime, MemberId)>,
    agenda: Agenda<Signal>,
    next: u64,
    seed: Seed,
}

pub(super) fn id(number: u64) -> MemberId {
    MemberId(number)
}

pub(super) fn ms(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
}

impl Group {
    pub(super) fn new(size: u64, seed: u64) -> Self {
        Self::holding(size, seed, &Store::new())
    }

    /// A new group that starts with what `store` holds.
    pub(super) fn holding(size: u64, seed: u64, store: &Store<u64>) -> Self {
        let ids: Vec<_> = (1..=size).map(id).collect();
        let mut group = Self {
            members: BTreeMap::new(),
            now: SimTime::ZERO,
            cut: BTreeSet::new(),
            done: BTreeMap::new(),
            answers: BTreeMap::new(),
            events: BTreeMap::new(),
            cancelled: Vec::new(),
            agenda: Agenda::new(),
            next: 0,
            seed: Seed(seed),
        };
        for id in &ids {
            let member = Member::bootstrap(*id, &ids, store.clone(), Settings::default(), group.seed);
            group.members.insert(*id, member);
            group.start(*id);
        }
        group.run(3_000);
        group
    }

    pub(super) fn join(&mut self, id: MemberId) {
        self.members.insert(id, Member::joining(id, Settings::default(), self.seed));
        self.start(id);
    }

    pub(super) fn start(&mut self, id: MemberId) {
        self.act(id, |member, now, out| member.start(now, out));
    }

    /// Lets a member do something, carries away what it sends and notes what it says.
    pub(super) fn act<T>(
        &mut self,
        id: MemberId,
        action: impl FnOnce(&mut Member<u64>, SimTime, &mut Vec<Effect<u64>>) -> T,
    ) -> T {
        let mut out = Vec::new();
        let member = self.members.get_mut(&id).unwrap();
        let result = action(member, self.now, &mut out);
        if let Some(at) = member.next_wake() {
            self.agenda.push(at, Signal::Wake(id));
        }
        out.into_iter().for_each(|effect| self.take(id, effect));
        result
    }

    fn take(&mut self, from: MemberId, effect: Effect<u64>) {
        let now = self.now;
        match effect {
            Effect::Send { to, message } => {
                if !self.cut.contains(&from) {
                    self.agenda.push(now + SimDuration::from_micros(500), Signal::Deliver(from, to, message));
                }
            }
            Effect::Done { request, result } => {
                self.done.insert(request.0, (now, result.map(|done| done.revision)));
            }
            Effect::ReadReady { request, result } => drop(self.done.insert(request.0, (now, result))),
            Effect::Answered { request, result } => drop(self.answers.insert(request.0, (now, result))),
            Effect::Applied { events, .. } => self.events.entry(from).or_default().extend(events.iter().cloned()),
            Effect::WatchesCancelled => self.cancelled.push((now, from)),
            Effect::SnapshotInstalled { .. } | Effect::RoleChanged { .. } | Effect::Removed => {}
        }
    }

    pub(super) fn run(&mut self, millis: u64) {
        let until = self.now + ms(millis);
        while self.agenda.next_at().is_some_and(|at| at <= until) {
            let Some((at, signal)) = self.agenda.pop() else { break };
            self.now = at;
            match signal {
                Signal::Deliver(from, to, message) => {
                    if !self.cut.contains(&to) && self.members.contains_key(&to) {
                        self.act(to, |member, now, out| member.receive(now, from, message, out));
                    }
                }
                // Only the wake that is due does something; earlier ones were overtaken.
                Signal::Wake(id) => {
                    if self.members[&id].next_wake().is_some_and(|due| due <= at) {
                        self.act(id, |member, now, out| member.wake(now, out));
                    }
                }
            }
        }
        self.now = until;
    }

    pub(super) fn number(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next)
    }

    /// Asks a member to store something; returns the number of the request.
    pub(super) fn put(&mut self, at: MemberId, key: &str) -> u64 {
        self.propose(at, Txn::create(key, 1, None))
    }

    pub(super) fn propose(&mut self, at: MemberId, txn: Txn<u64>) -> u64 {
        let request = self.number();
        self.act(at, |member, now, out| member.propose(now, request, txn, out));
        request.0
    }

    pub(super) fn read(&mut self, at: MemberId) -> u64 {
        let request = self.number();
        self.act(at, |member, now, out| member.read_index(now, request, out));
        request.0
    }

    pub(super) fn change(&mut self, at: MemberId, change: Change) -> u64 {
        let request = self.number();
        self.act(at, |member, now, out| member.change_membership(now, request, change, out));
        request.0
    }

    pub(super) fn crash(&mut self, id: MemberId) {
        self.act(id, |member, _, _| member.crash());
    }

    pub(super) fn leader(&self) -> MemberId {
        let mut leaders = self.members.values().filter(|member| member.is_leader() && !self.cut.contains(&member.id()));
        leaders.next().expect("a leader").id()
    }

    pub(super) fn followers(&self) -> Vec<MemberId> {
        let leader = self.leader();
        self.members.keys().copied().filter(|id| *id != leader).collect()
    }

    /// How long a request took, and the error it failed with.
    pub(super) fn failure(&self, request: u64, start: SimTime) -> Option<(SimDuration, String)> {
        let (at, result) = self.done.get(&request)?;
        Some((at.since(start), result.err()?.to_string()))
    }
}

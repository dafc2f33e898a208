//! A network of members on an agenda.

use std::collections::{BTreeMap, BTreeSet};

use super::checker::Checker;
use crate::engine::{Agenda, Seed, SimDuration, SimTime, Stream};
use crate::etcd::member_id::MemberId;
use crate::etcd::raft::node::MessageOf;
use crate::etcd::raft::{Change, Configuration, Index, Machine, Output, Proposed, Raft, Role, Settings};

/// A machine that remembers every number it is told.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    pub(super) numbers: Vec<u64>,
    pub(super) digest: u64,
}

impl Machine for Tape {
    type Command = u64;
    type Outcome = u64;

    fn apply(&mut self, command: &u64) -> u64 {
        self.numbers.push(*command);
        self.digest = (self.digest ^ command).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
        *command
    }
}

enum Signal {
    Deliver(MemberId, MemberId, MessageOf<Tape>),
    Wake(MemberId),
}

/// Members, and what happens to the messages between them.
pub(super) struct Network {
    pub(super) nodes: BTreeMap<MemberId, Raft<Tape>>,
    pub(super) now: SimTime,
    pub(super) random: Stream,
    pub(super) checker: Checker,
    pub(super) settings: Settings,
    /// Directions in which nothing arrives.
    pub(super) cut: BTreeSet<(MemberId, MemberId)>,
    /// Out of a million messages so many are lost, and so many doubled.
    pub(super) loss: u32,
    pub(super) doubling: u32,
    /// How long a message travels.
    pub(super) delay: (SimDuration, SimDuration),
    /// When each command was obeyed first, and when each read could be answered.
    pub(super) obeyed: BTreeMap<u64, SimTime>,
    pub(super) readable: BTreeMap<u64, SimTime>,
    /// The last entry committed anywhere when each read was asked for.
    asked: BTreeMap<u64, Index>,
    /// How many messages were sent.
    pub(super) sent: u64,
    pub(super) snapshots: u64,
    agenda: Agenda<Signal>,
    wakes: BTreeMap<MemberId, SimTime>,
    next_number: u64,
    seed: Seed,
}

pub(super) fn id(number: u64) -> MemberId {
    MemberId(number)
}

impl Network {
    pub(super) fn new(size: u64, seed: u64) -> Self {
        Self::with(size, seed, Settings::default())
    }

    pub(super) fn with(size: u64, seed: u64, settings: Settings) -> Self {
        let seed = Seed(seed);
        let configuration = Configuration::of((1..=size).map(id));
        let mut network = Self {
            nodes: BTreeMap::new(),
            now: SimTime::ZERO,
            random: seed.stream("network"),
            checker: Checker::default(),
            settings,
            cut: BTreeSet::new(),
            loss: 0,
            doubling: 0,
            delay: (SimDuration::from_micros(500), SimDuration::from_micros(1500)),
            obeyed: BTreeMap::new(),
            readable: BTreeMap::new(),
            asked: BTreeMap::new(),
            sent: 0,
            snapshots: 0,
            agenda: Agenda::new(),
            wakes: BTreeMap::new(),
            next_number: 0,
            seed,
        };
        for id in configuration.voters.clone() {
            let random = seed.stream(&id.to_string());
            let node = Raft::bootstrap(id, configuration.clone(), Tape::default(), settings, random);
            network.nodes.insert(id, node);
            network.act(id, |node, now, out| node.start(now, out));
        }
        network
    }

    /// Adds an empty member that was or will be added to the group.
    pub(super) fn join(&mut self, id: MemberId) {
        let random = self.seed.stream(&id.to_string());
        self.nodes.insert(id, Raft::joining(id, Tape::default(), self.settings, random));
        self.act(id, |node, now, out| node.start(now, out));
    }

    /// Lets a member do something, carries away what it sends, and checks it.
    pub(super) fn act(&mut self, id: MemberId, action: impl FnOnce(&mut Raft<Tape>, SimTime, &mut Vec<Output<Tape>>)) {
        let mut out = Vec::new();
        let node = self.nodes.get_mut(&id).unwrap();
        action(node, self.now, &mut out);
        self.checker.check(node);
        let (applied, next) = (node.applied(), node.next_wake());
        for output in out {
            match output {
                Output::Send(to, message) => self.post(id, to, &message),
                Output::Applied(number) => drop(self.obeyed.entry(number).or_insert(self.now)),
                Output::Readable(numbers) => numbers.into_iter().for_each(|number| {
                    assert!(applied >= self.asked[&number], "a read of {id} is stale");
                    self.readable.entry(number).or_insert(self.now);
                }),
                _ => {}
            }
        }
        if let Some(at) = next
            && self.wakes.get(&id).is_none_or(|earlier| *earlier > at)
        {
            self.wakes.insert(id, at);
            self.agenda.push(at, Signal::Wake(id));
        }
    }

    fn post(&mut self, from: MemberId, to: MemberId, message: &MessageOf<Tape>) {
        self.sent += 1;
        self.snapshots += u64::from(message.kind() == "MsgSnap");
        let copies = 1 + u32::from(self.random.chance(self.doubling));
        for _ in 0..copies {
            if self.cut.contains(&(from, to)) || self.random.chance(self.loss) {
                continue;
            }
            let at = self.now + self.random.between(self.delay.0, self.delay.1);
            self.agenda.push(at, Signal::Deliver(from, to, message.clone()));
        }
    }

    /// Runs until `until`.
    pub(super) fn run_until(&mut self, until: SimTime) {
        while self.agenda.next_at().is_some_and(|at| at <= until) {
            let Some((at, signal)) = self.agenda.pop() else { break };
            self.now = at;
            match signal {
                Signal::Deliver(from, to, message) if !self.cut.contains(&(from, to)) => {
                    if self.nodes.contains_key(&to) {
                        self.act(to, |node, now, out| node.receive(now, from, message, out));
                    }
                }
                Signal::Deliver(..) => {}
                Signal::Wake(id) => {
                    self.wakes.remove(&id);
                    self.act(id, |node, now, out| node.wake(now, out));
                }
            }
        }
        self.now = until;
    }

    pub(super) fn run(&mut self, span: SimDuration) {
        self.run_until(self.now + span);
    }

    pub(super) fn run_ms(&mut self, millis: u64) {
        self.run(SimDuration::from_millis(millis));
    }

    /// Proposes a new number at a member and returns it.
    pub(super) fn propose(&mut self, at: MemberId) -> u64 {
        self.next_number += 1;
        let number = self.next_number;
        if self.nodes[&at].is_running() {
            self.act(at, |node, now, out| node.propose(now, number, Proposed::Command(number), out));
        }
        number
    }

    pub(super) fn change(&mut self, at: MemberId, change: Change) {
        self.next_number += 1;
        let number = self.next_number;
        self.act(at, |node, now, out| node.propose(now, number, Proposed::Change(change), out));
    }

    /// Asks a member for a read and returns its number.
    pub(super) fn read(&mut self, at: MemberId) -> u64 {
        self.next_number += 1;
        let number = self.next_number;
        self.asked.insert(number, self.checker.committed());
        if self.nodes[&at].is_running() {
            self.act(at, |node, now, out| node.read_index(now, number, out));
        }
        number
    }

    pub(super) fn crash(&mut self, id: MemberId) {
        self.nodes.get_mut(&id).unwrap().crash();
        self.checker.check(&self.nodes[&id]);
    }

    pub(super) fn restart(&mut self, id: MemberId) {
        self.act(id, |node, now, out| node.start(now, out));
    }

    /// Cuts `side` off from everyone else.
    pub(super) fn isolate(&mut self, side: &[MemberId]) {
        for a in self.nodes.keys() {
            for b in self.nodes.keys().filter(|b| side.contains(a) != side.contains(b)) {
                self.cut.insert((*a, *b));
            }
        }
    }

    /// The leader of the latest term among the members that run.
    pub(super) fn leader(&self) -> Option<MemberId> {
        let leaders = self.nodes.values().filter(|node| node.is_running() && node.role() == Role::Leader);
        leaders.max_by_key(|node| node.term()).map(|node| node.id())
    }

    /// Runs until there is a leader, and returns it.
    pub(super) fn elect(&mut self) -> MemberId {
        for _ in 0..100 {
            if let Some(leader) = self.leader() {
                return leader;
            }
            self.run_ms(100);
        }
        panic!("no leader within 10 s")
    }

    pub(super) fn followers(&self) -> Vec<MemberId> {
        let leader = self.leader();
        self.nodes.keys().copied().filter(|id| Some(*id) != leader).collect()
    }
}

//! One member of a Raft group, as a value: it is told what happens and when, and says what to do.

use std::collections::{BTreeMap, VecDeque};

use super::configuration::Configuration;
use super::disk::{Disk, HardState};
use super::entry::{Index, Payload, ProposalId, Proposed, Term};
use super::leadership::Leadership;
use super::log::Log;
use super::machine::Machine;
use super::message::{Body, Message};
use super::read::Reads;
use super::settings::Settings;
use crate::engine::{SimDuration, SimTime, Stream};
use crate::etcd::member_id::MemberId;

/// What part a member plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It follows a leader, or waits for one.
    Follower,
    /// It asks whether it could win an election.
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It decides what comes into the log.
    Leader,
}

/// What a member wants done, or tells.
#[derive(Clone, Debug)]
pub enum Output<M: Machine> {
    /// Carry this message to that member.
    Send(MemberId, Message<M::Command, M>),
    /// A command was committed and obeyed.
    Applied(M::Outcome),
    /// A change of the membership took effect here.
    Configured(Option<ProposalId>),
    /// These reads may be answered from the machine now.
    Readable(Vec<u64>),
    /// The machine was replaced by a snapshot of the leader.
    Restored,
    /// Role, term or leader are not what they were.
    RoleChanged,
    /// The member does not belong to the group any more.
    Removed,
}

/// A message of a machine's group.
pub type MessageOf<M> = Message<<M as Machine>::Command, M>;
pub(super) type BodyOf<M> = Body<<M as Machine>::Command, M>;

/// One member of a group.
#[derive(Clone, Debug)]
pub struct Raft<M: Machine> {
    pub(super) id: MemberId,
    pub(super) settings: Settings,
    pub(super) random: Stream,
    pub(super) running: bool,

    pub(super) term: Term,
    pub(super) vote: Option<MemberId>,
    pub(super) log: Log<M::Command>,
    pub(super) disk: Disk,

    pub(super) machine: M,
    pub(super) configuration: Configuration,
    pub(super) commit: Index,
    pub(super) applied: Index,

    pub(super) role: Role,
    pub(super) leader: Option<MemberId>,
    /// When the leader was last heard of.
    pub(super) heard: SimTime,
    pub(super) election_due: SimTime,
    /// How long this member waits for a leader, in this term.
    pub(super) election_due_after: SimDuration,
    pub(super) votes: BTreeMap<MemberId, bool>,
    pub(super) leadership: Option<Leadership>,

    pub(super) proposals: VecDeque<(u64, Proposed<M::Command>)>,
    pub(super) reads: Reads,
    /// Messages to be sent as soon as the disk holds what they rest on.
    pub(super) outbox: Vec<(MemberId, MessageOf<M>)>,
    /// Messages that rest on the write under way.
    pub(super) held: Vec<(MemberId, MessageOf<M>)>,
    pub(super) reported: (Role, Term, Option<MemberId>),
}

impl<M: Machine> Raft<M> {
    /// A member of a new group. All members of it are made with the same `configuration` and `machine`.
    pub fn bootstrap(
        id: MemberId,
        configuration: Configuration,
        machine: M,
        settings: Settings,
        random: Stream,
    ) -> Self {
        let mut raft = Self::joining(id, machine, settings, random);
        let payload = Payload::Configuration { configuration: configuration.clone(), proposal: None };
        raft.term = Term(1);
        raft.commit = raft.log.append(raft.term, payload);
        (raft.applied, raft.configuration) = (raft.commit, configuration);
        raft.disk = Disk::new(settings.fsync, raft.commit, raft.hard_state());
        raft
    }

    /// A member that joins a group that exists: it knows nothing and waits for the leader to call.
    pub fn joining(id: MemberId, machine: M, settings: Settings, random: Stream) -> Self {
        Self {
            id,
            settings,
            random,
            running: false,
            term: Term(0),
            vote: None,
            log: Log::after(0, Term(0)),
            disk: Disk::new(settings.fsync, 0, HardState::default()),
            machine,
            configuration: Configuration::default(),
            commit: 0,
            applied: 0,
            role: Role::Follower,
            leader: None,
            heard: SimTime::ZERO,
            election_due: SimTime::MAX,
            election_due_after: settings.election_timeout,
            votes: BTreeMap::new(),
            leadership: None,
            proposals: VecDeque::new(),
            reads: Reads::default(),
            outbox: Vec::new(),
            held: Vec::new(),
            reported: (Role::Follower, Term(0), None),
        }
    }

    /// Starts the member. A group of one elects itself at once; others wait a little for a leader to be heard.
    pub fn start(&mut self, now: SimTime, out: &mut Vec<Output<M>>) {
        if self.running {
            return;
        }
        self.running = true;
        self.heard = now;
        // A member that starts has all but one heartbeat of its first timeout behind it (`InitialElectionTickAdvance`).
        let advanced = self.settings.election_timeout.saturating_sub(self.settings.heartbeat);
        self.election_due = now + self.random_timeout().saturating_sub(advanced);
        self.pump(now, out);
        if self.configuration.voters.len() == 1 && self.is_promotable() {
            self.campaign(now);
            self.pump(now, out);
        }
    }

    /// The power fails: what is not on the disk is gone.
    pub fn crash(&mut self) {
        self.running = false;
        self.disk.crash();
        self.log.truncate(self.disk.stable_index + 1);
        (self.term, self.vote) = (self.disk.stable.term, self.disk.stable.vote);
        self.commit = self.disk.stable.commit.min(self.log.last_index()).max(self.applied);
        (self.role, self.leader, self.leadership) = (Role::Follower, None, None);
        self.votes.clear();
        self.proposals.clear();
        self.reads = Reads::default();
        self.outbox.clear();
        self.held.clear();
        self.reported = (self.role, self.term, self.leader);
    }

    /// Takes a proposal, to be committed here or passed on to the leader. While there is no leader it waits.
    pub fn propose(&mut self, now: SimTime, number: u64, proposed: Proposed<M::Command>, out: &mut Vec<Output<M>>) {
        self.proposals.push_back((number, proposed));
        self.pump(now, out);
    }

    /// Forgets a proposal that is still waiting for a leader.
    pub fn withdraw(&mut self, number: u64) {
        self.proposals.retain(|(other, _)| *other != number);
    }

    /// Asks for a linearizable read. Without a leader, or when messages are lost, nothing comes of it: ask again.
    pub fn read_index(&mut self, now: SimTime, number: u64, out: &mut Vec<Output<M>>) {
        self.reads.ask(number);
        self.pump(now, out);
    }

    /// Takes a message.
    pub fn receive(&mut self, now: SimTime, from: MemberId, message: MessageOf<M>, out: &mut Vec<Output<M>>) {
        if !self.running {
            return;
        }
        if self.accepts_term(now, from, &message) {
            self.step(now, from, message, out);
        }
        self.pump(now, out);
    }

    /// Lets time pass: ends a write, and does what is due.
    pub fn wake(&mut self, now: SimTime, out: &mut Vec<Output<M>>) {
        if !self.running {
            return;
        }
        if let Some(took) = self.disk.finish(now) {
            self.after_write(took, out);
        }
        if self.disk.busy_until().is_none() {
            self.fire_timers(now);
        }
        self.pump(now, out);
    }

    /// When to call [`Self::wake`] next, if nothing else happens before.
    #[must_use]
    pub fn next_wake(&self) -> Option<SimTime> {
        if !self.running {
            return None;
        }
        self.disk.busy_until().or_else(|| self.next_timer())
    }

    /// Sets how long the disk takes to make a write safe, from the next write on.
    pub fn set_fsync(&mut self, fsync: SimDuration) {
        self.settings.fsync = fsync;
        self.disk.fsync = fsync;
    }

    pub(super) fn send(&mut self, to: MemberId, body: BodyOf<M>) {
        self.outbox.push((to, Message { term: self.term, body }));
    }

    pub(super) fn hard_state(&self) -> HardState {
        HardState { term: self.term, vote: self.vote, commit: self.commit }
    }
}

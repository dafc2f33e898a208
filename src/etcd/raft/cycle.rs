//! What a member does between two calls: take a message, write to the disk, send what rests on it, obey what is
//! committed. Models the loop around `Ready` of `server/etcdserver/raft.go`.

use super::entry::Payload;
use super::machine::Machine;
use super::message::Body;
use super::node::{MessageOf, Output, Raft};
use crate::engine::{SimDuration, SimTime};
use crate::etcd::member_id::MemberId;

impl<M: Machine> Raft<M> {
    pub(super) fn step(&mut self, now: SimTime, from: MemberId, message: MessageOf<M>, out: &mut Vec<Output<M>>) {
        let term = message.term;
        self.heard_from(from);
        match message.body {
            Body::Vote { poll, last_index, last_term, .. } => {
                self.on_vote(now, from, (term, poll), (last_term, last_index));
            }
            Body::VoteReply { poll, granted } => self.on_vote_reply(now, from, (term, poll), granted),
            Body::Append { previous_index, previous_term, entries, commit } => {
                self.follow(now, from);
                self.on_append(from, (previous_index, previous_term), entries, commit);
            }
            Body::Appended(index) => self.on_appended(from, index),
            Body::Rejected { previous_index, hint_index, hint_term } => {
                self.on_rejected(from, previous_index, (hint_index, hint_term));
            }
            Body::Heartbeat { commit, round } => {
                self.follow(now, from);
                self.commit = self.commit.max(commit.min(self.log.last_index()));
                self.send(from, Body::HeartbeatReply { round });
            }
            Body::HeartbeatReply { round } => self.on_heartbeat_reply(now, from, round),
            Body::Snapshot(snapshot) => {
                self.follow(now, from);
                self.on_snapshot(from, &snapshot, out);
            }
            Body::Propose(proposals) => self.on_propose(from, proposals),
            Body::ReadIndex(numbers) => self.on_read_index(from, numbers),
            Body::ReadIndexReply { numbers, index } => self.reads.wait_for(index, numbers),
            Body::TimeoutNow => self.on_timeout_now(now),
            Body::Outdated => {}
        }
    }

    /// Does everything that can be done now: a leader sends at once, a follower once its disk has what it promises.
    pub(super) fn pump(&mut self, now: SimTime, out: &mut Vec<Output<M>>) {
        while self.running && self.disk.busy_until().is_none() {
            self.take_proposals();
            self.take_reads();
            self.advance_commit();
            if self.leadership.is_some() {
                self.queue_appends(now);
                self.flush(out);
            }
            let applied = self.apply(now, out);
            if self.disk.lacks(self.log.last_index(), self.hard_state()) {
                self.disk.begin(now, self.log.last_index(), self.hard_state());
                self.held.append(&mut self.outbox);
                if let Some(took) = self.disk.finish(now) {
                    self.after_write(took, out);
                }
            } else {
                self.flush(out);
                if !applied {
                    break;
                }
            }
        }
        self.report(out);
    }

    pub(super) fn after_write(&mut self, took: SimDuration, out: &mut Vec<Output<M>>) {
        out.extend(self.held.drain(..).map(|(to, message)| Output::Send(to, message)));
        if took > self.settings.heartbeat {
            // The member stood still, and so did its clock ticks.
            self.election_due += took;
            if let Some(leadership) = &mut self.leadership {
                leadership.quorum_check_due += took;
            }
        }
    }

    fn flush(&mut self, out: &mut Vec<Output<M>>) {
        out.extend(self.outbox.drain(..).map(|(to, message)| Output::Send(to, message)));
    }

    fn report(&mut self, out: &mut Vec<Output<M>>) {
        let now = (self.role, self.term, self.leader);
        if self.reported != now {
            self.reported = now;
            out.push(Output::RoleChanged);
        }
    }

    /// Obeys what is committed and on the disk; returns whether there was anything.
    fn apply(&mut self, now: SimTime, out: &mut Vec<Output<M>>) -> bool {
        let before = self.applied;
        while self.applied < self.commit.min(self.disk.stable_index) {
            let Some(entry) = self.log.get(self.applied + 1).cloned() else { break };
            self.applied = entry.index;
            match &entry.payload {
                Payload::Empty => {}
                Payload::Command(command) => out.push(Output::Applied(self.machine.apply(command))),
                Payload::Configuration { configuration, proposal } => {
                    self.configure(now, configuration.clone(), out);
                    out.push(Output::Configured(*proposal));
                }
            }
        }
        if self.applied + 1 >= self.log.first_index() + self.settings.snapshot_count + self.settings.catch_up_entries {
            self.log.compact(self.applied - self.settings.catch_up_entries);
        }
        let readable = self.reads.ready(self.applied);
        if !readable.is_empty() {
            out.push(Output::Readable(readable));
        }
        self.applied > before
    }
}

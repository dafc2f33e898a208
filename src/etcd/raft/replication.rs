//! Replication: the leader's log becomes everyone's, and what a quorum has on disk is committed.

use std::sync::Arc;

use super::entry::{Entry, Index, Payload, Proposed, Term};
use super::machine::Machine;
use super::message::{Body, Snapshot};
use super::node::{BodyOf, Output, Raft};
use super::progress::{Progress, Sending};
use crate::engine::SimTime;
use crate::etcd::member_id::MemberId;

impl<M: Machine> Raft<M> {
    /// Writes waiting proposals into the log, or passes them on to the leader.
    pub(super) fn take_proposals(&mut self) {
        if self.proposals.is_empty() {
            return;
        }
        match (&self.leadership, self.leader) {
            (Some(leadership), _) if leadership.successor.is_none() => {
                let mut proposals = std::mem::take(&mut self.proposals);
                for (number, proposed) in proposals.drain(..) {
                    self.append_proposal(self.id, number, proposed);
                }
                // The room stays, for the next time.
                proposals.append(&mut self.proposals);
                self.proposals = proposals;
            }
            (None, Some(leader)) => {
                let proposals = std::mem::take(&mut self.proposals);
                self.send(leader, Body::Propose(proposals.into()));
            }
            _ => {}
        }
    }

    /// A proposal that another member passed on. It was meant for the leader of this term and is not passed on again.
    pub(super) fn on_propose(&mut self, from: MemberId, proposals: Vec<(u64, Proposed<M::Command>)>) {
        for (number, proposed) in proposals {
            let Some(leadership) = &mut self.leadership else { return };
            if leadership.seen.entry(from).or_default().insert(number) {
                self.append_proposal(from, number, proposed);
            }
        }
    }

    fn append_proposal(&mut self, origin: MemberId, number: u64, proposed: Proposed<M::Command>) {
        match proposed {
            Proposed::Command(command) => {
                self.log.append(self.term, Payload::Command(command));
            }
            Proposed::Change(change) => self.append_change(origin, number, change),
        }
    }

    /// Queues for each follower what it lacks.
    pub(super) fn queue_appends(&mut self, now: SimTime) {
        let Some(mut leadership) = self.leadership.take() else { return };
        let last_index = self.log.last_index();
        for (to, progress) in &mut leadership.progress {
            if !progress.wants(last_index, self.commit) {
                continue;
            }
            if let Some(body) = self.append_for(progress) {
                progress.sent(last_index, self.commit);
                self.send(*to, body);
            } else if progress.active {
                progress.sending = Sending::Snapshot { index: self.applied, since: now };
                self.send(*to, Body::Snapshot(Arc::new(self.snapshot())));
            }
        }
        self.leadership = Some(leadership);
    }

    /// The entries from `progress.next` on; nothing when the log does not reach back so far.
    fn append_for(&self, progress: &Progress) -> Option<BodyOf<M>> {
        let previous_index = progress.next - 1;
        let previous_term = self.log.term_at(previous_index)?;
        let entries = self.log.since(progress.next);
        Some(Body::Append { previous_index, previous_term, entries, commit: self.commit })
    }

    fn snapshot(&self) -> Snapshot<M> {
        Snapshot {
            index: self.applied,
            term: self.log.term_at(self.applied).unwrap_or_default(),
            configuration: self.configuration.clone(),
            state: self.machine.clone(),
        }
    }

    pub(super) fn on_append(
        &mut self,
        leader: MemberId,
        (previous_index, previous_term): (Index, Term),
        entries: Vec<Arc<Entry<M::Command>>>,
        commit: Index,
    ) {
        if previous_index < self.commit {
            // Late: all of this is known, and below the commit index nothing changes.
            return self.send(leader, Body::Appended(self.commit));
        }
        if self.log.term_at(previous_index) != Some(previous_term) {
            let (hint_index, hint_term) = self.log.last_not_above(previous_index, previous_term);
            return self.send(leader, Body::Rejected { previous_index, hint_index, hint_term });
        }
        let last_new = previous_index + entries.len() as Index;
        for entry in entries {
            match self.log.term_at(entry.index) {
                Some(term) if term == entry.term => continue,
                Some(_) => {
                    assert!(entry.index > self.commit, "a committed entry would be overwritten");
                    self.log.truncate(entry.index);
                    self.disk.truncated(entry.index);
                }
                None => {}
            }
            self.log.push(entry);
        }
        self.commit = self.commit.max(commit.min(last_new));
        self.send(leader, Body::Appended(last_new));
    }

    pub(super) fn on_appended(&mut self, from: MemberId, index: Index) {
        if let Some(progress) = self.progress_mut(from) {
            progress.accepted(index);
            self.hand_over(from);
        }
    }

    pub(super) fn on_rejected(&mut self, from: MemberId, previous: Index, (hint, term): (Index, Term)) {
        let (agreed, _) = self.log.last_not_above(hint, term);
        if let Some(progress) = self.progress_mut(from) {
            progress.rejected(previous, agreed);
        }
    }

    pub(super) fn on_heartbeat_reply(&mut self, now: SimTime, from: MemberId, round: u64) {
        let (last_index, patience) = (self.log.last_index(), self.settings.election_timeout);
        let Some(progress) = self.progress_mut(from) else { return };
        progress.alive(last_index);
        progress.round = progress.round.max(round);
        if matches!(progress.sending, Sending::Snapshot { since, .. } if now.since(since) > patience) {
            progress.probe();
        }
        self.confirm_reads();
    }

    /// Commits what a quorum has on disk, if it ends with an entry of this term: counting older entries could commit
    /// what a later leader overwrites (section 5.4.2 of the Raft paper).
    pub(super) fn advance_commit(&mut self) {
        let Some(leadership) = &self.leadership else { return };
        let stable = self.disk.stable_index;
        let matched = |id| leadership.progress.get(&id).map_or(0, |progress: &Progress| progress.matched);
        let agreed = self.configuration.agreed(|id| if id == self.id { stable } else { matched(id) });
        if agreed > self.commit && self.log.term_at(agreed) == Some(self.term) {
            self.commit = agreed;
            self.start_early_reads();
        }
    }

    pub(super) fn on_snapshot(&mut self, leader: MemberId, snapshot: &Snapshot<M>, out: &mut Vec<Output<M>>) {
        if snapshot.index <= self.commit {
            return self.send(leader, Body::Appended(self.commit));
        }
        if self.log.term_at(snapshot.index) == Some(snapshot.term) {
            // The log reaches further, and what it has may have been acknowledged: the snapshot only tells what is
            // committed.
            self.commit = snapshot.index;
            return self.send(leader, Body::Appended(snapshot.index));
        }
        self.log = super::log::Log::after(snapshot.index, snapshot.term);
        (self.commit, self.applied) = (snapshot.index, snapshot.index);
        self.machine = snapshot.state.clone();
        self.configuration = snapshot.configuration.clone();
        self.disk.replaced(snapshot.index, self.hard_state());
        // What rested on the write that this ended rests on the disk now.
        self.outbox.splice(0..0, self.held.drain(..));
        out.push(Output::Restored);
        self.send(leader, Body::Appended(snapshot.index));
    }

    pub(super) fn progress_mut(&mut self, id: MemberId) -> Option<&mut Progress> {
        self.leadership.as_mut()?.progress.get_mut(&id)
    }
}

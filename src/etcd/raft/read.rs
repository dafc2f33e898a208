//! Linearizable reads without the log (ReadIndex): the leader notes how far it has committed, makes sure that it still
//! leads, and the member that was asked waits until it has applied that far.

use std::collections::VecDeque;

use super::entry::Index;
use super::machine::Machine;
use super::message::Body;
use super::node::Raft;
use super::progress::Progress;
use crate::etcd::member_id::MemberId;

/// Reads on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    /// Asked for here, and not passed on yet.
    asked: Vec<u64>,
    /// Asked of this leader before it has committed anything in its term, so that it does not know yet what is.
    early: Vec<(MemberId, Vec<u64>)>,
    /// Asked of this leader, and waiting for a quorum to confirm that it leads.
    unconfirmed: VecDeque<Unconfirmed>,
    /// Waiting for this member to apply up to an index.
    unapplied: Vec<(Index, Vec<u64>)>,
}

#[derive(Clone, Debug)]
struct Unconfirmed {
    round: u64,
    index: Index,
    origin: MemberId,
    numbers: Vec<u64>,
}

impl Reads {
    pub(super) fn ask(&mut self, number: u64) {
        self.asked.push(number);
    }

    pub(super) fn wait_for(&mut self, index: Index, numbers: Vec<u64>) {
        self.unapplied.push((index, numbers));
    }

    /// The reads that may be answered once `applied` is applied.
    pub(super) fn ready(&mut self, applied: Index) -> Vec<u64> {
        if self.unapplied.is_empty() {
            return Vec::new();
        }
        self.unapplied.extract_if(.., |(index, _)| *index <= applied).flat_map(|(_, numbers)| numbers).collect()
    }

    pub(super) fn lose_leadership(&mut self) {
        self.early.clear();
        self.unconfirmed.clear();
    }
}

impl<M: Machine> Raft<M> {
    /// Starts the reads that were asked for here, or asks the leader. Without a leader they are dropped.
    pub(super) fn take_reads(&mut self) {
        if self.reads.asked.is_empty() {
            return;
        }
        let numbers = std::mem::take(&mut self.reads.asked);
        match self.leader {
            Some(leader) if leader == self.id => self.on_read_index(leader, numbers),
            Some(leader) => self.send(leader, Body::ReadIndex(numbers)),
            None => {}
        }
    }

    pub(super) fn on_read_index(&mut self, origin: MemberId, numbers: Vec<u64>) {
        if self.leadership.is_none() {
            return;
        }
        if self.log.term_at(self.commit) == Some(self.term) {
            self.start_reads(vec![(origin, numbers)]);
        } else {
            self.reads.early.push((origin, numbers));
        }
    }

    /// The leader has committed an entry of its term, and so knows what is committed.
    pub(super) fn start_early_reads(&mut self) {
        let early = std::mem::take(&mut self.reads.early);
        self.start_reads(early);
    }

    fn start_reads(&mut self, reads: Vec<(MemberId, Vec<u64>)>) {
        let (index, Some(leadership)) = (self.commit, &mut self.leadership) else { return };
        if reads.is_empty() {
            return;
        }
        leadership.round += 1;
        let round = leadership.round;
        let unconfirmed = |(origin, numbers)| Unconfirmed { round, index, origin, numbers };
        self.reads.unconfirmed.extend(reads.into_iter().map(unconfirmed));
        self.send_heartbeats();
        self.confirm_reads();
    }

    /// Answers the reads whose round a quorum has confirmed.
    pub(super) fn confirm_reads(&mut self) {
        let Some(leadership) = &self.leadership else { return };
        let (own, latest) = (self.id, leadership.round);
        let confirmed = |id| leadership.progress.get(&id).map_or(0, |progress: &Progress| progress.round);
        let agreed = self.configuration.agreed(|id| if id == own { latest } else { confirmed(id) });
        while let Some(read) = self.reads.unconfirmed.pop_front_if(|read| read.round <= agreed) {
            if read.origin == own {
                self.reads.wait_for(read.index, read.numbers);
            } else {
                self.send(read.origin, Body::ReadIndexReply { numbers: read.numbers, index: read.index });
            }
        }
    }
}

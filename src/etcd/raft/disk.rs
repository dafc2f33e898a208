//! The disk under the log: nothing may be acknowledged before it is on it. One write at a time; what arrives meanwhile
//! goes into the next one. A slow disk holds up the whole member, as it does in etcd: its acknowledgements, and its
//! heartbeats if it leads (`server/etcdserver/raft.go`, the loop around `Ready`).

use super::entry::{Index, Term};
use crate::engine::{SimDuration, SimTime};
use crate::etcd::member_id::MemberId;

/// What a member must not forget beside its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HardState {
    pub(super) term: Term,
    pub(super) vote: Option<MemberId>,
    pub(super) commit: Index,
}

/// A disk and what is on it.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    /// How long a write takes until it is safe.
    pub(super) fsync: SimDuration,
    /// Up to here the log is on the disk.
    pub(super) stable_index: Index,
    pub(super) stable: HardState,
    write: Option<Write>,
}

#[derive(Clone, Copy, Debug)]
struct Write {
    started: SimTime,
    done: SimTime,
    last_index: Index,
    hard_state: HardState,
}

impl Disk {
    pub(super) fn new(fsync: SimDuration, stable_index: Index, stable: HardState) -> Self {
        Self { fsync, stable_index, stable, write: None }
    }

    /// When the write under way will be safe.
    pub(super) fn busy_until(&self) -> Option<SimTime> {
        self.write.map(|write| write.done)
    }

    /// Whether the log up to `last_index`, or the state, is not on the disk yet.
    pub(super) fn lacks(&self, last_index: Index, hard_state: HardState) -> bool {
        let known = (self.stable.term, self.stable.vote);
        last_index > self.stable_index || known != (hard_state.term, hard_state.vote)
    }

    pub(super) fn begin(&mut self, now: SimTime, last_index: Index, hard_state: HardState) {
        self.write = Some(Write { started: now, done: now + self.fsync, last_index, hard_state });
    }

    /// Ends the write if it is due by `now`; returns how long it took.
    pub(super) fn finish(&mut self, now: SimTime) -> Option<SimDuration> {
        let write = self.write.take_if(|write| write.done <= now)?;
        self.stable_index = self.stable_index.max(write.last_index);
        self.stable = write.hard_state;
        Some(write.done.since(write.started))
    }

    /// The log was cut before `index`.
    pub(super) fn truncated(&mut self, index: Index) {
        self.stable_index = self.stable_index.min(index - 1);
        if let Some(write) = &mut self.write {
            write.last_index = write.last_index.min(index - 1);
        }
    }

    /// A snapshot that ends at `index` was saved, as it is while it is received.
    pub(super) fn replaced(&mut self, index: Index, hard_state: HardState) {
        (self.stable_index, self.stable, self.write) = (index, hard_state, None);
    }

    /// The power fails: what was being written is lost.
    pub(super) fn crash(&mut self) {
        self.write = None;
    }
}

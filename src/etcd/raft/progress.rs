//! What the leader knows of one other member.

use super::entry::Index;
use crate::engine::SimTime;

/// How the leader sends to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It looks for the place where the logs agree: one message, then it waits for an answer or a heartbeat's.
    Probe {
        /// Whether it is waiting.
        paused: bool,
    },
    /// The logs agree, and entries are sent as they come.
    Replicate,
    /// A snapshot is on its way.
    Snapshot {
        /// The last entry in it.
        index: Index,
        /// When it was sent.
        since: SimTime,
    },
}

/// What the leader knows of one other member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Up to here the member's log is known to be the leader's.
    pub matched: Index,
    /// The next entry to send.
    pub next: Index,
    /// How it is sent to.
    pub sending: Sending,
    /// Whether it was heard of since the leader last counted its quorum.
    pub active: bool,
    /// The last round of reads that it confirmed.
    pub(super) round: u64,
    /// The commit index that it was last told.
    pub(super) commit_sent: Index,
    /// Whether something is to be sent even if there is nothing new, to find out what was lost.
    pub(super) nudged: bool,
}

impl Progress {
    pub(super) fn probing(next: Index) -> Self {
        let sending = Sending::Probe { paused: false };
        Self { matched: 0, next, sending, active: false, round: 0, commit_sent: 0, nudged: false }
    }

    /// The member has everything up to `index`.
    pub(super) fn accepted(&mut self, index: Index) {
        self.matched = self.matched.max(index);
        self.next = self.next.max(self.matched + 1);
        match self.sending {
            Sending::Probe { .. } => self.replicate(),
            Sending::Snapshot { index, .. } if self.matched >= index => self.replicate(),
            _ => {}
        }
    }

    /// The member does not have the entry at `previous`, but may agree at `hint`.
    pub(super) fn rejected(&mut self, previous: Index, hint: Index) {
        match self.sending {
            Sending::Replicate if previous > self.matched => self.probe(),
            // An answer to an older probe says nothing.
            Sending::Probe { .. } if previous + 1 == self.next => {
                self.next = previous.min(hint + 1).max(self.matched + 1);
                self.sending = Sending::Probe { paused: false };
            }
            _ => {}
        }
    }

    /// The member answered a heartbeat: if it still lacks something, a message was lost.
    pub(super) fn alive(&mut self, last_index: Index) {
        if let Sending::Probe { paused } = &mut self.sending {
            *paused = false;
        }
        self.nudged = self.matched < last_index;
    }

    pub(super) fn probe(&mut self) {
        self.next = self.matched + 1;
        self.sending = Sending::Probe { paused: false };
    }

    fn replicate(&mut self) {
        self.next = self.matched + 1;
        self.sending = Sending::Replicate;
    }

    /// Whether there is something to send, given the leader's last entry and commit index.
    pub(super) fn wants(&self, last_index: Index, commit: Index) -> bool {
        match self.sending {
            Sending::Probe { paused } => !paused,
            Sending::Replicate => self.nudged || self.next <= last_index || self.commit_sent < commit,
            Sending::Snapshot { .. } => false,
        }
    }

    /// Entries up to `last_index` and the commit index were sent.
    pub(super) fn sent(&mut self, last_index: Index, commit: Index) {
        self.nudged = false;
        self.commit_sent = commit;
        match &mut self.sending {
            Sending::Probe { paused } => *paused = true,
            _ => self.next = last_index + 1,
        }
    }
}

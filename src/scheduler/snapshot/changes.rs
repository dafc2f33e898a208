//! What has changed since: the last changes of nodes and of Pods on them, numbered, so that whoever keeps counts can bring
//! them up to date instead of counting anew.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::scheduler::pod_info::PodInfo;

/// So many changes are kept beside two for each node.
const KEPT: usize = 4_096;

/// What happened to a node.
#[derive(Clone, Debug)]
pub enum Change {
    /// The node itself, or what is promised to others there.
    Node,
    /// A Pod came.
    Added(Arc<PodInfo>),
    /// A Pod went.
    Removed(Arc<PodInfo>),
}

/// The last changes.
#[derive(Debug, Default)]
pub struct Changes {
    first: u64,
    last: VecDeque<(usize, Change)>,
}

/// A copy of a snapshot goes its own way: what was counted before must be counted anew.
impl Clone for Changes {
    fn clone(&self) -> Self {
        Self { first: self.position(), last: VecDeque::new() }
    }
}

impl Changes {
    /// The number that the next change will have.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.first + self.last.len() as u64
    }

    /// The changes from a number on, each with the number of its node; `None` when some of them are forgotten.
    #[must_use]
    pub fn since(&self, position: u64) -> Option<impl Iterator<Item = (usize, &Change)>> {
        let skipped = usize::try_from(position.checked_sub(self.first)?).ok()?;
        (skipped <= self.last.len()).then(|| self.last.range(skipped..).map(|(slot, change)| (*slot, change)))
    }

    pub(super) fn push(&mut self, slot: usize, change: Change, nodes: usize) {
        self.last.push_back((slot, change));
        if self.last.len() > KEPT + 2 * nodes {
            self.last.pop_front();
            self.first += 1;
        }
    }
}

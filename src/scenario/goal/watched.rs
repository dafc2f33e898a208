//! A watched expression: its last value, and whether it is worth evaluating again.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::SimTime;
use crate::etcd::Revision;

use super::expression::{Expression, Verdict};
use super::memory::Memory;
use super::world::World;

/// An expression that a lesson keeps an eye on.
#[derive(Clone, Debug)]
pub struct Watched {
    expression: Arc<Expression>,
    last: Option<(Mark, Verdict)>,
}

/// What stood when an expression was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    changed: Revision,
    second: Option<u64>,
}

impl Watched {
    /// Begins to watch.
    #[must_use]
    pub fn new(expression: Arc<Expression>) -> Self {
        Self { expression, last: None }
    }

    /// Its value now; evaluated only if something that it names may have changed.
    pub(in crate::scenario) fn look(&mut self, cluster: &Cluster, memory: &Memory, arrived_at: SimTime) -> &Verdict {
        let needs = &self.expression.needs;
        let changed = memory.changed(&needs.kinds, needs.endings);
        let mark = Mark { changed, second: needs.clock.then(|| cluster.now().as_secs()) };
        let is_stale = self.last.as_ref().is_none_or(|(last, _)| *last != mark);
        if is_stale {
            let verdict = self.expression.evaluate(&World { cluster, memory, arrived_at });
            self.last = Some((mark, verdict));
        }
        self.last.as_ref().map_or(&Verdict::Fails, |(_, verdict)| verdict)
    }

    /// The value when it was last looked at.
    #[must_use]
    pub fn last(&self) -> Option<&Verdict> {
        self.last.as_ref().map(|(_, verdict)| verdict)
    }
}

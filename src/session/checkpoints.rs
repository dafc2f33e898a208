//! Checkpoints: copies of the whole cluster from time to time, so that going back means replaying seconds, not the whole run.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::{SimDuration, SimTime};
use crate::scenario::Lesson;

/// The first distance between two checkpoints.
const INTERVAL: SimDuration = SimDuration::from_secs(5);
/// So many are kept at the most; then every second one goes and the distance doubles.
const COUNT_MAX: usize = 96;

/// The checkpoints of a session, oldest first.
#[derive(Clone)]
pub struct Checkpoints {
    all: Vec<Arc<Checkpoint>>,
    interval: SimDuration,
}

/// A session as it was at an instant.
pub struct Checkpoint {
    /// When.
    pub at: SimTime,
    /// The cluster.
    pub cluster: Cluster,
    /// The lesson.
    pub lesson: Lesson,
    /// How many inputs had been given.
    pub journal_len: usize,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { all: Vec::new(), interval: INTERVAL }
    }
}

impl Checkpoints {
    /// Whether it is time for another one.
    #[must_use]
    pub fn is_due(&self, now: SimTime) -> bool {
        self.all.last().is_none_or(|last| now.since(last.at) >= self.interval)
    }

    /// No more are made, and of those that there are only the first stays: going back takes a replay of the whole run then, and
    /// what etcd compacts away is really gone.
    pub fn keep_only_the_first(&mut self) {
        self.all.truncate(1);
        self.interval = SimDuration::from_micros(u64::MAX);
    }

    /// Adds one.
    pub fn push(&mut self, checkpoint: Checkpoint) {
        if self.all.len() >= COUNT_MAX {
            // The first one is the beginning and always stays.
            let mut index = 0;
            self.all.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.interval = self.interval * 2;
        }
        self.all.push(Arc::new(checkpoint));
    }

    /// The last one that is not later than `at`.
    #[must_use]
    pub fn before(&self, at: SimTime) -> Option<&Arc<Checkpoint>> {
        self.all.iter().rev().find(|checkpoint| checkpoint.at <= at)
    }

    /// Forgets what is later than `at`.
    pub fn cut(&mut self, at: SimTime) {
        self.all.retain(|checkpoint| checkpoint.at <= at);
    }
}

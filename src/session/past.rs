//! The past of a session: looking at it, going back to it, leaving it to a fork.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::SimTime;
use crate::scenario::Lesson;

use super::checkpoints::Checkpoint;
use super::session::{LOOK_INTERVAL, Session};

impl Session {
    /// Whether the past is being looked at.
    #[must_use]
    pub fn is_in_the_past(&self) -> bool {
        self.past.is_some()
    }

    /// Looks at an instant of the past (from the learner's arrival on); nothing is changed by it.
    pub fn look_at(&mut self, at: SimTime) {
        let at = at.max(self.arrived_at());
        self.past = if at >= self.cluster.now() { None } else { self.replay_to(at).map(Arc::new) };
    }

    /// Looks at the present again.
    pub fn look_at_present(&mut self) {
        self.past = None;
    }

    /// Goes back: what came after `at` never happened.
    pub fn rewind(&mut self, at: SimTime) {
        let at = at.max(self.arrived_at());
        let Some(past) = self.replay_to(at).filter(|_| at < self.cluster.now()) else { return };
        self.past = None;
        self.cluster = past.cluster;
        // What a replay tells the programs outside they have heard before.
        self.cluster.take_told();
        self.cluster.take_written();
        self.lesson = past.lesson;
        self.journal.truncate(past.journal_len);
        self.checkpoints.cut(at);
        self.usage.cut(at);
        self.bookmarks.retain(|(marked, _)| *marked <= at);
    }

    /// Makes no checkpoints from now on, for a session in which hardly anybody will look back: it can be rewound all the same, by
    /// a replay from its beginning.
    pub fn keep_no_checkpoints(&mut self) {
        self.checkpoints.keep_only_the_first();
    }

    /// Another session that has the same past and a future of its own.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut fork = self.clone();
        if let Some(past) = fork.past.take() {
            fork.rewind(past.at);
        }
        fork
    }

    /// Marks the instant that is being looked at.
    pub fn bookmark(&mut self, name: &str) {
        let now = self.now();
        self.bookmarks.push((now, name.to_owned()));
        self.bookmarks.sort();
    }

    /// The marks, oldest first.
    #[must_use]
    pub fn bookmarks(&self) -> &[(SimTime, String)] {
        &self.bookmarks
    }

    /// The session as it was at `at`: the nearest checkpoint, and from there every input again at its instant.
    fn replay_to(&self, at: SimTime) -> Option<Checkpoint> {
        let from = self.checkpoints.before(at)?;
        let mut cluster = from.cluster.clone();
        let mut lesson = from.lesson.clone();
        let mut journal_len = from.journal_len;
        for entry in &self.journal.entries()[from.journal_len..] {
            if entry.at > at {
                break;
            }
            replay_until(&mut cluster, &mut lesson, entry.at);
            lesson.hear(&entry.input, entry.at);
            cluster.submit(entry.input.clone());
            journal_len += 1;
        }
        replay_until(&mut cluster, &mut lesson, at);
        Some(Checkpoint { at, cluster, lesson, journal_len })
    }
}

/// Runs on, with the lesson looking as often as it did; what it put in then stands in the journal.
fn replay_until(cluster: &mut Cluster, lesson: &mut Lesson, until: SimTime) {
    while cluster.now() < until {
        let next = (cluster.now() + LOOK_INTERVAL).min(until);
        cluster.run_until(next);
        lesson.observe(cluster);
    }
}

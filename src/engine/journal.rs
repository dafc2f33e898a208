//! The journal: every input from outside, stamped with the instant at which it took effect. Replay, rewind, fork, share
//! and hand-in are all the journal.

use serde::{Deserialize, Serialize};

use super::time::SimTime;

/// The inputs of one run, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal<I> {
    entries: Vec<Entry<I>>,
}

/// One input and its instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<I> {
    /// When it takes effect.
    pub at: SimTime,
    /// What was put in.
    pub input: I,
}

impl<I> Journal<I> {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Writes an input down. Instants never go backwards: an input stamped earlier than its forerunner takes its instant.
    pub fn push(&mut self, at: SimTime, input: I) {
        let at = self.entries.last().map_or(at, |last| last.at.max(at));
        self.entries.push(Entry { at, input });
    }

    /// The inputs, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry<I>] {
        &self.entries
    }

    /// How many inputs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was put in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets every input after the first `len`, as a rewind does.
    pub fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }
}

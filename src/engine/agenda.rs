//! The agenda: what will happen, ordered by instant and then by the order in which it was written down.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::time::SimTime;

/// Future signals of one world.
#[derive(Clone, Debug)]
pub struct Agenda<S> {
    heap: BinaryHeap<Entry<S>>,
    sequence: u64,
}

#[derive(Clone, Debug)]
struct Entry<S> {
    at: SimTime,
    sequence: u64,
    signal: S,
}

impl<S> Agenda<S> {
    /// An empty agenda.
    #[must_use]
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), sequence: 0 }
    }

    /// Writes `signal` down for the instant `at`.
    pub fn push(&mut self, at: SimTime, signal: S) {
        self.sequence += 1;
        self.heap.push(Entry { at, sequence: self.sequence, signal });
    }

    /// Takes the next signal and the instant at which it is due.
    pub fn pop(&mut self) -> Option<(SimTime, S)> {
        self.heap.pop().map(|entry| (entry.at, entry.signal))
    }

    /// When the next signal is due.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|entry| entry.at)
    }

    /// How many signals are waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl<S> Default for Agenda<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// The heap keeps its greatest entry on top, so the earliest entry counts as the greatest.
impl<S> Ord for Entry<S> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}

impl<S> PartialOrd for Entry<S> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<S> PartialEq for Entry<S> {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}

impl<S> Eq for Entry<S> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_leave_by_instant_and_then_in_the_order_of_arrival() {
        let mut agenda = Agenda::new();
        for (at, name) in [(2, "late"), (1, "first"), (1, "second"), (0, "now")] {
            agenda.push(SimTime::from_secs(at), name);
        }
        let order: Vec<_> = std::iter::from_fn(|| agenda.pop()).map(|(_, name)| name).collect();
        assert_eq!(order, ["now", "first", "second", "late"]);
    }
}

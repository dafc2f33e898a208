//! Which proposals of another member a leader has taken already, so that one that the network doubled is not done twice.

use std::collections::BTreeSet;

/// How many numbers above a gap are remembered. Past that, what is missing counts as seen: better lost than done twice.
const GAP_MAX: usize = 1024;

/// The numbers taken of one member: all below `below`, and some above.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    below: u64,
    above: BTreeSet<u64>,
}

impl Seen {
    /// Remembers `number`; false when it was there.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        if number < self.below || !self.above.insert(number) {
            return false;
        }
        if self.above.len() > GAP_MAX {
            self.below = self.above.first().copied().unwrap_or(self.below);
        }
        while self.above.remove(&self.below) {
            self.below += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_taken_twice_in_whatever_order_they_come() {
        let mut seen = Seen::default();
        assert!(seen.insert(2) && seen.insert(0) && seen.insert(1));
        assert!(!seen.insert(0) && !seen.insert(2));
        assert!((10..3000).all(|number| seen.insert(number)));
        assert!((0..3000).all(|number| !seen.insert(number) || (3..10).contains(&number)));
        assert!(seen.above.len() <= GAP_MAX);
    }
}

//! The history of a run, as compact marks: two runs are the same when every mark is, and the first mark that differs
//! names where they parted.

use std::fmt;

use super::time::SimTime;

/// What happened, mark by mark, with a digest of each so that a long history stays small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    marks: Vec<Mark>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// What, as one line.
    pub line: String,
}

/// Where two histories part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The number of the first mark that differs, from 0.
    pub index: usize,
    /// The mark of the first history, if it is that long.
    pub first: Option<Mark>,
    /// The mark of the second.
    pub second: Option<Mark>,
}

impl History {
    /// An empty history.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what happened at `at`.
    pub fn push(&mut self, at: SimTime, line: impl Into<String>) {
        self.marks.push(Mark { at, line: line.into() });
    }

    /// All marks, oldest first.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The first mark in which the two differ; `None` when they are the same.
    #[must_use]
    pub fn first_divergence(&self, other: &Self) -> Option<Divergence> {
        let length = self.marks.len().max(other.marks.len());
        let index = (0..length).find(|&index| self.marks.get(index) != other.marks.get(index))?;
        Some(Divergence { index, first: self.marks.get(index).cloned(), second: other.marks.get(index).cloned() })
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |mark: &Option<Mark>| {
            mark.as_ref().map_or_else(|| "the history ended".to_owned(), |mark| format!("{} {}", mark.at, mark.line))
        };
        write!(
            f,
            "the runs part at event {}:\n  first:  {}\n  second: {}",
            self.index,
            show(&self.first),
            show(&self.second)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_divergence_is_named() {
        let history = |lines: &[&str]| {
            let mut history = History::new();
            lines.iter().for_each(|line| history.push(SimTime::ZERO, *line));
            history
        };
        assert_eq!(history(&["a", "b"]).first_divergence(&history(&["a", "b"])), None);
        let parting = history(&["a", "b"]).first_divergence(&history(&["a", "c"])).map(|d| d.to_string());
        assert!(parting.is_some_and(|text| text.contains("event 1") && text.contains("first:  +0.000s b")));
        assert!(history(&["a"]).first_divergence(&history(&["a", "b"])).is_some());
    }
}

//! Completion indexes of an Indexed Job: `1,3-5,7`.
//!
//! Models `pkg/controller/job/indexed_job_utils.go`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::model::batch::Job;
use crate::model::{Meta, Pod};

/// The label and the annotation that carry the index. Source: `batch.JobCompletionIndexAnnotation`.
pub const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// A set of indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexes(BTreeSet<i32>);

impl Indexes {
    /// Reads `1,3-5,7`; what cannot be read is left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let ranges = text.split(',').filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.parse::<i32>().ok()?..=last.parse::<i32>().ok()?)
        });
        Self(ranges.flatten().collect())
    }

    /// Adds one.
    pub fn insert(&mut self, index: i32) {
        self.0.insert(index);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> i32 {
        super::census::number(self.0.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many it has in common with another set.
    #[must_use]
    pub fn common(&self, other: &Self) -> i32 {
        super::census::number(self.0.intersection(&other.0).count())
    }

    /// Whether it holds this one.
    #[must_use]
    pub fn contains(&self, index: i32) -> bool {
        self.0.contains(&index)
    }

    /// The first `count` indexes below `completions` that are neither done nor being worked on.
    #[must_use]
    pub fn missing(&self, completions: i32, active: &[Arc<Pod>], count: usize) -> Vec<i32> {
        let busy: BTreeSet<i32> = active.iter().filter_map(|pod| of_pod(pod)).collect();
        (0..completions).filter(|index| !self.0.contains(index) && !busy.contains(index)).take(count).collect()
    }
}

impl fmt::Display for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(i32, i32)> = Vec::new();
        for &index in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == index => *last = index,
                _ => ranges.push((index, index)),
            }
        }
        let text = |(first, last): &(i32, i32)| match last - first {
            0 => first.to_string(),
            // Two neighbours are not worth a range. Source: `(orderedIntervals).String`.
            1 => format!("{first},{last}"),
            _ => format!("{first}-{last}"),
        };
        f.write_str(&ranges.iter().map(text).collect::<Vec<_>>().join(","))
    }
}

/// Whether each completion has a number.
#[must_use]
pub fn is_indexed(job: &Job) -> bool {
    job.spec.as_ref().and_then(|spec| spec.completion_mode.as_deref()) == Some("Indexed")
}

/// The index that a Pod works on.
#[must_use]
pub fn of_pod(pod: &Pod) -> Option<i32> {
    pod.metadata.annotation(INDEX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_written_as_ranges() {
        for text in ["", "3", "0,1", "1,3-5,7"] {
            assert_eq!(Indexes::parse(text).to_string(), text);
        }
        assert_eq!(Indexes::parse("0,2-3").missing(6, &[], 2), [1, 4]);
    }
}

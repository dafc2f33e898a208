//! How long a Pod that failed is kept back.

use crate::engine::{SimDuration, SimTime};

/// How long a Pod is kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub initial: SimDuration,
    /// At the most.
    pub most: SimDuration,
}

impl Default for Backoff {
    /// Source: `pkg/scheduler/apis/config/v1/defaults.go`, `podInitialBackoffSeconds`, `podMaxBackoffSeconds`.
    fn default() -> Self {
        Self { initial: SimDuration::from_secs(1), most: SimDuration::from_secs(10) }
    }
}

impl Backoff {
    /// The back-off after the `count`th failure in a row: 1, 2, 4, 8, 10, 10 … seconds.
    #[must_use]
    pub fn after(self, count: u32) -> SimDuration {
        (self.initial * (1 << count.saturating_sub(1).min(16))).min(self.most)
    }
}

/// Back-offs end at whole seconds, so that Pods of the same second are ordered by priority.
/// Source: `backoff_queue.go`, `alignToWindow`.
pub(super) fn window(at: SimTime) -> SimTime {
    SimTime::from_secs(at.as_secs())
}

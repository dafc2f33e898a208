//! How long a Pod that failed is kept back.

use crate::engine::{SimDuration, SimTime};

/// Source: `pkg/scheduler/apis/config/v1/defaults.go`, `podInitialBackoffSeconds`, `podMaxBackoffSeconds`.
const INITIAL: SimDuration = SimDuration::from_secs(1);
const MAX: SimDuration = SimDuration::from_secs(10);

/// The back-off after the `count`th failure in a row: 1, 2, 4, 8, 10, 10 … seconds.
#[must_use]
pub fn backoff(count: u32) -> SimDuration {
    (INITIAL * (1 << count.saturating_sub(1).min(4))).min(MAX)
}

/// Back-offs end at whole seconds, so that Pods of the same second are ordered by priority.
/// Source: `backoff_queue.go`, `alignToWindow`.
pub(super) fn window(at: SimTime) -> SimTime {
    SimTime::from_secs(at.as_secs())
}

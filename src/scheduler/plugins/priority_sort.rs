//! # PrioritySort
//! Of the Pods that wait, the one with the highest priority is looked at first; of equals, the one that waits longest.
//!
//! Models `pkg/scheduler/framework/plugins/queuesort/priority_sort.go`.

use std::cmp::Reverse;

use crate::engine::SimTime;
use crate::scheduler::pod_info::PodInfo;

/// The place of a Pod in the queue: the least is first.
pub type Rank = (Reverse<i32>, SimTime);

/// The place of a Pod that has been queued since `queued_at`.
#[must_use]
pub fn rank(pod: &PodInfo, queued_at: SimTime) -> Rank {
    (Reverse(pod.priority()), queued_at)
}

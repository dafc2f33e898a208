//! Of several nodes where room could be made, the one where it hurts least.
//!
//! Models `pickOneNodeForPreemption` of `pkg/scheduler/framework/preemption/preemption.go`.

use std::cmp::Reverse;

use crate::engine::SimTime;

use super::Candidate;
use super::dry_run::started_at;

/// How much it hurts: how many Pods go that their budget would keep, the highest priority among the victims, the sum of their
/// priorities, their number, and last how long the most important of them has been running.
pub(super) type Harm = (usize, i32, i64, usize, Reverse<SimTime>);

/// How much a candidate hurts.
pub(super) fn harm(candidate: &Candidate) -> Harm {
    let victims = &candidate.victims;
    let highest = victims.iter().map(|victim| victim.priority()).max().unwrap_or(i32::MIN);
    // Priorities are shifted so that many victims of negative priority never count as less than few.
    let sum = victims.iter().map(|victim| i64::from(victim.priority()) + (1 << 31)).sum();
    let top = victims.iter().filter(|victim| victim.priority() == highest);
    let earliest = top.map(|victim| started_at(victim)).min().unwrap_or(SimTime::MAX);
    (candidate.violations, highest, sum, victims.len(), Reverse(earliest))
}

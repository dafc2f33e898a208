//! The status of a ReplicaSet.
//!
//! Models `pkg/controller/replicaset/replica_set_utils.go`.

use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::apps::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use crate::model::{Meta, Pod, time};

/// How many Pods a ReplicaSet has, by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that have neither ended nor been asked to.
    pub active: i32,
    /// Active ones with every label of the template.
    pub fully_labeled: i32,
    /// Active ones that are ready.
    pub ready: i32,
    /// Active ones that have been ready for long enough.
    pub available: i32,
    /// Those that were asked to end.
    pub terminating: i32,
    /// How long until the next ready one becomes available.
    pub next_check: Option<SimDuration>,
}

/// Whether a Pod has been ready for `min_ready` seconds, or how long until then; `None` if it is not ready.
#[must_use]
pub fn until_available(pod: &Pod, min_ready: i32, now: SimTime) -> Option<SimDuration> {
    let condition = pod.condition("Ready").filter(|condition| condition.status == "True")?;
    if min_ready <= 0 {
        return Some(SimDuration::ZERO);
    }
    let since = time::sim_time(condition.last_transition_time.as_ref()?.0);
    Some((since + SimDuration::from_secs(u64::from(min_ready.unsigned_abs()))).since(now))
}

impl Counts {
    /// Counts the Pods of `rs`.
    #[must_use]
    pub fn of(rs: &ReplicaSet, active: &[Arc<Pod>], terminating: i32, now: SimTime) -> Self {
        let spec = rs.spec.as_ref();
        let labels = spec.and_then(|spec| spec.template.as_ref()?.metadata.as_ref()?.labels.as_ref());
        let min_ready = spec.and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
        let mut counts = Self { active: number(active.len()), terminating, ..Self::default() };
        for pod in active {
            let carries = |(key, value): (&String, &String)| pod.metadata.label(key) == Some(value);
            counts.fully_labeled += i32::from(labels.is_none_or(|labels| labels.iter().all(carries)));
            let Some(wait) = until_available(pod, min_ready, now) else { continue };
            counts.ready += 1;
            if wait == SimDuration::ZERO {
                counts.available += 1;
            } else {
                counts.next_check = Some(counts.next_check.map_or(wait, |next| next.min(wait)));
            }
        }
        counts
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The status that `rs` should have; `failure` is what went wrong when its Pods were created or deleted.
#[must_use]
pub fn status(rs: &ReplicaSet, counts: &Counts, failure: Option<&str>, now: SimTime) -> ReplicaSetStatus {
    let old = rs.status.clone().unwrap_or_default();
    let mut conditions = old.conditions.clone().unwrap_or_default();
    let failed = conditions.iter().position(|condition| condition.type_ == "ReplicaFailure");
    match (failure, failed) {
        (Some(message), None) => {
            let wanted = rs.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
            let reason = if counts.active < wanted { "FailedCreate" } else { "FailedDelete" };
            conditions.push(ReplicaSetCondition {
                type_: "ReplicaFailure".into(),
                status: "True".into(),
                reason: Some(reason.into()),
                message: Some(message.into()),
                last_transition_time: Some(time::time(now)),
            });
        }
        (None, Some(index)) => drop(conditions.remove(index)),
        _ => {}
    }
    ReplicaSetStatus {
        replicas: counts.active,
        fully_labeled_replicas: some_unless_zero(counts.fully_labeled),
        ready_replicas: some_unless_zero(counts.ready),
        available_replicas: some_unless_zero(counts.available),
        terminating_replicas: Some(counts.terminating),
        observed_generation: rs.metadata.generation.or(old.observed_generation),
        conditions: Some(conditions).filter(|conditions| !conditions.is_empty()),
    }
}

/// Counts of nothing are left out, as `omitempty` does.
fn some_unless_zero(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}

/// Whether the two say the same; absent counts are 0.
#[must_use]
pub fn same(one: Option<&ReplicaSetStatus>, two: &ReplicaSetStatus) -> bool {
    let plain = |status: &ReplicaSetStatus| ReplicaSetStatus {
        fully_labeled_replicas: status.fully_labeled_replicas.filter(|count| *count != 0),
        ready_replicas: status.ready_replicas.filter(|count| *count != 0),
        available_replicas: status.available_replicas.filter(|count| *count != 0),
        conditions: status.conditions.clone().filter(|conditions| !conditions.is_empty()),
        ..status.clone()
    };
    one.is_some_and(|one| plain(one) == plain(two))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica_set(replicas: i32) -> ReplicaSet {
        let mut rs = ReplicaSet::default();
        rs.metadata.generation = Some(1);
        rs.spec_mut().replicas = Some(replicas);
        rs
    }

    #[test]
    fn a_failure_is_told_once_and_taken_back_on_success() {
        let mut rs = replica_set(3);
        let counts = Counts { active: 1, ..Counts::default() };
        let first = status(&rs, &counts, Some("exceeded quota"), SimTime::ZERO);
        let condition = &first.conditions.as_ref().unwrap()[0];
        assert_eq!(condition.reason.as_deref(), Some("FailedCreate"));
        rs.status = Some(first.clone());
        let again = status(&rs, &counts, Some("another text"), SimTime::from_secs(9));
        assert!(same(rs.status.as_ref(), &again));
        assert_eq!(status(&rs, &counts, None, SimTime::ZERO).conditions, None);
    }
}

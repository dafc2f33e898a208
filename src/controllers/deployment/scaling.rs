//! Scaling a Deployment, also in the middle of a rollout: every ReplicaSet grows or shrinks in proportion.
//!
//! Models `pkg/controller/deployment/sync.go`, `scale`.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::model::apps::ReplicaSet;

use super::annotations::{DESIRED_REPLICAS, MAX_REPLICAS, number};
use super::bounds;
use super::replica_sets::{View, available, by_creation, replicas};
use super::step::Step;

/// Whether the Deployment was scaled since its ReplicaSets were.
#[must_use]
pub fn is_due(view: &View) -> bool {
    let wanted = bounds::replicas(&view.deployment);
    view.active().filter_map(|rs| number(rs, DESIRED_REPLICAS)).any(|desired| desired != wanted)
}

/// What to scale.
#[must_use]
pub fn plan(view: &View) -> Vec<Step> {
    let wanted = bounds::replicas(&view.deployment);
    let active: Vec<&Arc<ReplicaSet>> = view.active().collect();
    match active[..] {
        [] => view.new.as_ref().or(view.old.last()).map(|rs| to_size(rs, wanted)).unwrap_or_default(),
        [only] => to_size(only, wanted),
        _ if is_saturated(view) => view.old.iter().flat_map(|rs| to_size(rs, 0)).collect(),
        _ if bounds::is_rolling(&view.deployment) => in_proportion(view, active),
        _ => Vec::new(),
    }
}

fn to_size(rs: &ReplicaSet, size: i32) -> Vec<Step> {
    if replicas(rs) == size { Vec::new() } else { vec![Step::scale(rs, size)] }
}

/// Whether the new ReplicaSet is all that is asked for.
fn is_saturated(view: &View) -> bool {
    let wanted = bounds::replicas(&view.deployment);
    view.new.as_ref().is_some_and(|rs| {
        replicas(rs) == wanted && number(rs, DESIRED_REPLICAS) == Some(wanted) && available(rs) == wanted
    })
}

fn in_proportion(view: &View, mut active: Vec<&Arc<ReplicaSet>>) -> Vec<Step> {
    let wanted = bounds::replicas(&view.deployment);
    let total: i32 = active.iter().map(|rs| replicas(rs)).sum();
    let allowed = if wanted > 0 { wanted + bounds::max_surge(&view.deployment) } else { 0 };
    let to_add = allowed - total;
    active.sort_by(|one, two| {
        let age = by_creation(one, two);
        let newer_first = if to_add > 0 { age.reverse() } else { age };
        Reverse(replicas(one)).cmp(&Reverse(replicas(two))).then(newer_first)
    });
    let mut added = 0;
    let mut sizes: Vec<i32> = Vec::new();
    for rs in &active {
        let share = share(view, rs, to_add, added);
        added += share;
        sizes.push(replicas(rs) + share);
    }
    if let Some(largest) = sizes.first_mut().filter(|_| to_add != 0) {
        *largest = (*largest + to_add - added).max(0);
    }
    // Even where the size stays, the annotations must tell the new one of the Deployment.
    active.iter().zip(sizes).map(|(rs, size)| Step::scale(rs, size)).collect()
}

/// How many of `to_add` Pods a ReplicaSet gets, when `added` of them are given away already.
fn share(view: &View, rs: &ReplicaSet, to_add: i32, added: i32) -> i32 {
    let size = replicas(rs);
    if size == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = fraction(view, rs);
    let left = to_add - added;
    if to_add > 0 { fraction.min(left) } else { fraction.max(left) }
}

fn fraction(view: &View, rs: &ReplicaSet) -> i32 {
    let wanted = bounds::replicas(&view.deployment);
    let size = replicas(rs);
    if wanted == 0 {
        return -size;
    }
    let status = view.deployment.status.as_ref().and_then(|status| status.replicas);
    let before = number(rs, MAX_REPLICAS).filter(|max| *max != 0).or(status).unwrap_or(0);
    if before == 0 {
        return 0;
    }
    let product = i64::from(size) * i64::from(wanted + bounds::max_surge(&view.deployment));
    let before = i64::from(before);
    // Rounded half away from zero.
    let rounded = (2 * product + before) / (2 * before);
    i32::try_from(rounded).unwrap_or(i32::MAX) - size
}

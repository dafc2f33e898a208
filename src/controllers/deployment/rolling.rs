//! The rolling update: the new ReplicaSet grows as far as the surge allows, the old ones shrink as far as availability allows.
//!
//! Models `pkg/controller/deployment/rolling.go`.

use std::sync::Arc;

use crate::model::Meta;
use crate::model::apps::ReplicaSet;

use super::bounds;
use super::replica_sets::{View, available, replicas};
use super::step::Step;

/// What to scale now: the new one up, or else the old ones down. Empty when there is nothing to do but wait.
#[must_use]
pub fn plan(view: &View) -> Vec<Step> {
    let Some(new) = &view.new else { return Vec::new() };
    let wanted = bounds::replicas(&view.deployment);
    let grown = new_size(view);
    let size = if replicas(new) > wanted { wanted } else { grown };
    if replicas(new) != size {
        return vec![Step::scale(new, size)];
    }
    scale_down(view, new)
}

/// The size of the new ReplicaSet: as many more as fit under the surge, and no more than were asked for.
#[must_use]
pub fn new_size(view: &View) -> i32 {
    let (wanted, size) = (bounds::replicas(&view.deployment), view.new_replicas());
    if !bounds::is_rolling(&view.deployment) {
        return wanted;
    }
    let total: i32 = view.all().map(|rs| replicas(rs)).sum();
    let room = wanted + bounds::max_surge(&view.deployment) - total;
    if room <= 0 { size } else { size + room.min(wanted - size) }
}

fn scale_down(view: &View, new: &ReplicaSet) -> Vec<Step> {
    let mut sizes: Vec<(&Arc<ReplicaSet>, i32)> =
        view.old.iter().map(|rs| (rs, replicas(rs))).filter(|(_, size)| *size > 0).collect();
    let min_available = bounds::replicas(&view.deployment) - bounds::max_unavailable(&view.deployment);
    let total: i32 = view.all().map(|rs| replicas(rs)).sum();
    let may_go = total - min_available - (replicas(new) - available(new));
    if sizes.is_empty() || may_go <= 0 {
        return Vec::new();
    }
    let mut steps = Vec::new();
    // First what is of no use anyway: Pods of old ReplicaSets that are not available.
    let mut left = may_go;
    for (rs, size) in &mut sizes {
        let gone = (*size - available(rs)).min(left);
        if gone > 0 {
            shrink(&mut steps, rs, size, gone);
            left -= gone;
        }
    }
    let mut left = view.all().map(|rs| available(rs)).sum::<i32>() - min_available;
    for (rs, size) in &mut sizes {
        let gone = (*size).min(left);
        if gone > 0 {
            shrink(&mut steps, rs, size, gone);
            left -= gone;
        }
    }
    steps
}

fn shrink(steps: &mut Vec<Step>, rs: &ReplicaSet, size: &mut i32, gone: i32) {
    *size -= gone;
    steps.push(Step::scale(rs, *size));
}

/// Old ReplicaSets without Pods beyond the limit of the history, lowest revision first.
#[must_use]
pub fn surplus_history(view: &View) -> Vec<Step> {
    let limit = view.deployment.spec.as_ref().and_then(|spec| spec.revision_history_limit);
    let Some(limit) = limit.filter(|limit| *limit != i32::MAX) else { return Vec::new() };
    let mut alive: Vec<_> = view.old.iter().filter(|rs| !rs.metadata.is_terminating()).collect();
    alive.sort_by_key(|rs| super::annotations::revision(rs));
    let surplus = alive.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    let is_empty = |rs: &&&Arc<ReplicaSet>| {
        let observed = rs.status.as_ref().and_then(|status| status.observed_generation);
        replicas(rs) == 0 && super::replica_sets::actual(rs) == 0 && rs.metadata.generation <= observed
    };
    alive.iter().take(surplus).filter(is_empty).map(|rs| Step::Delete(Arc::clone(rs))).collect()
}

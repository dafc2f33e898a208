//! The scheduling queue: Pods that can be tried now, Pods that must wait a little because they failed, and Pods that wait
//! for something to happen.
//!
//! Models `pkg/scheduler/backend/queue/{scheduling_queue,active_queue,backoff_queue}.go`.
//!
//! Reading order: [`queued_pod`], this file.

mod backoff;
mod queued_pod;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::{CauseId, SimDuration, SimTime};

use super::framework::{ClusterEvent, PluginSet, Profiles};
use super::plugins::priority_sort::{Rank, rank};
use super::pod_info::PodInfo;

pub use backoff::Backoff;
pub use queued_pod::{Place, QueuedPod};

use backoff::window;

/// After so long a Pod is tried again even if nothing happened. Source: `scheduling_queue.go`,
/// `DefaultPodMaxInUnschedulablePodsDuration`.
const MAX_IN_POOL: SimDuration = SimDuration::from_secs(5 * 60);
/// How often that is looked into. Source: `scheduling_queue.go`, `Run`.
pub const POOL_PERIOD: SimDuration = SimDuration::from_secs(30);

type Key = (Rank, u64, Arc<str>);
type BackoffKey = (SimTime, Key);
/// What Pods ask for, by its number, and what turned them down: an event helps all of a group or none. Those with number 0
/// differ.
type Group = (u32, PluginSet);

/// Pods that wait for a node.
#[derive(Clone, Debug, Default)]
pub struct SchedulingQueue {
    pods: BTreeMap<Arc<str>, QueuedPod>,
    active: BTreeSet<Key>,
    backoff: BTreeSet<BackoffKey>,
    pool: BTreeMap<Group, BTreeSet<Arc<str>>>,
    gated: BTreeSet<Arc<str>>,
    sequence: u64,
    backoff_of: Backoff,
}

impl SchedulingQueue {
    /// An empty queue that keeps Pods back for so long.
    #[must_use]
    pub fn new(backoff_of: Backoff) -> Self {
        Self { backoff_of, ..Self::default() }
    }

    /// A new Pod.
    pub fn add(&mut self, info: Arc<PodInfo>, cause: CauseId, profiles: &Profiles, now: SimTime) {
        self.remove(&info.uid);
        self.sequence += 1;
        let pod = QueuedPod::new(info, cause, now, self.sequence);
        self.enter(pod, profiles, now);
    }

    /// A waiting Pod changed. It is tried again when what changed may help.
    pub fn update(&mut self, info: Arc<PodInfo>, cause: CauseId, profiles: &Profiles, now: SimTime) {
        let Some(mut pod) = self.remove(&info.uid) else {
            self.add(info, cause, profiles, now);
            return;
        };
        let event = ClusterEvent::Itself(Arc::clone(&pod.info), Arc::clone(&info));
        let old = std::mem::replace(&mut pod.info, info);
        let may_help = match pod.place {
            Place::Gated => true,
            Place::Pool => is_changed(&old, &pod.info) && may_help(profiles, &event, &pod),
            _ => false,
        };
        if may_help {
            pod.cause = cause;
            self.enter(pod, profiles, now);
        } else {
            self.put(pod);
        }
    }

    /// A Pod is gone, or bound.
    pub fn remove(&mut self, uid: &str) -> Option<QueuedPod> {
        let pod = self.pods.remove(uid)?;
        match pod.place {
            Place::Active => self.active.remove(&pod.key()),
            Place::Backoff | Place::ErrorBackoff => self.backoff.remove(&(pod.backoff_until, pod.key())),
            Place::Gated => self.gated.remove(uid),
            Place::Pool => match self.pool.entry(pod.group()) {
                Entry::Vacant(_) => false,
                Entry::Occupied(mut group) => {
                    let was_there = group.get_mut().remove(uid);
                    if group.get().is_empty() {
                        group.remove();
                    }
                    was_there
                }
            },
        };
        Some(pod)
    }

    /// The Pod to try now. When none is active, the first of those that failed for want of a node is taken before its time;
    /// those that met an error wait it out. Source: feature SchedulerPopFromBackoffQ.
    pub fn pop(&mut self) -> Option<QueuedPod> {
        let uid = self.next()?;
        let mut pod = self.remove(&uid)?;
        pod.attempts += 1;
        Some(pod)
    }

    /// Whether there is a Pod to try now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.next().is_some()
    }

    /// A Pod that was tried found no node: it waits for something to happen. Without a plugin that turned it down nothing is
    /// known that could help, so it is tried again after its back-off.
    pub fn add_unschedulable(&mut self, mut pod: QueuedPod, rejected_by: PluginSet, now: SimTime) {
        pod.queued_at = now;
        pod.rejected_by = rejected_by;
        if rejected_by.is_empty() {
            pod.error_count += 1;
            pod.backoff_until = window(now + self.backoff_of.after(pod.error_count));
            pod.place = Place::ErrorBackoff;
        } else {
            pod.error_count = 0;
            pod.unschedulable_count += 1;
            pod.backoff_until = window(now + self.backoff_of.after(pod.unschedulable_count));
            pod.place = Place::Pool;
        }
        self.put(pod);
    }

    /// Something happened: Pods that it may help are tried again, after their back-off.
    pub fn on_event(&mut self, event: &ClusterEvent, cause: CauseId, profiles: &Profiles, now: SimTime) {
        let is_helped = |uid: &&Arc<str>| self.pods.get(*uid).is_some_and(|pod| may_help(profiles, event, pod));
        let mut helped: Vec<Arc<str>> = Vec::new();
        for ((number, _), uids) in &self.pool {
            if *number == 0 {
                helped.extend(uids.iter().filter(is_helped).cloned());
            } else if uids.first().as_ref().is_some_and(is_helped) {
                helped.extend(uids.iter().cloned());
            }
        }
        for uid in helped {
            self.wake(&uid, cause, profiles, now);
        }
    }

    /// Moves Pods whose back-off is over to those that can be tried.
    pub fn flush_backoff(&mut self, profiles: &Profiles, now: SimTime) {
        while let Some((until, key)) = self.backoff.first().cloned() {
            if until > window(now) {
                return;
            }
            if let Some(pod) = self.remove(&key.2) {
                self.enter(pod, profiles, now);
            }
        }
    }

    /// Moves Pods that have waited too long to those that can be tried.
    pub fn flush_pool(&mut self, profiles: &Profiles, now: SimTime) {
        let is_over = |uid: &&Arc<str>| {
            self.pods.get(*uid).is_some_and(|pod| pod.place == Place::Pool && now.since(pod.queued_at) > MAX_IN_POOL)
        };
        let over: Vec<Arc<str>> = self.pool.values().flatten().filter(is_over).cloned().collect();
        for uid in over {
            self.wake(&uid, CauseId::NONE, profiles, now);
        }
    }

    /// When [`flush_backoff`](Self::flush_backoff) next has something to do.
    #[must_use]
    pub fn next_flush(&self) -> Option<SimTime> {
        self.backoff.first().map(|(until, _)| *until)
    }

    /// Whether any Pod waits for something to happen.
    #[must_use]
    pub fn has_waiting(&self) -> bool {
        !self.pool.is_empty()
    }

    /// A waiting Pod.
    #[must_use]
    pub fn get(&self, uid: &str) -> Option<&QueuedPod> {
        self.pods.get(uid)
    }

    /// All waiting Pods, by UID.
    pub fn iter(&self) -> impl Iterator<Item = &QueuedPod> {
        self.pods.values()
    }

    /// How many Pods wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether no Pod waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    fn next(&self) -> Option<Arc<str>> {
        if let Some((_, _, uid)) = self.active.first() {
            return Some(Arc::clone(uid));
        }
        let place = |uid: &str| self.pods.get(uid).map(|pod| pod.place);
        let mut waiting = self.backoff.iter().map(|(_, (_, _, uid))| uid);
        waiting.find(|uid| place(uid) == Some(Place::Backoff)).cloned()
    }

    fn wake(&mut self, uid: &str, cause: CauseId, profiles: &Profiles, now: SimTime) {
        if let Some(mut pod) = self.remove(uid) {
            pod.cause = cause;
            self.enter(pod, profiles, now);
        }
    }

    /// Puts a Pod where it can be tried, or where it waits for its back-off or for its gates.
    fn enter(&mut self, mut pod: QueuedPod, profiles: &Profiles, now: SimTime) {
        pod.place = match profiles.of(&pod.info).map_or(Ok(()), |profile| profile.pre_enqueue(&pod.info)) {
            Err((plugin, _)) => {
                pod.rejected_by.insert(plugin);
                Place::Gated
            }
            Ok(()) if pod.backoff_until > window(now) => Place::Backoff,
            Ok(()) => Place::Active,
        };
        self.put(pod);
    }

    fn put(&mut self, pod: QueuedPod) {
        match pod.place {
            Place::Active => drop(self.active.insert(pod.key())),
            Place::Backoff | Place::ErrorBackoff => drop(self.backoff.insert((pod.backoff_until, pod.key()))),
            Place::Gated => drop(self.gated.insert(Arc::clone(&pod.info.uid))),
            Place::Pool => drop(self.pool.entry(pod.group()).or_default().insert(Arc::clone(&pod.info.uid))),
        }
        self.pods.insert(Arc::clone(&pod.info.uid), pod);
    }
}

impl QueuedPod {
    fn group(&self) -> Group {
        let number = if self.info.demand.has_volumes { 0 } else { self.info.demand.number };
        (number, self.rejected_by)
    }

    fn key(&self) -> Key {
        (rank(&self.info, self.queued_at), self.sequence, Arc::clone(&self.info.uid))
    }
}

fn may_help(profiles: &Profiles, event: &ClusterEvent, pod: &QueuedPod) -> bool {
    profiles.of(&pod.info).is_some_and(|profile| profile.may_help(event, &pod.info, pod.rejected_by))
}

/// Whether anything but the status changed, as far as a plugin could care.
fn is_changed(old: &PodInfo, new: &PodInfo) -> bool {
    old.pod.spec != new.pod.spec || old.pod.metadata.labels != new.pod.metadata.labels
}

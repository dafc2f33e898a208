//! The Pods of each ReplicaSet, counted as they change: with thousands of Pods, counting them all again for each that
//! becomes ready would take most of the time there is. The counts are those that a full count would give.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::client::{Caches, Delta};
use crate::model::apps::ReplicaSet;
use crate::model::{Meta, Pod, Selector};

use super::status::Counts;

/// The rosters, by the UID of the ReplicaSet.
#[derive(Clone, Debug, Default)]
pub struct Rosters(BTreeMap<Arc<str>, Roster>);

#[derive(Clone, Debug, Default)]
struct Roster {
    /// The generation of the ReplicaSet for which was counted; another may select and label otherwise.
    generation: Option<i64>,
    entries: BTreeMap<Arc<str>, Entry>,
    /// Pods that changed since the last count.
    dirty: BTreeSet<Arc<str>>,
    tally: Tally,
}

/// What one Pod is counted as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Entry {
    active: bool,
    labeled: bool,
    ready: bool,
    terminating: bool,
    alien: bool,
}

/// The Pods of one ReplicaSet, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What the status tells, as if every ready Pod were available.
    pub counts: Counts,
    /// Active Pods that the selector does not mean any more.
    pub aliens: i32,
}

impl Rosters {
    /// Takes note of a change of a Pod.
    pub fn observe(&mut self, delta: &Delta) {
        for object in delta.old.iter().chain(&delta.new) {
            if let Some(owner) = object.meta().controller()
                && let Some(roster) = self.0.get_mut(owner.uid.as_str())
            {
                roster.dirty.insert(object.name().into());
            }
        }
    }

    /// A ReplicaSet is gone.
    pub fn forget(&mut self, uid: &str) {
        self.0.remove(uid);
    }

    /// The Pods of `rs`, counted.
    pub fn tally(&mut self, rs: &ReplicaSet, selector: &Selector, caches: &Caches) -> Tally {
        let uid = rs.metadata.uid();
        if self.0.get(uid).is_none_or(|roster| roster.generation != rs.metadata.generation) {
            let all = caches.controlled_by::<Pod>(uid).map(|pod| pod.metadata.name().into()).collect();
            let generation = rs.metadata.generation;
            self.0.insert(uid.into(), Roster { generation, dirty: all, ..Roster::default() });
        }
        let Some(roster) = self.0.get_mut(uid) else { return Tally::default() };
        for name in std::mem::take(&mut roster.dirty) {
            let pod = caches.get::<Pod>(rs.metadata.namespace(), &name);
            let mine = pod.filter(|pod| pod.metadata.controller().is_some_and(|owner| owner.uid == uid));
            let entry = mine.map(|pod| Entry::of(pod, rs, selector));
            let before = match (roster.entries.get_mut(&name), entry) {
                (Some(known), Some(entry)) => Some(std::mem::replace(known, entry)),
                (None, Some(entry)) => roster.entries.insert(name, entry),
                (_, None) => roster.entries.remove(&name),
            };
            before.into_iter().for_each(|before| roster.tally.add(before, -1));
            entry.into_iter().for_each(|entry| roster.tally.add(entry, 1));
        }
        roster.tally
    }
}

impl Entry {
    fn of(pod: &Pod, rs: &ReplicaSet, selector: &Selector) -> Self {
        let meant = selector.matches(pod.metadata.label_map());
        let active = pod.is_active();
        let template = rs.spec.as_ref().and_then(|spec| spec.template.as_ref()?.metadata.as_ref());
        let mut labels = template.iter().flat_map(|metadata| metadata.labels.iter().flatten());
        Self {
            active: active && meant,
            labeled: active && meant && labels.all(|(key, value)| pod.metadata.label(key) == Some(value)),
            ready: active && meant && pod.is_ready(),
            terminating: meant && pod.metadata.is_terminating() && !pod.is_terminal(),
            alien: active && !meant,
        }
    }
}

impl Tally {
    fn add(&mut self, entry: Entry, sign: i32) {
        let counts = &mut self.counts;
        counts.active += sign * i32::from(entry.active);
        counts.fully_labeled += sign * i32::from(entry.labeled);
        counts.ready += sign * i32::from(entry.ready);
        counts.available += sign * i32::from(entry.ready);
        counts.terminating += sign * i32::from(entry.terminating);
        self.aliens += sign * i32::from(entry.alien);
    }
}

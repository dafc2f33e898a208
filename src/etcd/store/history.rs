//! What happened since the last compaction, so that a watch can start in the past and an old revision can be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::key_range::KeyRange;
use super::key_value::{Key, KeyValue, Revision};
use crate::etcd::shared_list::SharedList;

/// One change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<V> {
    /// The revision that the change made.
    pub revision: Revision,
    /// The key.
    pub key: Key,
    /// What stands there now; `None`: the key was deleted.
    pub current: Option<Arc<KeyValue<V>>>,
    /// What stood there; `None`: the key was created.
    pub previous: Option<Arc<KeyValue<V>>>,
}

/// Events in the order of their revisions.
#[derive(Clone, Debug)]
pub(super) struct History<V> {
    events: SharedList<Event<V>>,
}

impl<V: Clone> History<V> {
    pub(super) fn new() -> Self {
        Self { events: SharedList::starting_at(0) }
    }

    pub(super) fn push(&mut self, event: Event<V>) {
        self.events.push(event);
    }

    /// Events of revision `from` and later.
    pub(super) fn since(&self, from: Revision) -> impl DoubleEndedIterator<Item = &Event<V>> {
        self.events.iter_from(self.position_of(from))
    }

    /// For every key of `range` that has changed after `revision`: what stood there in `revision`.
    pub(super) fn undone(&self, range: &KeyRange, revision: Revision) -> BTreeMap<Key, Option<Arc<KeyValue<V>>>> {
        let later = self.since(revision.next()).rev().filter(|event| range.contains(&event.key));
        later.map(|event| (event.key.clone(), event.previous.clone())).collect()
    }

    /// Forgets the events before `revision`.
    pub(super) fn drop_before(&mut self, revision: Revision) {
        self.events.drop_before(self.position_of(revision));
    }

    /// Position of the first event of `revision` or later.
    fn position_of(&self, revision: Revision) -> u64 {
        let (mut low, mut high) = (self.events.start(), self.events.end());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.events.get(middle) {
                Some(event) if event.revision < revision => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}

//! A work queue of object keys: each key waits once, is worked on by one worker at a time, and comes back later and later
//! when it fails.
//!
//! Models `staging/src/k8s.io/client-go/util/workqueue`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::engine::{CauseId, SimDuration, SimTime};
use crate::model::ObjectKey;

/// First and longest back-off of one key. Source: `default_rate_limiters.go`, `DefaultTypedControllerRateLimiter`.
const BACKOFF_INITIAL: SimDuration = SimDuration::from_millis(5);
const BACKOFF_MAX: SimDuration = SimDuration::from_secs(1000);

/// Keys to be worked on.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    backoff: (SimDuration, SimDuration),
    ready: VecDeque<ObjectKey>,
    /// Keys that wait, each with what caused it last.
    dirty: BTreeMap<ObjectKey, CauseId>,
    processing: BTreeSet<ObjectKey>,
    failures: BTreeMap<ObjectKey, u32>,
    delayed: BTreeMap<(SimTime, u64), (ObjectKey, CauseId)>,
    /// Where each delayed key stands in [`delayed`](Self::delayed).
    delays: BTreeMap<ObjectKey, (SimTime, u64)>,
    sequence: u64,
}

impl Default for WorkQueue {
    fn default() -> Self {
        Self::with_backoff(BACKOFF_INITIAL, BACKOFF_MAX)
    }
}

impl WorkQueue {
    /// A queue whose keys wait so long after their first failure, and at the most so long.
    #[must_use]
    pub fn with_backoff(initial: SimDuration, most: SimDuration) -> Self {
        Self {
            backoff: (initial, most),
            ready: VecDeque::new(),
            dirty: BTreeMap::new(),
            processing: BTreeSet::new(),
            failures: BTreeMap::new(),
            delayed: BTreeMap::new(),
            delays: BTreeMap::new(),
            sequence: 0,
        }
    }

    /// Adds a key; one that waits already is not added twice, one being worked on comes back when that is done.
    pub fn add(&mut self, key: ObjectKey, cause: CauseId) {
        let waits = self.dirty.insert(key.clone(), cause).is_some();
        if !waits && !self.processing.contains(&key) {
            self.ready.push_back(key);
        }
    }

    /// Adds a key after `delay`, unless it comes sooner anyway; returns when to call [`release`](Self::release).
    /// Source: `delaying_queue.go`, `insert`.
    pub fn add_after(&mut self, key: ObjectKey, cause: CauseId, delay: SimDuration, now: SimTime) -> SimTime {
        let at = now + delay;
        if let Some(known) = self.delays.get(&key).copied() {
            if known.0 <= at {
                return known.0;
            }
            self.delayed.remove(&known);
        }
        self.sequence += 1;
        self.delays.insert(key.clone(), (at, self.sequence));
        self.delayed.insert((at, self.sequence), (key, cause));
        at
    }

    /// Adds a key that failed, after its back-off.
    pub fn add_rate_limited(&mut self, key: ObjectKey, cause: CauseId, now: SimTime) -> SimTime {
        let failures = self.failures.entry(key.clone()).or_default();
        let (initial, most) = self.backoff;
        let delay = (initial * (1_u64 << (*failures).min(20))).min(most);
        *failures += 1;
        self.add_after(key, cause, delay, now)
    }

    /// Forgets how often a key failed.
    pub fn forget(&mut self, key: &ObjectKey) {
        self.failures.remove(key);
    }

    /// How often a key has failed in a row.
    #[must_use]
    pub fn failures(&self, key: &ObjectKey) -> u32 {
        self.failures.get(key).copied().unwrap_or(0)
    }

    /// The keys that have failed since they last went well, and how often.
    pub fn failing(&self) -> impl Iterator<Item = (&ObjectKey, u32)> {
        self.failures.iter().map(|(key, failures)| (key, *failures))
    }

    /// When the next delayed key becomes ready.
    #[must_use]
    pub fn next_release(&self) -> Option<SimTime> {
        self.delayed.first_key_value().map(|((at, _), _)| *at)
    }

    /// Moves the keys whose delay is over to those that are ready.
    pub fn release(&mut self, now: SimTime) {
        while let Some(entry) = self.delayed.first_entry().filter(|entry| entry.key().0 <= now) {
            let (key, cause) = entry.remove();
            self.delays.remove(&key);
            self.add(key, cause);
        }
    }

    /// Takes the next key to work on, and what caused it.
    pub fn pop(&mut self) -> Option<(ObjectKey, CauseId)> {
        let key = self.ready.pop_front()?;
        let cause = self.dirty.remove(&key).unwrap_or_default();
        self.processing.insert(key.clone());
        Some((key, cause))
    }

    /// Work on a key is over.
    pub fn done(&mut self, key: &ObjectKey) {
        self.processing.remove(key);
        if self.dirty.contains_key(key) {
            self.ready.push_back(key.clone());
        }
    }

    /// How many keys are ready or being worked on.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ready.len() + self.processing.len()
    }

    /// Whether no key is ready or being worked on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn a_key_added_while_worked_on_comes_back_once() {
        let key = ObjectKey::new(Kind::Pod, "default", "web");
        let mut queue = WorkQueue::default();
        queue.add(key.clone(), CauseId::NONE);
        queue.add(key.clone(), CauseId::NONE);
        assert!(queue.pop().is_some());
        assert!(queue.pop().is_none());
        queue.add(key.clone(), CauseId::NONE);
        assert!(queue.pop().is_none());
        queue.done(&key);
        assert!(queue.pop().is_some());
    }

    #[test]
    fn a_key_has_one_delay_and_the_sooner_counts() {
        let key = ObjectKey::new(Kind::Pod, "default", "web");
        let mut queue = WorkQueue::default();
        let mut after =
            |seconds| queue.add_after(key.clone(), CauseId::NONE, SimDuration::from_secs(seconds), SimTime::ZERO);
        assert_eq!([after(5), after(9), after(2)].map(SimTime::as_secs), [5, 5, 2]);
        queue.release(SimTime::from_secs(2));
        assert_eq!((queue.len(), queue.next_release()), (1, None));
    }

    #[test]
    fn back_off_doubles_and_is_forgotten() {
        let key = ObjectKey::new(Kind::Pod, "default", "web");
        let mut queue = WorkQueue::default();
        let fail =
            |queue: &mut WorkQueue| queue.add_rate_limited(key.clone(), CauseId::NONE, SimTime::ZERO).as_micros();
        let mut waits = Vec::new();
        for _ in 0..3 {
            waits.push(fail(&mut queue));
            queue.release(SimTime::from_secs(1));
        }
        assert_eq!(waits, [5_000, 10_000, 20_000]);
        queue.forget(&key);
        assert_eq!(fail(&mut queue), 5_000);
    }
}

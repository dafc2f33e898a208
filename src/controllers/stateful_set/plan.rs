//! What a StatefulSet does next.
//!
//! Models `pkg/controller/statefulset/stateful_set_control.go`, `updateStatefulSet`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::controllers::deployment::bounds::scaled;
use crate::controllers::history::{self, History};
use crate::controllers::replicaset::status::until_available;
use crate::engine::{SimDuration, SimTime};
use crate::model::apps::StatefulSet;
use crate::model::core::PodTemplateSpec;
use crate::model::{Meta, Pod};

use super::identity;

/// The Pods of a set by number, and what the set wants of them.
#[derive(Clone, Debug)]
pub struct Roster {
    set: Arc<StatefulSet>,
    now: SimTime,
    /// The Pods there are.
    pub pods: BTreeMap<i32, Arc<Pod>>,
    /// The revision that Pods had before the update.
    pub current: String,
    /// The revision of the template.
    pub update: String,
    current_template: PodTemplateSpec,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Step {
    /// Make the Pod with this number.
    Create(i32),
    /// Delete this Pod.
    Delete(Arc<Pod>),
}

impl Roster {
    /// Sorts the Pods of `set` by number; `update` is the name of the template's revision.
    #[must_use]
    pub fn new(
        set: &Arc<StatefulSet>,
        history: &History,
        update: &str,
        pods: impl Iterator<Item = Arc<Pod>>,
        now: SimTime,
    ) -> Self {
        let pods = pods.filter_map(|pod| Some((identity::ordinal(set, &pod)?, pod))).collect();
        let named = set.status.as_ref().and_then(|status| status.current_revision.as_deref()).unwrap_or_default();
        let kept = history.named(named);
        let template = || set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
        let current_template = kept.and_then(|kept| history::template(kept)).unwrap_or_else(template);
        let current = kept.map_or(update, |kept| kept.metadata.name()).to_owned();
        Self { set: Arc::clone(set), now, pods, current, update: update.to_owned(), current_template }
    }

    fn start(&self) -> i32 {
        let ordinals = self.set.spec.as_ref().and_then(|spec| spec.ordinals.as_ref());
        ordinals.and_then(|ordinals| ordinals.start).unwrap_or(0)
    }

    fn end(&self) -> i32 {
        self.start() + self.set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
    }

    /// The number below which Pods keep the revision they had.
    #[must_use]
    pub fn partition(&self) -> i32 {
        let strategy = self.set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
        let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
        self.start() + rolling.and_then(|rolling| rolling.partition).unwrap_or(0)
    }

    /// Whether Pods are replaced only when someone deletes them.
    #[must_use]
    pub fn is_on_delete(&self) -> bool {
        let strategy = self.set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
        strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete")
    }

    fn is_ordered(&self) -> bool {
        let policy = self.set.spec.as_ref().and_then(|spec| spec.pod_management_policy.as_deref());
        policy != Some("Parallel")
    }

    /// How long until a Pod has been ready for long enough; `None` when it is not ready.
    #[must_use]
    pub fn until_available(&self, pod: &Pod) -> Option<SimDuration> {
        let min_ready = self.set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
        until_available(pod, min_ready, self.now).filter(|_| is_healthy(pod))
    }

    fn is_available(&self, pod: &Pod) -> bool {
        self.until_available(pod) == Some(SimDuration::ZERO)
    }

    /// How long until the next ready Pod becomes available.
    #[must_use]
    pub fn next_check(&self) -> Option<SimDuration> {
        let waits = self.pods.values().filter_map(|pod| self.until_available(pod));
        waits.filter(|wait| *wait > SimDuration::ZERO).min()
    }

    /// Whether the set is too small, or begins too late, for a Pod with this number.
    #[must_use]
    pub fn is_surplus(&self, ordinal: i32) -> bool {
        ordinal < self.start() || ordinal >= self.end()
    }

    /// Whether a Pod or the set itself still needs a revision.
    #[must_use]
    pub fn uses(&self, revision: &str) -> bool {
        revision == self.current
            || revision == self.update
            || self.pods.values().any(|pod| identity::revision(pod) == revision)
    }

    /// The Pod to make under this number.
    #[must_use]
    pub fn pod(&self, ordinal: i32) -> Pod {
        let keeps = if self.is_on_delete() { false } else { ordinal < self.partition() };
        if keeps {
            return identity::pod(&self.set, ordinal, &self.current_template, &self.current);
        }
        let template = self.set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
        identity::pod(&self.set, ordinal, &template, &self.update)
    }

    /// What is to be done now: one thing at a time in an ordered set, everything at once in a parallel one.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.fill(&mut steps) && self.shrink(&mut steps) && !self.is_on_delete() {
            self.renew(&mut steps);
        }
        steps
    }

    /// Makes what is missing, from the lowest number; says whether to go on.
    fn fill(&self, steps: &mut Vec<Step>) -> bool {
        for ordinal in self.start()..self.end() {
            let Some(pod) = self.pods.get(&ordinal) else {
                steps.push(Step::Create(ordinal));
                if self.is_ordered() {
                    return false;
                }
                continue;
            };
            if pod.is_terminal() && pod.metadata.deletion_timestamp.is_none() {
                steps.push(Step::Delete(Arc::clone(pod)));
                if self.is_ordered() {
                    return false;
                }
                continue;
            }
            if self.is_ordered() && !self.is_available(pod) {
                return false;
            }
        }
        true
    }

    /// Deletes what is too much, from the highest number; says whether to go on.
    fn shrink(&self, steps: &mut Vec<Step>) -> bool {
        let outside = |(ordinal, _): &(&i32, &Arc<Pod>)| self.is_surplus(**ordinal);
        let unhealthy = self.pods.iter().find(|(_, pod)| !is_healthy(pod)).map(|(ordinal, _)| *ordinal);
        for (ordinal, pod) in self.pods.iter().rev().filter(outside) {
            if pod.metadata.deletion_timestamp.is_some() {
                if self.is_ordered() {
                    return false;
                }
                continue;
            }
            // A sick Pod below must recover first, unless it is this one.
            if self.is_ordered() && !self.is_available(pod) && unhealthy != Some(*ordinal) {
                return false;
            }
            steps.push(Step::Delete(Arc::clone(pod)));
            if self.is_ordered() {
                return false;
            }
        }
        true
    }

    /// How many Pods may be away during an update, where the set says so; never none.
    fn max_unavailable(&self) -> Option<usize> {
        let spec = self.set.spec.as_ref()?;
        let rolling = spec.update_strategy.as_ref()?.rolling_update.as_ref()?;
        let number = scaled(Some(rolling.max_unavailable.as_ref()?), spec.replicas.unwrap_or(1), false);
        Some(usize::try_from(number).unwrap_or(0).max(1))
    }

    /// Replaces Pods that have another revision, from the highest number: as many as may be away, or one at a time.
    fn renew(&self, steps: &mut Vec<Step>) {
        match self.max_unavailable() {
            Some(most) => self.renew_many(most, steps),
            None => self.renew_next(steps),
        }
    }

    /// Source: `updateStatefulSetAfterInvariantEstablished`.
    fn renew_many(&self, most: usize, steps: &mut Vec<Step>) {
        let is_away = |ordinal: &i32| !self.pods.get(ordinal).is_some_and(|pod| self.is_available(pod));
        let away = (self.start()..self.end()).filter(is_away).count();
        let old = (self.partition().max(self.start())..self.end()).rev().filter_map(|ordinal| self.pods.get(&ordinal));
        let old = old.filter(|pod| identity::revision(pod) != self.update && !pod.metadata.is_terminating());
        steps.extend(old.take(most.saturating_sub(away)).map(|pod| Step::Delete(Arc::clone(pod))));
    }

    fn renew_next(&self, steps: &mut Vec<Step>) {
        for ordinal in (self.partition().max(self.start())..self.end()).rev() {
            let Some(pod) = self.pods.get(&ordinal) else { return };
            if identity::revision(pod) != self.update && pod.metadata.deletion_timestamp.is_none() {
                steps.push(Step::Delete(Arc::clone(pod)));
                return;
            }
            if !self.is_available(pod) {
                return;
            }
        }
    }
}

/// Running, ready and not asked to end.
#[must_use]
pub fn is_healthy(pod: &Pod) -> bool {
    pod.phase() == "Running" && pod.is_ready() && pod.metadata.deletion_timestamp.is_none()
}

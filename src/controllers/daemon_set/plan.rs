//! What a DaemonSet does next: Pods that are missing, Pods that are too many, Pods of an old revision.
//!
//! Models `pkg/controller/daemon/daemon_controller.go`, `podsShouldBeOnNode`, and `update.go`, `rollingUpdate`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::Caches;
use crate::controllers::history::LABEL;
use crate::controllers::replicaset::status::until_available;
use crate::engine::{SimDuration, SimTime};
use crate::model::apps::DaemonSet;
use crate::model::core::Node;
use crate::model::metav1::IntOrString;
use crate::model::{Meta, Pod};

use super::node::{self, Fit};
use super::pods;

/// At most so many Pods are made or deleted at a time. Source: `BurstReplicas`.
const BURST: usize = 250;

/// The Pods of a set by node, and which nodes are meant.
#[derive(Clone, Debug)]
pub struct Roster {
    set: Arc<DaemonSet>,
    now: SimTime,
    /// The hash of the present revision.
    pub hash: String,
    /// Every node that is meant or has a Pod.
    pub nodes: BTreeMap<String, Place>,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Place {
    /// Whether a Pod belongs there.
    pub fit: Fit,
    /// The Pods there, oldest first.
    pub pods: Vec<Arc<Pod>>,
}

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// The nodes to make a Pod for.
    pub create: Vec<String>,
    /// The Pods to delete.
    pub delete: Vec<Arc<Pod>>,
    /// The Pods that failed, with their nodes: they are deleted after a while.
    pub failed: Vec<(Arc<Pod>, String)>,
    /// The Pods that ended well, with their nodes: they are deleted, too.
    pub succeeded: Vec<(Arc<Pod>, String)>,
}

impl Roster {
    /// Sorts the Pods of `set` by node.
    #[must_use]
    pub fn new(set: &Arc<DaemonSet>, hash: &str, caches: &Caches, now: SimTime) -> Self {
        let mut nodes: BTreeMap<String, Place> = BTreeMap::new();
        for one in caches.all::<Node>() {
            nodes.insert(one.metadata.name().to_owned(), Place { fit: node::fit(set, one), pods: Vec::new() });
        }
        for pod in caches.controlled_by::<Pod>(set.metadata.uid()) {
            let Some(name) = pods::node_of(pod) else { continue };
            let place = nodes.entry(name.to_owned()).or_insert(Place { fit: Fit::Not, pods: Vec::new() });
            place.pods.push(Arc::clone(pod));
        }
        for place in nodes.values_mut() {
            place.pods.sort_by_key(|pod| pod.metadata.created_at());
        }
        Self { set: Arc::clone(set), now, hash: hash.to_owned(), nodes }
    }

    /// Whether a Pod is of the present revision.
    #[must_use]
    pub fn is_updated(&self, pod: &Pod) -> bool {
        pod.metadata.label(LABEL) == Some(&self.hash)
    }

    /// Whether a Pod has the revision with this hash.
    #[must_use]
    pub fn uses(&self, hash: &str) -> bool {
        self.nodes
            .values()
            .flat_map(|place| &place.pods)
            .any(|pod| pod.metadata.label(LABEL).is_some_and(|one| one == hash))
    }

    /// How long until a Pod has been ready for long enough; `None` when it is not ready.
    #[must_use]
    pub fn until_available(&self, pod: &Pod) -> Option<SimDuration> {
        let min_ready = self.set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
        until_available(pod, min_ready, self.now)
    }

    /// Whether a Pod has been ready for long enough.
    #[must_use]
    pub fn is_available(&self, pod: &Pod) -> bool {
        self.until_available(pod) == Some(SimDuration::ZERO)
    }

    /// How long until the next ready Pod becomes available.
    #[must_use]
    pub fn next_check(&self) -> Option<SimDuration> {
        let waits = self.nodes.values().flat_map(|place| &place.pods).filter_map(|pod| self.until_available(pod));
        waits.filter(|wait| *wait > SimDuration::ZERO).min()
    }

    /// How many nodes are meant.
    #[must_use]
    pub fn desired(&self) -> usize {
        self.nodes.values().filter(|place| place.fit == Fit::Runs).count()
    }

    /// What is to be done now.
    #[must_use]
    pub fn steps(&self) -> Steps {
        let mut steps = Steps::default();
        for (name, place) in &self.nodes {
            self.settle(name, place, &mut steps);
        }
        let is_settled = steps.create.is_empty() && steps.delete.is_empty() && steps.succeeded.is_empty();
        if is_settled && steps.failed.is_empty() && !self.is_on_delete() {
            self.renew(&mut steps);
        }
        steps.create.truncate(BURST);
        steps.delete.truncate(BURST);
        steps
    }

    /// One Pod where one belongs, none where none does.
    fn settle(&self, name: &str, place: &Place, steps: &mut Steps) {
        let ending = |pod: &&Arc<Pod>| pod.metadata.deletion_timestamp.is_some();
        if place.fit == Fit::Runs && place.pods.is_empty() {
            steps.create.push(name.to_owned());
            return;
        }
        if place.fit == Fit::Not {
            steps.delete.extend(place.pods.iter().filter(|pod| !ending(pod)).cloned());
            return;
        }
        let mut running = Vec::new();
        for pod in place.pods.iter().filter(|pod| !ending(pod)) {
            if pod.phase() == "Failed" {
                steps.failed.push((Arc::clone(pod), name.to_owned()));
            } else if pod.is_terminal() {
                steps.succeeded.push((Arc::clone(pod), name.to_owned()));
            } else {
                running.push(pod);
            }
        }
        // More than one: the oldest stays, unless the younger one is to take its place.
        if self.max_surge() == 0 {
            steps.delete.extend(running.into_iter().skip(1).cloned());
        }
    }

    fn is_on_delete(&self) -> bool {
        let strategy = self.set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
        strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete")
    }

    fn max_surge(&self) -> usize {
        self.limit(|rolling| rolling.max_surge.clone(), 0)
    }

    fn limit(
        &self,
        field: impl Fn(&crate::model::apps::RollingUpdateDaemonSet) -> Option<IntOrString>,
        otherwise: usize,
    ) -> usize {
        let strategy = self.set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
        match strategy.and_then(|strategy| strategy.rolling_update.as_ref()).and_then(field) {
            None => otherwise,
            Some(IntOrString::Int(number)) => usize::try_from(number).unwrap_or(0),
            Some(IntOrString::String(text)) => {
                let percent: usize = text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0);
                (self.desired() * percent).div_ceil(100)
            }
        }
    }

    /// Replaces Pods of an old revision: those that do not work at once, the others as far as may be missing.
    fn renew(&self, steps: &mut Steps) {
        let surge = self.max_surge();
        let most = self.limit(|rolling| rolling.max_unavailable.clone(), 1).max(usize::from(surge == 0));
        let (mut unavailable, mut surging) = (0, 0);
        let (mut broken, mut working, mut fresh) = (Vec::new(), Vec::new(), Vec::new());
        for (name, place) in self.nodes.iter().filter(|(_, place)| place.fit != Fit::Not) {
            let new = place.pods.iter().find(|pod| self.is_updated(pod));
            let old = place.pods.iter().find(|pod| !self.is_updated(pod));
            match (old, new) {
                (Some(old), Some(new)) if surge > 0 => {
                    if self.is_available(new) && old.metadata.deletion_timestamp.is_none() {
                        steps.delete.push(Arc::clone(old));
                    } else {
                        surging += 1;
                    }
                }
                (Some(old), None) if old.metadata.deletion_timestamp.is_some() => unavailable += 1,
                (Some(old), None) if surge > 0 => fresh.push((name.clone(), Arc::clone(old))),
                (Some(old), None) if self.is_available(old) => working.push(Arc::clone(old)),
                (Some(old), None) => {
                    unavailable += 1;
                    broken.push(Arc::clone(old));
                }
                (_, Some(new)) => unavailable += usize::from(!self.is_available(new)),
                (None, None) => unavailable += 1,
            }
        }
        steps.delete.extend(broken);
        steps.delete.extend(working.into_iter().take(most.saturating_sub(unavailable)));
        steps.create.extend(fresh.into_iter().take(surge.saturating_sub(surging)).map(|(name, _)| name));
    }
}

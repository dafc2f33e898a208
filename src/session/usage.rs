//! What nodes and Pods used over time, looked at every few seconds of simulated time so that it can be drawn. Nothing of the cluster
//! depends on it: a cluster without onlookers has no such memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::{SimDuration, SimTime};

/// Between two looks.
pub const LOOK_EVERY: SimDuration = SimDuration::from_secs(5);
/// So many looks are kept.
const KEPT: usize = 72;
/// With more containers than this only nodes are looked at: a look must cost nothing that can be felt.
const CONTAINERS_MAX: usize = 400;

/// One look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: SimTime,
    /// Thousandths of a processor.
    pub cpu: u64,
    /// Bytes of memory.
    pub memory: u64,
}

/// Namespace, Pod and container; for a node only the last.
type Key = (Arc<str>, Arc<str>, Arc<str>);

/// All looks.
#[derive(Clone, Debug, Default)]
pub struct UsageHistory {
    next: SimTime,
    series: Arc<BTreeMap<Key, VecDeque<Sample>>>,
}

impl UsageHistory {
    /// Looks, if it is time to.
    pub fn look(&mut self, cluster: &Cluster) {
        let now = cluster.now();
        if now < self.next {
            return;
        }
        self.next = now + LOOK_EVERY;
        let series = Arc::make_mut(&mut self.series);
        let mut add = |key: Key, sample: Sample| {
            let samples = series.entry(key).or_default();
            if samples.len() == KEPT {
                samples.pop_front();
            }
            samples.push_back(sample);
        };
        let count: usize = cluster.workers().iter().map(|worker| worker.machine.containers().count()).sum();
        for worker in cluster.workers().iter().filter(|worker| worker.is_on) {
            let machine = &worker.machine;
            let all = machine.usage();
            let sample = Sample { at: now, cpu: all.cpu_milli, memory: machine.memory_used() };
            add((Arc::default(), Arc::default(), Arc::clone(&worker.name)), sample);
            for sandbox in machine.sandboxes().filter(|_| count <= CONTAINERS_MAX) {
                for container in sandbox.containers.values().filter(|one| one.init.is_some()) {
                    let usage = machine.container_usage(container.id);
                    let config = &sandbox.config;
                    let name = Arc::clone(&container.config.name);
                    let key = (Arc::clone(&config.namespace), Arc::clone(&config.name), name);
                    add(key, Sample { at: now, cpu: usage.cpu_milli, memory: usage.memory_bytes });
                }
            }
        }
        let oldest = now.saturating_sub(LOOK_EVERY * KEPT as u64);
        series.retain(|_, samples| samples.back().is_some_and(|last| last.at >= oldest));
    }

    /// Forgets what came after `at`.
    pub fn cut(&mut self, at: SimTime) {
        for samples in Arc::make_mut(&mut self.series).values_mut() {
            samples.retain(|sample| sample.at <= at);
        }
        self.next = self.next.min(at);
    }

    /// What a container used until `now`, oldest first.
    pub fn of_container(&self, namespace: &str, pod: &str, container: &str, now: SimTime) -> Vec<Sample> {
        let key: Key = (namespace.into(), pod.into(), container.into());
        let samples = self.series.get(&key).into_iter().flatten().copied();
        samples.filter(|sample| sample.at <= now).collect()
    }

    /// What a node used until `now`, oldest first.
    pub fn of_node(&self, node: &str, now: SimTime) -> Vec<Sample> {
        self.of_container("", "", node, now)
    }
}

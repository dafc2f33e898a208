//! How many Pods that matter are in each domain. What matters is for a [`Counter`] to say; it is asked once for Pods that ask
//! for the same.

use std::sync::Arc;

use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::{Change, Snapshot};

use super::domains::{Domains, Topologies};

/// What a Pod adds to which entries.
pub type Weights = Vec<(usize, i32)>;

/// The same, to be kept.
type Known = Box<[(usize, i32)]>;

/// Says which Pods count, and where.
pub trait Counter {
    /// What a Pod adds to which entries; the answer holds for all Pods that ask for the same.
    fn weigh(&self, other: &PodInfo, entries: &mut Entries) -> Weights;
    /// Whether a Pod is left out for the time being, whatever it adds otherwise.
    fn is_left_out(&self, other: &PodInfo) -> bool {
        let _ = other;
        false
    }
    /// Whether Pods on a node count for an entry.
    fn is_eligible(&self, entry: usize, node: &NodeInfo) -> bool {
        let _ = (entry, node);
        true
    }
}

/// The labels by which the entries of a tally divide the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Vec<String>);

impl Entries {
    /// One entry for each label, in this order; a label may come twice.
    #[must_use]
    pub fn of(keys: impl IntoIterator<Item = String>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// The entry of a label, a new one if there is none.
    pub fn entry(&mut self, key: &str) -> usize {
        self.0.iter().position(|known| known == key).unwrap_or_else(|| {
            self.0.push(key.to_owned());
            self.0.len() - 1
        })
    }
}

/// The counts of one entry.
#[derive(Clone, Debug)]
pub struct Tally {
    /// How the nodes are divided.
    pub domains: Arc<Domains>,
    /// What was counted in each domain; one more for nodes without the label, which stays 0.
    pub counts: Vec<i32>,
    /// The sum of all counts.
    pub sum: i64,
    /// Nodes that do not count, by place; empty when all do.
    excluded: Vec<bool>,
}

/// Several entries, counted together.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    entries: Entries,
    tallies: Vec<Tally>,
    /// What Pods add, by the number of what they ask for.
    known: Vec<Option<Known>>,
    position: u64,
    epochs: Option<(u64, u64)>,
}

impl Tally {
    fn new(entry: usize, domains: Arc<Domains>, snapshot: &Snapshot, counter: &dyn Counter) -> Self {
        let mut excluded: Vec<bool> = snapshot.nodes().map(|node| !counter.is_eligible(entry, node)).collect();
        if !excluded.contains(&true) {
            excluded.clear();
        }
        Self { counts: vec![0; domains.len + 1], domains, sum: 0, excluded }
    }

    /// Whether Pods on the node at a place count.
    #[must_use]
    pub fn is_eligible(&self, place: usize) -> bool {
        self.excluded.get(place).is_none_or(|excluded| !excluded)
    }

    /// Whether Pods on all nodes count.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.excluded.is_empty()
    }

    /// Whether each domain has a node that counts.
    #[must_use]
    pub fn present(&self) -> Vec<bool> {
        let mut present = vec![self.excluded.is_empty(); self.domains.len];
        if !self.excluded.is_empty() {
            let nodes = self.domains.of_place.iter().zip(&self.excluded).filter(|(_, excluded)| !**excluded);
            for (domain, _) in nodes {
                if let Some(one) = present.get_mut(*domain as usize) {
                    *one = true;
                }
            }
        }
        present
    }

    fn add(&mut self, place: usize, weight: i32) {
        let domain = self.domains.of_place[place] as usize;
        if domain < self.domains.len && self.is_eligible(place) {
            self.counts[domain] += weight;
            self.sum += i64::from(weight);
        }
    }
}

impl Tallies {
    /// Begins to count for these entries.
    #[must_use]
    pub fn new(entries: Entries) -> Self {
        Self { entries, ..Self::default() }
    }

    /// The counts, in the order of the entries.
    #[must_use]
    pub fn all(&self) -> &[Tally] {
        &self.tallies
    }

    /// Brings the counts up to date. The counter must be the one that it was before.
    pub fn follow(&mut self, snapshot: &Snapshot, topologies: &mut Topologies, counter: &dyn Counter) {
        let epochs = Some((snapshot.topology_epoch(), snapshot.namespaces.epoch));
        let changes = snapshot.changes();
        let since = changes.since(self.position).filter(|_| self.epochs == epochs);
        match since {
            None => {
                self.epochs = epochs;
                self.known.clear();
                self.tallies.clear();
                self.grow(snapshot, topologies, counter);
                for (place, node) in snapshot.nodes().enumerate() {
                    for pod in &node.pods {
                        self.count(place, pod, 1, snapshot, topologies, counter);
                    }
                }
            }
            Some(since) => {
                for (slot, change) in since {
                    let (pod, sign) = match change {
                        Change::Node => continue,
                        Change::Added(pod) => (pod, 1),
                        Change::Removed(pod) => (pod, -1),
                    };
                    if let Some(place) = snapshot.place_of(slot) {
                        self.count(place, pod, sign, snapshot, topologies, counter);
                    }
                }
            }
        }
        self.position = changes.position();
    }

    fn count(
        &mut self,
        place: usize,
        pod: &PodInfo,
        sign: i32,
        snapshot: &Snapshot,
        topologies: &mut Topologies,
        counter: &dyn Counter,
    ) {
        let number = pod.demand.number as usize;
        if number == 0 {
            let weights = if counter.is_left_out(pod) { Weights::new() } else { counter.weigh(pod, &mut self.entries) };
            self.grow(snapshot, topologies, counter);
            weights.iter().for_each(|(entry, weight)| self.tallies[*entry].add(place, sign * weight));
            return;
        }
        if self.known.len() <= number {
            self.known.resize(number + 1, None);
        }
        if self.known[number].is_none() {
            self.known[number] = Some(counter.weigh(pod, &mut self.entries).into());
            self.grow(snapshot, topologies, counter);
        }
        let Some(weights) = &self.known[number] else { return };
        if !weights.is_empty() && !counter.is_left_out(pod) {
            weights.iter().for_each(|(entry, weight)| self.tallies[*entry].add(place, sign * weight));
        }
    }

    fn grow(&mut self, snapshot: &Snapshot, topologies: &mut Topologies, counter: &dyn Counter) {
        while let Some(key) = self.entries.0.get(self.tallies.len()) {
            let domains = topologies.get(key, snapshot);
            self.tallies.push(Tally::new(self.tallies.len(), domains, snapshot, counter));
        }
    }
}

//! The places that the values of one label divide the nodes into.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::scheduler::snapshot::Snapshot;

/// The domains of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// The number of the domain of each node, by its place in the order of search; `len` for nodes without the label.
    pub of_place: Vec<u32>,
    /// How many there are.
    pub len: usize,
    /// Whether each is a single node.
    pub is_one_each: bool,
}

/// The domains of all labels that anyone has asked for.
#[derive(Clone, Debug, Default)]
pub struct Topologies {
    epoch: u64,
    by_key: BTreeMap<String, Arc<Domains>>,
}

impl Domains {
    fn of(key: &str, snapshot: &Snapshot) -> Self {
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut of_place = Vec::with_capacity(snapshot.len());
        for node in snapshot.nodes() {
            let number = node.labels().get(key).map(|value| {
                let next = numbers.len() as u32;
                *numbers.entry(value).or_insert(next)
            });
            of_place.push(number.unwrap_or(u32::MAX));
        }
        let len = numbers.len();
        let is_one_each = of_place.iter().filter(|number| **number != u32::MAX).count() == len;
        of_place.iter_mut().filter(|number| **number == u32::MAX).for_each(|number| *number = len as u32);
        Self { of_place, len, is_one_each }
    }

    /// The domain of the node at a place; `None` when it lacks the label.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<usize> {
        let number = self.of_place[place] as usize;
        (number < self.len).then_some(number)
    }
}

impl Topologies {
    /// The domains of a label.
    pub fn get(&mut self, key: &str, snapshot: &Snapshot) -> Arc<Domains> {
        if self.epoch != snapshot.topology_epoch() {
            self.epoch = snapshot.topology_epoch();
            self.by_key.clear();
        }
        if let Some(known) = self.by_key.get(key) {
            return Arc::clone(known);
        }
        let domains = Arc::new(Domains::of(key, snapshot));
        self.by_key.insert(key.to_owned(), Arc::clone(&domains));
        domains
    }
}

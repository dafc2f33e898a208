//! The present keys in order. Sorted leaves are shared between a store and its clones, so a checkpoint costs one count
//! per leaf, and a write after it copies one leaf.

use std::sync::Arc;

use super::key_range::KeyRange;
use super::key_value::{Key, KeyValue};

/// A leaf that grows beyond this is split in two.
const LEAF_MAX: usize = 128;
/// A leaf that shrinks below this is joined with its neighbour when both fit into half a leaf.
const LEAF_MIN: usize = 16;

type Leaf<V> = Arc<Vec<Arc<KeyValue<V>>>>;

/// A leaf under its first key, so that the leaf of a key is found without touching any other.
#[derive(Clone, Debug)]
struct Shelf<V> {
    first: Key,
    leaf: Leaf<V>,
}

impl<V> Shelf<V> {
    fn of(entries: Vec<Arc<KeyValue<V>>>) -> Option<Self> {
        let first = Arc::clone(&entries.first()?.key);
        Some(Self { first, leaf: Arc::new(entries) })
    }
}

/// Keys with their values, in the order of the keys. No leaf is empty.
#[derive(Clone, Debug)]
pub(super) struct Keyspace<V> {
    leaves: Vec<Shelf<V>>,
    len: usize,
}

impl<V> Keyspace<V> {
    pub(super) fn new() -> Self {
        Self { leaves: Vec::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, key: &str) -> Option<&Arc<KeyValue<V>>> {
        let leaf = &self.leaves.get(self.leaf_of(key))?.leaf;
        leaf.binary_search_by(|entry| (*entry.key).cmp(key)).ok().map(|at| &leaf[at])
    }

    /// Stores `entry` and returns what stood there.
    pub(super) fn insert(&mut self, entry: Arc<KeyValue<V>>) -> Option<Arc<KeyValue<V>>> {
        let number = self.leaf_of(&entry.key);
        let Some(shelf) = self.leaves.get_mut(number) else {
            self.leaves.extend(Shelf::of(vec![entry]));
            self.len += 1;
            return None;
        };
        let leaf = Arc::make_mut(&mut shelf.leaf);
        match leaf.binary_search_by(|other| other.key.cmp(&entry.key)) {
            Ok(at) => Some(std::mem::replace(&mut leaf[at], entry)),
            Err(at) => {
                if at == 0 {
                    shelf.first = Arc::clone(&entry.key);
                }
                leaf.insert(at, entry);
                self.len += 1;
                if leaf.len() > LEAF_MAX {
                    // A leaf that grows at its end holds keys that arrive in order: leave it nearly full.
                    let upper = leaf.split_off(if at + 1 == leaf.len() { LEAF_MAX - LEAF_MIN } else { LEAF_MAX / 2 });
                    if let Some(upper) = Shelf::of(upper) {
                        self.leaves.insert(number + 1, upper);
                    }
                }
                None
            }
        }
    }

    /// Takes `key` away and returns what stood there.
    pub(super) fn remove(&mut self, key: &str) -> Option<Arc<KeyValue<V>>> {
        let number = self.leaf_of(key);
        let shelf = self.leaves.get_mut(number)?;
        let at = shelf.leaf.binary_search_by(|entry| (*entry.key).cmp(key)).ok()?;
        let leaf = Arc::make_mut(&mut shelf.leaf);
        let removed = leaf.remove(at);
        self.len -= 1;
        let Some(first) = leaf.first() else {
            self.leaves.remove(number);
            return Some(removed);
        };
        if at == 0 {
            shelf.first = Arc::clone(&first.key);
        }
        if leaf.len() < LEAF_MIN {
            self.join(number);
        }
        Some(removed)
    }

    /// The entries of `range`, in order.
    pub(super) fn range<'a>(&'a self, range: &'a KeyRange) -> impl Iterator<Item = &'a Arc<KeyValue<V>>> {
        let start = range.start();
        let first = self.leaf_of(start);
        let skip = self.leaves.get(first).map_or(0, |shelf| shelf.leaf.partition_point(|entry| &*entry.key < start));
        let entries = self.leaves.iter().skip(first).flat_map(|shelf| shelf.leaf.iter());
        entries.skip(skip).take_while(move |entry| !range.ends_before(&entry.key))
    }

    /// How many entries `range` has; looks at each leaf, not at each entry.
    pub(super) fn count(&self, range: &KeyRange) -> usize {
        let start = range.start();
        let mut count = 0;
        for Shelf { leaf, .. } in self.leaves.iter().skip(self.leaf_of(start)) {
            let from = leaf.partition_point(|entry| &*entry.key < start);
            let to = leaf.partition_point(|entry| &*entry.key < start || !range.ends_before(&entry.key));
            count += to - from;
            if to < leaf.len() {
                break;
            }
        }
        count
    }

    /// The leaf in which `key` stands or would stand.
    fn leaf_of(&self, key: &str) -> usize {
        let after = self.leaves.partition_point(|shelf| &*shelf.first <= key);
        after.saturating_sub(1)
    }

    fn join(&mut self, number: usize) {
        let (Some(left), Some(right)) = (self.leaves.get(number), self.leaves.get(number + 1)) else { return };
        if left.leaf.len() + right.leaf.len() <= LEAF_MAX / 2 {
            let right = self.leaves.remove(number + 1);
            Arc::make_mut(&mut self.leaves[number].leaf).extend(right.leaf.iter().cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::Seed;
    use crate::etcd::store::Revision;

    fn entry(number: u64) -> Arc<KeyValue<u64>> {
        let (revision, key) = (Revision(1), format!("/k/{number:04}").into());
        Arc::new(KeyValue {
            key,
            create_revision: revision,
            mod_revision: revision,
            version: 1,
            lease: None,
            value: number,
        })
    }

    #[test]
    fn it_behaves_like_a_sorted_map() {
        let mut random = Seed(1).stream("keyspace");
        let (mut keyspace, mut model) = (Keyspace::new(), BTreeMap::new());
        for _ in 0..20_000 {
            let entry = entry(random.below(2_000));
            if random.below(3) == 0 {
                assert_eq!(keyspace.remove(&entry.key).is_some(), model.remove(&entry.key).is_some());
            } else {
                assert_eq!(keyspace.insert(entry.clone()).is_some(), model.insert(entry.key.clone(), entry).is_some());
            }
        }
        assert_eq!(keyspace.len(), model.len());
        for prefix in ["", "/k/1", "/k/12", "/k/199", "/z"] {
            let range = KeyRange::prefix(prefix);
            let found: Vec<_> = keyspace.range(&range).map(|entry| entry.value).collect();
            let expected: Vec<_> = model.values().filter(|e| e.key.starts_with(prefix)).map(|e| e.value).collect();
            assert_eq!(found, expected, "{prefix}");
            assert_eq!(keyspace.count(&range), expected.len(), "{prefix}");
        }
        let page = KeyRange::prefix_after("/k/1", "/k/1500");
        let expected = model.keys().filter(|key| key.starts_with("/k/1") && &***key > "/k/1500").count();
        assert_eq!((keyspace.range(&page).count(), keyspace.count(&page)), (expected, expected));
    }
}

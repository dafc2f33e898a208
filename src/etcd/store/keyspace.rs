//! The present keys in order. Sorted leaves are shared between a store and its clones, so a checkpoint costs one count
//! per leaf, and a write after it copies one leaf.

use std::sync::Arc;

use super::key_range::KeyRange;
use super::key_value::{Key, KeyValue};

/// A leaf that grows beyond this is split in two.
const LEAF_MAX: usize = 128;
/// A leaf that shrinks below this is joined with its neighbour when both fit into half a leaf.
const LEAF_MIN: usize = 16;

type Leaf<V> = Arc<Vec<Entry<V>>>;

/// An entry under the mark of its key: looking through the marks of a leaf, which lie side by side, takes less time than half a
/// dozen comparisons of texts that lie anywhere.
#[derive(Debug)]
struct Entry<V> {
    mark: u32,
    kv: Arc<KeyValue<V>>,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { mark: self.mark, kv: Arc::clone(&self.kv) }
    }
}

impl<V> Entry<V> {
    fn of(kv: Arc<KeyValue<V>>) -> Self {
        Self { mark: mark(&kv.key), kv }
    }
}

/// A number that keys seldom share. It decides nothing but how fast a key is found.
fn mark(key: &str) -> u32 {
    let fold = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut chunks = key.as_bytes().chunks_exact(8);
    let sum = chunks
        .by_ref()
        .fold(0, |sum, chunk| fold(sum, chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))));
    let sum = chunks.remainder().iter().fold(sum, |sum, byte| fold(sum, u64::from(*byte)));
    (sum >> 32) as u32
}

/// Where `key` stands in a leaf.
fn find<V>(leaf: &[Entry<V>], key: &str) -> Option<usize> {
    let mark = mark(key);
    leaf.iter().position(|entry| entry.mark == mark && *entry.kv.key == *key)
}

/// A leaf under its first key, so that the leaf of a key is found without touching any other.
#[derive(Clone, Debug)]
struct Shelf<V> {
    first: Key,
    leaf: Leaf<V>,
}

impl<V> Shelf<V> {
    fn of(entries: Vec<Entry<V>>) -> Option<Self> {
        let first = Arc::clone(&entries.first()?.kv.key);
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
        find(leaf, key).map(|at| &leaf[at].kv)
    }

    /// Stores `entry` and returns what stood there.
    pub(super) fn insert(&mut self, entry: Arc<KeyValue<V>>) -> Option<Arc<KeyValue<V>>> {
        let number = self.leaf_of(&entry.key);
        let Some(shelf) = self.leaves.get_mut(number) else {
            self.leaves.extend(Shelf::of(vec![Entry::of(entry)]));
            self.len += 1;
            return None;
        };
        let leaf = Arc::make_mut(&mut shelf.leaf);
        match find(leaf, &entry.key) {
            Some(at) => Some(std::mem::replace(&mut leaf[at].kv, entry)),
            None => {
                let at = leaf.partition_point(|other| other.kv.key < entry.key);
                if at == 0 {
                    shelf.first = Arc::clone(&entry.key);
                }
                leaf.insert(at, Entry::of(entry));
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
        let at = find(&shelf.leaf, key)?;
        let leaf = Arc::make_mut(&mut shelf.leaf);
        let removed = leaf.remove(at).kv;
        self.len -= 1;
        let Some(first) = leaf.first() else {
            self.leaves.remove(number);
            return Some(removed);
        };
        if at == 0 {
            shelf.first = Arc::clone(&first.kv.key);
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
        let skip = self.leaves.get(first).map_or(0, |shelf| shelf.leaf.partition_point(|entry| &*entry.kv.key < start));
        let entries = self.leaves.iter().skip(first).flat_map(|shelf| shelf.leaf.iter().map(|entry| &entry.kv));
        entries.skip(skip).take_while(move |entry| !range.ends_before(&entry.key))
    }

    /// How many entries `range` has; looks at each leaf, not at each entry.
    pub(super) fn count(&self, range: &KeyRange) -> usize {
        let start = range.start();
        let mut count = 0;
        for Shelf { leaf, .. } in self.leaves.iter().skip(self.leaf_of(start)) {
            let from = leaf.partition_point(|entry| &*entry.kv.key < start);
            let to = leaf.partition_point(|entry| &*entry.kv.key < start || !range.ends_before(&entry.kv.key));
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

//! Where the object of a namespace and name stands: a hash table that is asked and never walked, so that its order cannot
//! matter to anyone. Finding a name among tens of thousands takes one look instead of some twenty comparisons of texts.

/// Slots by name. Linear probing; whoever is moved when something is taken out keeps its run unbroken.
#[derive(Clone, Debug, Default)]
pub(super) struct NameIndex {
    /// Powers of two of them, at most half full.
    cells: Vec<Option<Cell>>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    hash: u64,
    slot: u32,
}

/// The least number of cells.
const CELLS_MIN: usize = 8;

/// The hash of a name (FNV-1a); the parts are told apart by a byte that no name has.
pub(super) fn hash_of(namespace: &str, name: &str) -> u64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = namespace.bytes().chain([0]).chain(name.bytes()).fold(0xcbf2_9ce4_8422_2325, fold);
    // The low bits choose the cell: let the high ones have a say.
    hash ^ (hash >> 32)
}

impl NameIndex {
    /// The slot with this hash that `is_it`.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        self.position(hash, is_it).and_then(|at| self.cells[at]).map(|cell| cell.slot as usize)
    }

    /// Adds a slot that is not in yet.
    pub(super) fn insert(&mut self, hash: u64, slot: usize) {
        if self.cells.len() < (self.len + 1) * 2 {
            self.grow();
        }
        self.len += 1;
        self.put(Cell { hash, slot: u32::try_from(slot).unwrap_or(u32::MAX) });
    }

    /// Takes the slot with this hash out that `is_it`, and returns it.
    pub(super) fn remove(&mut self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let mut hole = self.position(hash, is_it)?;
        let removed = self.cells[hole].take()?;
        self.len -= 1;
        let mask = self.cells.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let Some(cell) = self.cells[at] else { return Some(removed.slot as usize) };
            // What would be looked for at or before the hole moves into it.
            let wanted = cell.hash as usize & mask;
            if at.wrapping_sub(wanted) & mask >= at.wrapping_sub(hole) & mask {
                self.cells[hole] = self.cells[at].take();
                hole = at;
            }
        }
    }

    fn position(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.cells.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        while let Some(cell) = self.cells[at] {
            if cell.hash == hash && is_it(cell.slot as usize) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn put(&mut self, cell: Cell) {
        let mask = self.cells.len() - 1;
        let mut at = cell.hash as usize & mask;
        while self.cells[at].is_some() {
            at = (at + 1) & mask;
        }
        self.cells[at] = Some(cell);
    }

    fn grow(&mut self) {
        let larger = vec![None; (self.cells.len() * 2).max(CELLS_MIN)];
        let cells = std::mem::replace(&mut self.cells, larger);
        cells.into_iter().flatten().for_each(|cell| self.put(cell));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::Seed;

    #[test]
    fn it_behaves_like_a_map_even_when_hashes_collide() {
        let mut random = Seed(1).stream("names");
        let (mut index, mut model) = (NameIndex::default(), BTreeMap::new());
        for _ in 0..20_000 {
            let slot = random.below(300) as usize;
            // Ten names to a hash, and neighbouring hashes.
            let hash = (slot / 10) as u64;
            if model.remove(&slot).is_some() {
                assert_eq!(index.remove(hash, |other| other == slot), Some(slot));
            } else {
                assert_eq!(index.find(hash, |other| other == slot), None);
                index.insert(hash, slot);
                model.insert(slot, hash);
            }
        }
        for (slot, hash) in model {
            assert_eq!(index.find(hash, |other| other == slot), Some(slot));
        }
    }
}

//! A long list of which every clone shares almost all: whole chunks behind `Arc`, so that a checkpoint of a Raft log or
//! of a watch history costs one count per chunk and not one per element.

use std::collections::VecDeque;
use std::sync::Arc;

/// Elements per chunk: small enough that writing after a checkpoint copies little.
const CHUNK: usize = 256;

/// Elements at consecutive positions, taken away at either end, added at the back.
#[derive(Clone, Debug)]
pub(super) struct SharedList<T> {
    chunks: VecDeque<Arc<Vec<T>>>,
    /// Position of the first element of the first chunk.
    base: u64,
    /// Position of the first element that still counts.
    start: u64,
    end: u64,
}

impl<T: Clone> SharedList<T> {
    /// An empty list whose first element will stand at `start`.
    #[must_use]
    pub(super) fn starting_at(start: u64) -> Self {
        Self { chunks: VecDeque::new(), base: start, start, end: start }
    }

    /// Position of the first element.
    #[must_use]
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// Position after the last element.
    #[must_use]
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Adds `element` at the back.
    pub(super) fn push(&mut self, element: T) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() < CHUNK => Arc::make_mut(chunk).push(element),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(element);
                self.chunks.push_back(Arc::new(chunk));
            }
        }
        self.end += 1;
    }

    /// The element at `position`.
    #[must_use]
    pub(super) fn get(&self, position: u64) -> Option<&T> {
        if position < self.start || position >= self.end {
            return None;
        }
        let offset = (position - self.base) as usize;
        self.chunks.get(offset / CHUNK)?.get(offset % CHUNK)
    }

    /// The last element.
    #[must_use]
    pub(super) fn last(&self) -> Option<&T> {
        self.get(self.end.checked_sub(1)?)
    }

    /// The elements from `position` on.
    pub(super) fn iter_from(&self, position: u64) -> impl DoubleEndedIterator<Item = &T> {
        (position.max(self.start)..self.end).filter_map(|position| self.get(position))
    }

    /// Forgets the elements before `position`.
    pub(super) fn drop_before(&mut self, position: u64) {
        self.start = position.clamp(self.start, self.end);
        while self.start - self.base >= CHUNK as u64 && self.chunks.pop_front().is_some() {
            self.base += CHUNK as u64;
        }
    }

    /// Forgets the elements from `position` on.
    pub(super) fn truncate(&mut self, position: u64) {
        self.end = position.clamp(self.start, self.end);
        let kept = (self.end - self.base) as usize;
        self.chunks.truncate(kept.div_ceil(CHUNK));
        if !kept.is_multiple_of(CHUNK)
            && let Some(chunk) = self.chunks.back_mut()
        {
            Arc::make_mut(chunk).truncate(kept % CHUNK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_behaves_like_a_vector_whose_ends_are_cut() {
        let mut list = SharedList::starting_at(1);
        (1..=1000u64).for_each(|number| list.push(number));
        let before = list.clone();
        list.drop_before(600);
        list.truncate(700);
        list.push(7);
        assert_eq!((list.start(), list.end()), (600, 701));
        assert_eq!(
            (list.get(599), list.get(600), list.get(699), list.get(700)),
            (None, Some(&600), Some(&699), Some(&7))
        );
        assert_eq!(list.iter_from(0).count(), 101);
        assert_eq!((before.end(), before.last()), (1001, Some(&1000)));
    }

    #[test]
    fn cutting_on_the_edge_of_a_chunk_keeps_the_positions() {
        let mut list = SharedList::starting_at(0);
        (0..512u64).for_each(|number| list.push(number));
        list.truncate(256);
        list.push(9);
        assert_eq!((list.get(255), list.get(256), list.end()), (Some(&255), Some(&9), 257));
        list.drop_before(257);
        assert_eq!(list.last(), None);
        list.push(10);
        assert_eq!(list.get(257), Some(&10));
    }
}

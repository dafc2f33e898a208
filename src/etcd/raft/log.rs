//! The log: entries behind a point up to which a snapshot stands for them.

use std::sync::Arc;

use super::entry::{Entry, Index, Payload, Term};
use crate::etcd::shared_list::SharedList;

/// The entries that a member still holds.
#[derive(Clone, Debug)]
pub(super) struct Log<C> {
    entries: SharedList<Arc<Entry<C>>>,
    /// The term of the entry before the first one.
    term_before: Term,
}

impl<C> Log<C> {
    /// A log whose first entry will follow the entry at `index`, which had `term`.
    pub(super) fn after(index: Index, term: Term) -> Self {
        Self { entries: SharedList::starting_at(index + 1), term_before: term }
    }

    pub(super) fn first_index(&self) -> Index {
        self.entries.start()
    }

    pub(super) fn last_index(&self) -> Index {
        self.entries.end() - 1
    }

    pub(super) fn last_term(&self) -> Term {
        self.entries.last().map_or(self.term_before, |entry| entry.term)
    }

    pub(super) fn get(&self, index: Index) -> Option<&Arc<Entry<C>>> {
        self.entries.get(index)
    }

    /// The term of the entry at `index`, also of the one that the snapshot ends with.
    pub(super) fn term_at(&self, index: Index) -> Option<Term> {
        if index + 1 == self.first_index() {
            return Some(self.term_before);
        }
        self.entries.get(index).map(|entry| entry.term)
    }

    /// Whether a candidate whose log ends like this may be voted for: its last term is later, or the same and its log
    /// is not shorter.
    pub(super) fn is_no_newer_than(&self, last_term: Term, last_index: Index) -> bool {
        (last_term, last_index) >= (self.last_term(), self.last_index())
    }

    /// The greatest index, not above `index`, whose term is not above `term`: where two logs may agree again.
    pub(super) fn last_not_above(&self, index: Index, term: Term) -> (Index, Term) {
        let mut index = index.min(self.last_index());
        while let Some(found) = self.term_at(index) {
            if found <= term || index == 0 {
                return (index, found);
            }
            index -= 1;
        }
        (index, Term(0))
    }

    pub(super) fn append(&mut self, term: Term, payload: Payload<C>) -> Index {
        let index = self.entries.end();
        self.entries.push(Arc::new(Entry { term, index, payload }));
        index
    }

    pub(super) fn push(&mut self, entry: Arc<Entry<C>>) {
        self.entries.push(entry);
    }

    /// Removes the entries from `index` on.
    pub(super) fn truncate(&mut self, index: Index) {
        self.entries.truncate(index);
    }

    /// Forgets the entries up to and including `index`.
    pub(super) fn compact(&mut self, index: Index) {
        if let Some(term) = self.term_at(index) {
            self.term_before = term;
            self.entries.drop_before(index + 1);
        }
    }

    /// The entries from `index` on, shared.
    pub(super) fn since(&self, index: Index) -> Vec<Arc<Entry<C>>> {
        self.entries.iter_from(index).cloned().collect()
    }

    pub(super) fn iter_from(&self, index: Index) -> impl DoubleEndedIterator<Item = &Arc<Entry<C>>> {
        self.entries.iter_from(index)
    }
}

//! A key and what is stored under it, with the revisions that optimistic concurrency lives by.

use std::fmt;
use std::sync::Arc;

use super::lease::LeaseId;

/// A key such as `/registry/pods/default/web`.
pub type Key = Arc<str>;

/// The number of a state of the whole store. Every transaction that changes something makes the next one; Kubernetes
/// shows it as `resourceVersion`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// No revision: what a key that does not exist has.
    pub const NONE: Self = Self(0);

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What can be stored. The store never looks into it; it only needs to know how much room it takes. Values are cloned
/// into every member, so they had better be shared (`Arc`).
pub trait Value: Clone + Send + Sync {
    /// Bytes that the encoded value would take in the database.
    fn size(&self) -> u64;
}

/// A key with its present value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue<V> {
    /// The key.
    pub key: Key,
    /// The revision in which the key was created, after its last deletion.
    pub create_revision: Revision,
    /// The revision in which it was last written.
    pub mod_revision: Revision,
    /// How often it has been written since it was created; 1 right after.
    pub version: u64,
    /// The lease that it dies with.
    pub lease: Option<LeaseId>,
    /// What is stored.
    pub value: V,
}

//! Sets of fields and how objects merge field by field: what server-side apply and `metadata.managedFields` rest on.
//!
//! A [`FieldSet`] says which fields are meant, a [`Shape`] what is one field: which lists are told apart by keys, which
//! maps and lists are taken as a whole. [`Comparison`] tells what differs between two objects, [`gather()`] what one object
//! says, [`merge()`] lays one object over another, [`remove()`] takes fields away.
//!
//! Source of the rules: `sigs.k8s.io/structured-merge-diff` v6.3.2, the release of Kubernetes v1.36.2.
//!
//! Reading order: `element`, `set`, `shape`, `compare`, `gather`, `merge`, `remove`.

mod compare;
mod element;
mod gather;
mod merge;
mod remove;
mod set;
mod shape;

pub use compare::Comparison;
pub use element::{Element, Scalar};
pub use gather::{gather, validate};
pub use merge::merge;
pub use remove::remove;
pub use set::FieldSet;
pub use shape::Shape;

#[cfg(test)]
mod tests;

//! Counts of Pods by place, kept up to date: how many Pods that matter are in each zone, on each node, or wherever a label of
//! nodes says. They follow the changes of the snapshot, so a decision costs what has changed and not what there is.
//!
//! **Invariant.** A count is exactly what counting anew would give, so forgetting it changes no decision.
//!
//! Reading order: [`domains`], [`tally`], [`memory`].

pub mod domains;
pub mod memory;
pub mod tally;

pub use domains::{Domains, Topologies};
pub use memory::{Mask, Memory, View};
pub use tally::{Counter, Entries, Tallies, Tally, Weights};

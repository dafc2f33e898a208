//! Raft: how several members keep one log, although each may stop and any message may be lost.
//!
//! What comes in: proposals, reads, messages, the passing of time, crashes. What goes out: [`node::Output`]s. A member is a
//! value without clock or thread.
//!
//! **Invariants** (the properties of the Raft paper, checked by the tests after every step): at most one leader a term;
//! a leader never changes what it wrote; logs that agree at an entry agree before it; a leader has everything that was
//! committed; nobody obeys different commands at the same place.
//!
//! As in etcd: PreVote, check-quorum, ReadIndex, learners, one change of membership at a time which counts from when it
//! is applied. **Not modelled**: joint consensus, lease-based reads, limits of what is in flight.
//!
//! Reading order: [`entry`], [`configuration`], [`message`], [`node`], `cycle`, `election`, `replication`, `read`,
//! `membership`, `disk`, [`status`].

pub mod configuration;
mod cycle;
mod disk;
mod election;
pub mod entry;
mod leadership;
mod log;
pub mod machine;
mod membership;
pub mod message;
pub mod node;
pub mod progress;
mod read;
mod replication;
mod seen;
pub mod settings;
pub mod status;
mod timers;

pub use configuration::{Change, Configuration};
pub use entry::{Entry, Index, Payload, ProposalId, Proposed, Term};
pub use machine::Machine;
pub use message::{Body, Message, Snapshot};
pub use node::{Output, Raft, Role};
pub use progress::{Progress, Sending};
pub use settings::Settings;
pub use status::Status;

#[cfg(test)]
mod tests;

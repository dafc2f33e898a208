//! Raft on a network that loses, doubles, delays and reorders, with the properties of the paper checked after every step.

mod checker;
mod elections;
mod membership;
mod network;
mod reads;
mod replication;
mod storms;

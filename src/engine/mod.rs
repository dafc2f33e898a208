//! A discrete-event engine that has never heard of Kubernetes.
//!
//! What comes in: signals with the instant at which they are due, inputs from outside, a seed. What goes out: the
//! signals in order, random numbers, and the record of what caused what.
//!
//! **Invariants.** Nothing here reads a clock, a thread, the environment or a hash order. Two signals due at the same
//! instant leave in the order in which they were pushed. Every value is `Clone + Send`, so a checkpoint is a clone.
//!
//! Reading order: [`time`], [`agenda`], [`random`], [`trace`], [`journal`], [`history`], [`vec_map`].

pub mod agenda;
pub mod history;
pub mod journal;
pub mod random;
pub mod time;
pub mod trace;
pub mod vec_map;

pub use agenda::Agenda;
pub use history::{Divergence, History};
pub use journal::Journal;
pub use random::{Seed, Stream};
pub use time::{SimDuration, SimTime};
pub use trace::{Cause, CauseId, Trace};
pub use vec_map::VecMap;

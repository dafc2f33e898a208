//! Goals: CEL expressions over what the cluster holds, does and did.
//!
//! `pods('default','app=web').all(p, p.ready)` is true or false at every instant. Objects appear as their JSON with helper
//! fields (`p.ready`, `p.node`, `d.readyReplicas`); [`call::FUNCTIONS`] lists the functions. What does not exist yet makes an
//! expression false, never an error.
//!
//! **Invariants.** A goal looks and never touches. While nothing that an expression names has changed, it is not evaluated.
//!
//! Reading order: [`expression`], [`call`], `check`, [`memory`], `objects`, [`ending`], `world`, [`watched`].

pub mod call;
mod check;
pub mod ending;
pub mod expression;
pub mod memory;
mod objects;
pub mod watched;
mod world;

pub use call::{FUNCTIONS, Function};
pub use ending::{Ending, Endings};
pub use expression::{Expression, ExpressionError, Verdict};
pub use memory::Memory;
pub use watched::Watched;

#[cfg(test)]
mod tests;

//! kubectl: its verbs as programs that can wait, spoken to the API in process.
//!
//! What comes in: a line as people type it, with a [`Workspace`] of files, then [`Reply`]s to what was asked for. What
//! goes out: [`Step`]s: requests, timers, text to print, a text to edit, the exit code.
//!
//! **How a verb waits.** A verb is an ordinary function over a [`Session`]. A call that needs an answer which is not there
//! yet ends the function with [`Failure::Suspended`]; once the answer has come it is recorded, and the function runs
//! again from its start: what is recorded is answered from the record, what was printed is not printed twice. So the
//! whole state of a running command is its words and its record, which is `Clone` and the same in every replay.
//!
//! Behaviour and texts are those of kubectl v1.36. **Not modelled:** kustomize, plugins, proxy, port-forward,
//! terminals, certificates, more than one context; each says so.
//!
//! Reading order: [`invocation`], [`session`], [`record`], [`failure`], [`words`], [`flags`], [`commands`], [`manifests`],
//! [`resources`], [`output`], [`verbs`], [`completion`].

pub mod archive;
pub mod commands;
pub mod completion;
pub mod failure;
pub mod flags;
pub mod invocation;
pub mod manifests;
pub mod output;
pub mod record;
pub mod resources;
pub mod session;
pub mod verbs;
pub mod words;

pub use completion::{Lister, complete};
pub use failure::Failure;
pub use invocation::{Defaults, Invocation, Reply, Step, StreamName, Workspace};
pub use record::{Arrival, Handle};
pub use session::Session;

#[cfg(test)]
mod tests;

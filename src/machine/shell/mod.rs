//! Shells: scripts are read by a real grammar and run step by step in virtual time.
//!
//! A shell is a value: what it is in the middle of is a stack of [`Frame`]s, so it can stop at any command, be copied,
//! and go on. It never waits by itself; it tells the kernel what it waits for. The behaviour is that of dash 0.5.12, bash 5.2
//! and busybox ash 1.35, as measured; where they differ, [`Dialect`](crate::machine::image::Dialect) decides.
//!
//! **Not modelled.** Job control, aliases, arrays, process substitution, `coproc`, `select`, `getopts`.
//! A script that uses one of them says so when it is read.
//!
//! Reading order: [`ast`], [`parse`], [`expand`], [`frame`], [`step`], [`simple`], [`builtin`], [`interactive`].

pub mod arithmetic;
pub mod ast;
pub mod builtin;
pub mod compound;
pub mod cut;
pub mod escape;
pub mod expand;
pub mod fork;
pub mod frame;
pub mod glob;
pub mod interactive;
pub mod parse;
pub mod pattern;
pub mod redirect;
pub mod simple;
pub mod start;
pub mod state;
pub mod step;

pub use frame::Frame;
pub use state::State;

use crate::machine::kernel::process::{Ending, HostPid};
use crate::machine::signal::Signal;

/// A running shell.
#[derive(Clone, Debug)]
pub struct Shell {
    /// What it knows.
    pub state: State,
    /// What it is in the middle of, the innermost last.
    pub frames: Vec<Frame>,
    /// Signals with a trap that has not run yet.
    pub pending: Vec<Signal>,
    /// Children that have ended and that a frame waits for.
    pub ended: Vec<(HostPid, Ending)>,
    /// Whether a failure does not count because an outer shell tests the result.
    pub errexit_ignored: bool,
    /// Whether its last command may take its place.
    pub may_replace: bool,
    /// The exit status once it is leaving.
    pub leaving: Option<i32>,
    /// Processor time used since it was booked last, in microseconds.
    pub used: u64,
    /// Commands that podlab does not know, already told about.
    pub unknown: Vec<String>,
}

#[cfg(test)]
mod tests;

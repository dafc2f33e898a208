//! What became of a signal: the facts behind "why did my Pod take thirty seconds to stop?".

use std::sync::Arc;

use crate::engine::{CauseId, SimTime};
use crate::machine::signal::Signal;

/// Who sent a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The runtime, from the machine's own namespace.
    Outside,
    /// The kernel.
    Kernel,
    /// A process of the same namespace, by its PID there.
    Process(u32),
}

/// What became of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A handler ran, or will as soon as it can.
    Handled,
    /// A shell's trap has to wait until its foreground command ends.
    WaitsForCommand {
        /// The command.
        command: Arc<str>,
    },
    /// Lost: PID 1 of a namespace has no handler for it, so the kernel discards it.
    IgnoredByPidOne,
    /// The process asked to ignore it.
    Ignored,
    /// The default action ended the process.
    Terminated,
    /// The default action of this signal is to do nothing.
    NoEffect,
}

/// The record of one signal delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalFate {
    /// When.
    pub at: SimTime,
    /// Which.
    pub signal: Signal,
    /// Who sent it.
    pub sender: Sender,
    /// To which process, by its PID in its namespace.
    pub pid: u32,
    /// That process's command.
    pub command: Arc<str>,
    /// What became of it.
    pub fate: Fate,
    /// Children that live on and never hear of it, as `pid command`.
    pub not_forwarded_to: Vec<Arc<str>>,
    /// What brought it about.
    pub cause: CauseId,
}

/// The end of a process, kept for containers that were sent a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessEnd {
    /// When.
    pub at: SimTime,
    /// Its PID in its namespace.
    pub pid: u32,
    /// Its command.
    pub command: Arc<str>,
    /// 0..=255; 128+n for death by signal n.
    pub code: i32,
}

impl SignalFate {
    /// `SIGTERM from outside to PID 1 (sh run.sh): no handler, and the kernel spares PID 1 the default action`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let sender = match self.sender {
            Sender::Outside => "from outside".to_owned(),
            Sender::Kernel => "from the kernel".to_owned(),
            Sender::Process(pid) => format!("from PID {pid}"),
        };
        let fate = match &self.fate {
            Fate::Handled => "its handler runs".to_owned(),
            Fate::WaitsForCommand { command } => format!("its trap waits for the foreground command to end: {command}"),
            Fate::IgnoredByPidOne => "no handler, and the kernel spares PID 1 the default action: lost".to_owned(),
            Fate::Ignored => "it asked to ignore that".to_owned(),
            Fate::Terminated => "it ends".to_owned(),
            Fate::NoEffect => "no effect".to_owned(),
        };
        let mut sentence = format!("{} {sender} to PID {} ({}): {fate}", self.signal, self.pid, self.command);
        if !self.not_forwarded_to.is_empty() {
            sentence.push_str(&format!("; not told to its children: {}", self.not_forwarded_to.join(", ")));
        }
        sentence
    }
}

//! Frames: the things a shell can be in the middle of.

use std::sync::Arc;

use super::ast::{Chain, Compound, List, Redirect, Simple};
use super::expand::Memory;
use super::interactive::Reading;
use super::state::Variable;
use crate::machine::kernel::descriptor::OpenId;
use crate::machine::kernel::process::HostPid;

/// Descriptors as they were before a redirection.
pub type Saved = Vec<(i32, Option<OpenId>)>;

/// Variables as they were.
pub type Shadowed = Vec<(String, Option<Variable>)>;

/// One level of what a shell is doing.
#[derive(Clone, Debug)]
pub enum Frame {
    /// A list; `next` is the item to be run.
    List {
        /// The commands.
        items: List,
        /// Where it goes on.
        next: usize,
    },
    /// A chain; `next` is the pipeline to be run or skipped.
    Chain {
        /// The chain.
        chain: Arc<Chain>,
        /// Where it goes on.
        next: usize,
    },
    /// `!` in front of what is above.
    Not,
    /// Processes joined by pipes, with the statuses known so far.
    Pipeline {
        /// The processes, each with its status once it has ended.
        members: Vec<(HostPid, Option<i32>)>,
        /// Whether `!` stands before it.
        is_negated: bool,
        /// What is run, as written.
        command: Arc<str>,
    },
    /// The condition of an `if` is above.
    If {
        /// The construct.
        node: Arc<Compound>,
        /// Which condition.
        arm: usize,
    },
    /// The condition or the body of a loop is above.
    Loop {
        /// The construct.
        node: Arc<Compound>,
        /// Whether the condition runs, not the body.
        in_condition: bool,
        /// The exit status to go on with.
        status: i32,
    },
    /// A `for`, with the values once they are known.
    For {
        /// The construct.
        node: Arc<Compound>,
        /// What it runs through.
        values: Option<Vec<String>>,
        /// Where it goes on.
        next: usize,
        /// What expansion remembers.
        memory: Memory,
    },
    /// A `case`, `((…))` or `[[…]]` that is being expanded.
    Expanding {
        /// The construct.
        node: Arc<Compound>,
        /// What expansion remembers.
        memory: Memory,
    },
    /// A simple command that is being expanded.
    Simple {
        /// What is run, as written.
        command: Arc<Simple>,
        /// What expansion remembers.
        memory: Memory,
        /// The status of the last command substitution.
        substituted: Option<i32>,
    },
    /// A construct whose redirections are being expanded.
    Redirecting {
        /// The construct.
        node: Arc<Compound>,
        /// What is redirected.
        redirects: Arc<[Redirect]>,
        /// What expansion remembers.
        memory: Memory,
    },
    /// Descriptors to put back.
    Restore(Saved),
    /// Variables to put back.
    Unshadow(Shadowed),
    /// A function; its positional parameters replaced these.
    Function {
        /// The positional parameters of the caller.
        positional: Arc<[String]>,
        /// Variables that `local` has hidden.
        locals: Shadowed,
    },
    /// A file read by `.`.
    Sourced,
    /// A command in the foreground.
    Child {
        /// The process.
        process: HostPid,
        /// What is run, as written.
        command: Arc<str>,
    },
    /// `$(…)`: its output so far.
    Substitution {
        /// The process.
        process: HostPid,
        /// Where its output comes from.
        pipe: OpenId,
        /// Its output so far.
        output: Vec<u8>,
        /// Whether the output has come to its end.
        is_read: bool,
    },
    /// The action of a trap is above; the status to go back to.
    Trap {
        /// The exit status to go on with.
        status: i32,
    },
    /// `wait` for these numbers, or for all.
    Wait {
        /// Which processes.
        pids: Option<Vec<u32>>,
    },
    /// `read` into these variables.
    Read {
        /// The variables.
        names: Vec<String>,
        /// Whether backslashes are ordinary.
        is_raw: bool,
        /// What has been read.
        line: Vec<u8>,
        /// Where it reads.
        descriptor: i32,
    },
    /// Output that a full pipe did not take; then the status.
    Write {
        /// Where it goes.
        open: OpenId,
        /// The bytes.
        bytes: Vec<u8>,
        /// The exit status to go on with.
        status: i32,
    },
    /// A script that is still to be read: its text, or its file.
    Begin {
        /// The text, for `-c`.
        text: Option<String>,
        /// The file.
        file: Option<String>,
    },
    /// A script that is read from standard input.
    Script(Reading),
}

impl Frame {
    /// What expansion in this frame remembers.
    pub fn memory(&mut self) -> Option<&mut Memory> {
        match self {
            Self::For { memory, .. }
            | Self::Expanding { memory, .. }
            | Self::Simple { memory, .. }
            | Self::Redirecting { memory, .. } => Some(memory),
            _ => None,
        }
    }

    /// Whether a failure above this frame is only the answer to a question.
    #[must_use]
    pub fn is_test(&self) -> bool {
        match self {
            Self::If { .. } | Self::Not => true,
            Self::Loop { in_condition, .. } => *in_condition,
            Self::Chain { chain, next } => *next <= chain.rest.len(),
            _ => false,
        }
    }

    /// The command in the foreground that a trap has to wait for.
    #[must_use]
    pub fn foreground(&self) -> Option<Arc<str>> {
        match self {
            Self::Child { command, .. } | Self::Pipeline { command, .. } => Some(Arc::clone(command)),
            Self::Substitution { .. } => Some("$(…)".into()),
            Self::Write { .. } => Some("write".into()),
            _ => None,
        }
    }

    /// Whether this frame waits for `process` to end.
    #[must_use]
    pub fn waits_for(&self, process: HostPid) -> bool {
        match self {
            Self::Child { process: own, .. } | Self::Substitution { process: own, .. } => *own == process,
            Self::Pipeline { members, .. } => members.iter().any(|(own, _)| *own == process),
            _ => false,
        }
    }
}

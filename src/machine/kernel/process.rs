//! A process: who it is, what it holds open, what it wants of signals, and what it is doing.

use std::sync::Arc;

use super::container::Environment;
use super::descriptor::{OpenId, PipeId};
use super::processor::Used;
use crate::engine::{CauseId, SimTime, VecMap};
use crate::machine::command::Run;
use crate::machine::cri::{ContainerId, ExecId, Fate, OutgoingId, Sender};
use crate::machine::program::Program;
use crate::machine::program::template::Scope;
use crate::machine::shell::Shell;
use crate::machine::signal::Signal;

/// A process number in the machine's own namespace; unique on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPid(pub u32);

/// A PID namespace: that of a container, or one for the whole Pod (`shareProcessNamespace`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namespace {
    /// Shared by the Pod; the pause process is PID 1.
    Pod,
    /// The container's own.
    Container(ContainerId),
}

/// A set of signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignalSet(u32);

impl SignalSet {
    /// Whether `signal` is in it.
    #[must_use]
    pub fn has(self, signal: Signal) -> bool {
        self.0 & (1 << signal.number()) != 0
    }

    /// With `signal`.
    #[must_use]
    pub fn with(self, signal: Signal) -> Self {
        Self(self.0 | (1 << signal.number()))
    }

    /// Without `signal`.
    #[must_use]
    pub fn without(self, signal: Signal) -> Self {
        Self(self.0 & !(1 << signal.number()))
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Code(i32),
    /// By a signal.
    Signal(Signal),
    /// By the kernel, for its memory.
    Memory,
}

impl Ending {
    /// 0..=255; 128+n for a signal.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code & 0xff,
            Self::Signal(signal) => signal.exit_code(),
            Self::Memory => Signal::Kill.exit_code(),
        }
    }
}

/// Whether a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs or waits.
    Alive,
    /// `SIGSTOP` holds it.
    Stopped,
    /// It has ended and nobody has asked how.
    Zombie(Ending),
}

/// What a process waits for; a hint for waking, never the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing in particular: time, or a signal.
    Time,
    /// A pipe to change.
    Pipe(PipeId),
    /// A child to end.
    Child,
    /// An answer from outside.
    Answer(OutgoingId),
}

/// What a process is doing.
#[derive(Clone, Debug)]
pub enum Body {
    /// A program of the catalogue.
    Program(Box<Program>),
    /// A shell.
    Shell(Box<Shell>),
    /// A Unix tool.
    Tool(Box<Run>),
    /// Out of its place while it runs.
    Running,
}

impl Body {
    /// What it does with a signal that it has a handler for; `None` when it has none.
    #[must_use]
    pub fn handles(&self, signal: Signal) -> Option<Fate> {
        match self {
            Self::Program(program) => program.handles(signal).then_some(Fate::Handled),
            Self::Shell(shell) => shell.handles(signal),
            Self::Tool(_) | Self::Running => None,
        }
    }

    /// Notes a signal that it has a handler for.
    pub fn take_signal(&mut self, signal: Signal) {
        match self {
            Self::Program(program) => program.take_signal(signal),
            Self::Shell(shell) => shell.take_signal(signal),
            Self::Tool(_) | Self::Running => {}
        }
    }

    /// Whether ended children vanish without being asked about.
    #[must_use]
    pub fn reaps_at_once(&self) -> bool {
        match self {
            Self::Program(program) => program.reaps(),
            Self::Shell(_) | Self::Tool(_) | Self::Running => false,
        }
    }
}

/// A process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its number on the machine.
    pub host: HostPid,
    /// Its number in its namespace.
    pub pid: u32,
    /// Its parent; `None` when that is outside the namespace.
    pub parent: Option<HostPid>,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its container; `None` for the pause process.
    pub container: Option<ContainerId>,
    /// The exec that it is the first process of.
    pub exec: Option<ExecId>,
    /// Its command line.
    pub argv: Arc<[String]>,
    /// Its variables when it began.
    pub env: Environment,
    /// Its folder.
    pub cwd: Arc<str>,
    /// Its user.
    pub user: u32,
    /// What it holds open.
    pub descriptors: VecMap<i32, OpenId>,
    /// Signals it asked to ignore; children inherit this.
    pub ignored: SignalSet,
    /// Whether it runs.
    pub life: Life,
    /// What it waits for.
    pub waiting: Waiting,
    /// What it is doing.
    pub body: Body,
    /// When it began.
    pub since: SimTime,
    /// What last happened to it.
    pub cause: CauseId,
    /// Only the newest wake-up counts.
    pub wakes: u32,
    /// Memory booked for it.
    pub memory: u64,
    /// Processor time that it used.
    pub used: Used,
    /// Signals that it sent itself while it ran.
    pub inbox: Vec<(Signal, Sender, CauseId)>,
}

impl Process {
    /// Its command line as `ps` shows it.
    #[must_use]
    pub fn command(&self) -> Arc<str> {
        self.argv.join(" ").into()
    }

    /// Processor time that it asked for since it began, in microseconds.
    #[must_use]
    pub fn cpu_spent(&self, now: SimTime, hostname: &Arc<str>) -> u64 {
        let own = self.used.spent(now);
        match &self.body {
            Body::Program(program) => {
                own + program.cpu_spent(now, &Scope::of_environment(&self.argv, &self.env, hostname))
            }
            Body::Shell(_) | Body::Tool(_) | Body::Running => own,
        }
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !matches!(self.life, Life::Zombie(_))
    }
}

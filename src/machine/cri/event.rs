//! What a machine tells the outside.

use std::sync::Arc;

use super::container::{Exit, LogStream};
use super::error::RuntimeError;
use super::id::{ContainerId, ExecId, OutgoingId, PullId, SandboxId, SocketId};
use super::image::ImageInfo;
use super::socket::{Outgoing, SocketOutcome};
use crate::engine::{CauseId, SimDuration, SimTime};

/// Something that happened on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineEvent {
    /// When.
    pub at: SimTime,
    /// What brought it about.
    pub cause: CauseId,
    /// What happened.
    pub what: Happening,
}

/// What happened on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A pull is done.
    ImagePulled {
        /// Which.
        pull: PullId,
        /// What arrived.
        image: ImageInfo,
        /// The pull itself.
        took: SimDuration,
        /// The pull and the waiting for others before it.
        took_with_waiting: SimDuration,
    },
    /// A pull failed.
    ImagePullFailed {
        /// Which.
        pull: PullId,
        /// containerd's text, with its `rpc error:` in front.
        error: Arc<str>,
    },
    /// A container's first process began.
    ContainerStarted {
        /// Which.
        container: ContainerId,
    },
    /// A container's first process ended, and all others with it.
    ContainerExited {
        /// Which.
        container: ContainerId,
        /// How.
        exit: Exit,
    },
    /// A live exec, or a container that someone is attached to, wrote something.
    ExecOutput {
        /// Which.
        exec: ExecId,
        /// Where to.
        stream: LogStream,
        /// What.
        bytes: Arc<[u8]>,
    },
    /// A command run by `exec` ended.
    ExecFinished {
        /// Which.
        exec: ExecId,
        /// What it wrote.
        stdout: Vec<u8>,
        /// What it wrote to standard error.
        stderr: Vec<u8>,
        /// Standard output and error in the order of writing.
        output: Vec<u8>,
        /// Its exit code.
        exit_code: i32,
    },
    /// A command run by `exec` could not start, or its container ended first.
    ExecFailed {
        /// Which.
        exec: ExecId,
        /// Why.
        error: RuntimeError,
    },
    /// A command run by `exec` took too long and was killed.
    ExecTimedOut {
        /// Which.
        exec: ExecId,
        /// What it had written.
        output: Vec<u8>,
    },
    /// A connection from outside came to an end.
    SocketDone {
        /// Which.
        socket: SocketId,
        /// How.
        outcome: SocketOutcome,
        /// How long it took.
        took: SimDuration,
    },
    /// A process asks something of the world; answer with [`Machine::answer_outgoing`](crate::machine::Machine::answer_outgoing).
    Outgoing {
        /// Which.
        request: OutgoingId,
        /// Where it comes from.
        sandbox: SandboxId,
        /// What.
        what: Outgoing,
    },
    /// A container began, or ceased, to listen on a port.
    Listening {
        /// Where.
        sandbox: SandboxId,
        /// Which port.
        port: u16,
        /// Whether it listens now.
        open: bool,
    },
    /// The kernel killed a container because the whole machine had no memory left.
    SystemOom {
        /// Who was killed.
        container: ContainerId,
        /// The process's name.
        process: Arc<str>,
    },
    /// podlab's own word about something that it does not model.
    NotModelled {
        /// Where it was met.
        container: ContainerId,
        /// A sentence.
        note: Arc<str>,
    },
}

//! What containers are made from, and what is known of them.

use std::sync::Arc;

use super::id::{ContainerId, SandboxId, VolumeHandle};
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::machine::signal::Signal;

/// What a container is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerConfig {
    /// Its name in the Pod.
    pub name: Arc<str>,
    /// The restart count.
    pub attempt: u32,
    /// The image as the Pod names it.
    pub image: Arc<str>,
    /// Replaces the image's entrypoint (and, when `args` is empty, its arguments too).
    pub command: Vec<String>,
    /// Replaces the image's arguments.
    pub args: Vec<String>,
    /// Variables, over those of the image; the last one of a name wins.
    pub env: Vec<(String, String)>,
    /// Where the process starts; the image's own when `None`.
    pub working_dir: Option<String>,
    /// The numeric user; the image's own when `None`.
    pub user: Option<u32>,
    /// What is mounted where.
    pub mounts: Vec<Mount>,
    /// Memory limit in bytes.
    pub memory_limit: Option<u64>,
    /// CPU limit in thousandths of a processor.
    pub cpu_limit_milli: Option<u64>,
    /// CPU request in thousandths: its share when the machine is busy.
    pub cpu_request_milli: u64,
    /// Who dies first when the machine itself runs out of memory; −1000..=1000.
    pub oom_score_adj: i32,
    /// `readOnlyRootFilesystem`.
    pub read_only_root: bool,
    /// `stdin: true`: what people who attach type reaches the first process.
    pub stdin: bool,
    /// `stdinOnce: true`: the first of them who goes takes the input along.
    pub stdin_once: bool,
    /// `tty: true`: the first process has a terminal.
    pub tty: bool,
    /// The container whose processes it sees, for a container that looks into another one.
    pub target: Option<ContainerId>,
    /// Where the process may leave its last words; `/dev/termination-log` when `None`.
    pub termination_message_path: Option<String>,
}

/// The bounds of a container that may change while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cgroup {
    /// Memory limit in bytes.
    pub memory_limit: Option<u64>,
    /// CPU limit in thousandths of a processor.
    pub cpu_limit_milli: Option<u64>,
    /// CPU request in thousandths: its share when the machine is busy.
    pub cpu_request_milli: u64,
}

/// One mount of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where in the container.
    pub path: String,
    /// What.
    pub source: MountSource,
    /// A folder or file below the source; empty for all of it.
    pub sub_path: String,
    /// Whether writes fail with `Read-only file system`.
    pub read_only: bool,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A volume known to the machine.
    Volume(VolumeHandle),
    /// A path of the machine's own disk.
    HostPath(String),
}

/// How a volume that the machine itself makes behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeOptions {
    /// Bytes after which writes fail with `No space left on device`.
    pub size_limit: Option<u64>,
    /// `medium: Memory`: what is written counts as memory of the machine, not as disk.
    pub in_memory: bool,
}

/// The life of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Made, not started.
    Created,
    /// Its first process lives.
    Running,
    /// Its first process has ended.
    Exited,
}

/// Why a container ended, as containerd names it; becomes `terminated.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// Exit code 0.
    Completed,
    /// Any other exit code.
    Error,
    /// Killed by the kernel for its memory.
    OomKilled,
    /// Never started; exit code 128.
    StartError,
    /// The runtime lost it, such as by a reboot; exit code 255.
    Unknown,
}

impl ExitReason {
    /// The word in `terminated.reason`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "Completed",
            Self::Error => "Error",
            Self::OomKilled => "OOMKilled",
            Self::StartError => "StartError",
            Self::Unknown => "Unknown",
        }
    }
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// 0..=255; 128+n for death by signal n.
    pub code: i32,
    /// The signal that killed the first process.
    pub signal: Option<Signal>,
    /// Why.
    pub reason: ExitReason,
    /// The runtime's own words (StartError); empty otherwise.
    pub message: Arc<str>,
    /// When.
    pub at: SimTime,
    /// What brought it about: the signal's sender, the request, the passing of time.
    pub cause: CauseId,
}

/// What the runtime knows of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerStatus {
    /// Its id.
    pub id: ContainerId,
    /// Where it lives.
    pub sandbox: SandboxId,
    /// Its name in the Pod.
    pub name: Arc<str>,
    /// The restart count.
    pub attempt: u32,
    /// The image as the Pod names it.
    pub image: Arc<str>,
    /// `sha256:…`.
    pub image_id: Arc<str>,
    /// `docker.io/library/nginx@sha256:…`.
    pub image_digest: Arc<str>,
    /// `STOPSIGNAL` of the image.
    pub stop_signal: Signal,
    /// Where it is in its life.
    pub state: ContainerState,
    /// When it was made.
    pub created_at: SimTime,
    /// When its first process began.
    pub started_at: Option<SimTime>,
    /// How it ended.
    pub exit: Option<Exit>,
}

/// Where a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was complete.
    pub at: SimTime,
    /// Where it was written.
    pub stream: LogStream,
    /// Without the line end.
    pub text: Arc<str>,
}

/// A command to run inside a running container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecConfig {
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// What it reads; the end follows at once, unless it is `live`.
    pub stdin: Vec<u8>,
    /// What it writes is told at once, what it reads comes later.
    pub live: Option<Live>,
    /// Killed after this long.
    pub timeout: Option<SimDuration>,
}

/// How a person is connected with a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// What the person types reaches it; without, it reads nothing.
    pub stdin: bool,
    /// It has a terminal.
    pub tty: bool,
}

/// What a container or a machine uses at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Thousandths of a processor.
    pub cpu_milli: u64,
    /// Bytes of memory (working set).
    pub memory_bytes: u64,
    /// Bytes of writable layer and logs; for a machine also images and node-local volumes.
    pub disk_bytes: u64,
    /// How many processes.
    pub processes: u64,
}

/// One process as `ps` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its PID in its namespace.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// Which container it belongs to.
    pub container: Option<ContainerId>,
    /// The command with its arguments.
    pub command: Arc<str>,
    /// Whether it has ended and waits to be collected.
    pub is_zombie: bool,
    /// Since when.
    pub since: SimTime,
    /// Signals it has a handler for.
    pub handles: Vec<Signal>,
}

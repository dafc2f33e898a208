//! The container runtime interface: what the kubelet asks of its machine, and what the machine tells back.
//!
//! Models the CRI (`k8s.io/cri-api/pkg/apis/runtime/v1`) as containerd answers it. The calls themselves are methods of
//! [`Machine`](super::Machine); this file holds their words. Calls take effect at once; what takes time comes back later
//! as a [`MachineEvent`]. Every call that can change a process carries a cause, and events carry it back.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::signal::Signal;
use crate::engine::{CauseId, SimDuration, SimTime};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        /// 64 hexadecimal digits, as containerd names things.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hexadecimal(self.0))
            }
        }
    };
}

id!(
    /// A Pod sandbox: the network namespace and the processes that share it.
    SandboxId
);
id!(
    /// One instance of a container; a restart makes a new one.
    ContainerId
);
id!(
    /// A pull under way.
    PullId
);
id!(
    /// A command run inside a container by `exec`.
    ExecId
);
id!(
    /// A connection from outside into a sandbox.
    SocketId
);
id!(
    /// A request from a process to the world outside its sandbox.
    OutgoingId
);

/// The same number gives the same digits; neighbours look unrelated (splitmix64).
fn hexadecimal(number: u64) -> String {
    let mut state = number;
    let mut word = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    format!("{:016x}{:016x}{:016x}{:016x}", word(), word(), word(), word())
}

/// The name of a volume that containers mount, unique per machine; for a PVC the name of its PersistentVolume.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeHandle(pub Arc<str>);

impl VolumeHandle {
    /// The volume called `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

/// How large the computer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineConfig {
    /// Its host name; also separates its ids from those of other machines.
    pub name: Arc<str>,
    /// Processors, in thousandths.
    pub cpu_milli: u64,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// The disk that holds images, writable layers, logs and node-local volumes, in bytes.
    pub disk_bytes: u64,
    /// What a pull gets from the network, in bytes per second.
    pub pull_bytes_per_second: u64,
    /// Real pulls of one image at a time, as the kubelet's `serializeImagePulls` (default true) asks for.
    pub serialize_pulls: bool,
}

impl MachineConfig {
    /// A worker of 2 processors, 4 GiB of memory, 40 GiB of disk and 40 MB/s towards the registry.
    #[must_use]
    pub fn worker(name: &str) -> Self {
        Self {
            name: name.into(),
            cpu_milli: 2_000,
            memory_bytes: 4 << 30,
            disk_bytes: 40 << 30,
            pull_bytes_per_second: 40_000_000,
            serialize_pulls: true,
        }
    }
}

/// What a sandbox is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Namespace of the Pod.
    pub namespace: Arc<str>,
    /// Name of the Pod.
    pub name: Arc<str>,
    /// UID of the Pod.
    pub uid: Arc<str>,
    /// What `hostname` prints.
    pub hostname: Arc<str>,
    /// The Pod's address; `None` until the network gave one, see [`Machine::set_sandbox_ip`](super::Machine::set_sandbox_ip).
    pub ip: Option<IpAddr>,
    /// Whether the Pod lives in the machine's network namespace; ports are then shared by all such Pods.
    pub host_network: bool,
    /// `shareProcessNamespace`: the pause process is PID 1 of all containers.
    pub share_processes: bool,
    /// The contents of `/etc/resolv.conf`.
    pub dns: DnsConfig,
    /// Extra lines of `/etc/hosts`: address and names.
    pub host_aliases: Vec<(String, Vec<String>)>,
}

/// `/etc/resolv.conf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsConfig {
    /// Whom to ask.
    pub nameservers: Vec<IpAddr>,
    /// What is appended to names with fewer than `ndots` dots.
    pub searches: Vec<String>,
    /// `options` lines, such as `ndots:5`.
    pub options: Vec<String>,
}

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
    /// Where the process may leave its last words; `/dev/termination-log` when `None`.
    pub termination_message_path: Option<String>,
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

/// What is known about an image on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// `sha256:…`, the id of the configuration.
    pub id: Arc<str>,
    /// `docker.io/library/nginx:1.27`.
    pub reference: Arc<str>,
    /// `docker.io/library/nginx@sha256:…`.
    pub digest: Arc<str>,
    /// Compressed bytes, the figure of the kubelet's `Image size:`.
    pub size: u64,
    /// The numeric or named user of the image; empty for root.
    pub user: Arc<str>,
    /// `STOPSIGNAL`, [`Signal::Term`] when the image does not say.
    pub stop_signal: Signal,
}

/// Why a call of the runtime failed; prints as containerd words it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// There is no such sandbox, container, image.
    #[error("rpc error: code = NotFound desc = an error occurred when try to find {0}: not found")]
    NotFound(String),
    /// The process could not be started; the container has exited with code 128 and reason `StartError`.
    #[error(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {0}"
    )]
    Start(String),
    /// The command of an `exec` could not be started.
    #[error(
        "failed to exec in container: failed to start exec \"{exec}\": OCI runtime exec failed: exec failed: unable to start container process: {reason}"
    )]
    Exec {
        /// The id of the attempt.
        exec: String,
        /// Such as `exec: "bash": executable file not found in $PATH`.
        reason: String,
    },
    /// The container is not running.
    #[error("rpc error: code = Unknown desc = container is in {0} state")]
    WrongState(&'static str),
    /// The image is not on the machine.
    #[error("failed to get image from containerd \"{0}\": image not found")]
    ImageMissing(String),
    /// The image asks for nothing to run, and neither does the Pod.
    #[error("failed to generate container spec: no command specified")]
    NoCommand,
    /// A mount cannot be made.
    #[error("failed to generate container spec: {0}")]
    Mount(String),
    /// The image's name cannot be read: `invalid reference format`.
    #[error("couldn't parse image name \"{image}\": {reason}")]
    InvalidImageName {
        /// The name.
        image: String,
        /// Why not.
        reason: String,
    },
    /// The machine is off.
    #[error(
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused\""
    )]
    Down,
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
    /// What it reads; the end follows at once.
    pub stdin: Vec<u8>,
    /// Killed after this long.
    pub timeout: Option<SimDuration>,
}

/// An HTTP request into a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The port.
    pub port: u16,
    /// `GET`, `POST`…
    pub method: Arc<str>,
    /// Path and query.
    pub path: Arc<str>,
    /// Names (any case) and values.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    pub body: Vec<u8>,
    /// Who asks.
    pub from: Option<IpAddr>,
}

impl HttpRequest {
    /// A plain `GET`.
    #[must_use]
    pub fn get(port: u16, path: &str) -> Self {
        Self { port, method: "GET".into(), path: path.into(), headers: Vec::new(), body: Vec::new(), from: None }
    }
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// 200, 404…
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Arc<[u8]>,
}

/// How a connection from outside fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketOutcome {
    /// An answer came.
    Answered(HttpResponse),
    /// A TCP connection was accepted.
    Connected,
    /// Nobody listens on the port.
    Refused,
    /// The process died, or closed the connection, before it had answered.
    Reset,
    /// The sandbox has no network any more: packets vanish. The caller's own timeout decides when it gives up.
    Unreachable,
}

/// A connection that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub socket: SocketId,
    /// The port it came in on.
    pub port: u16,
    /// What was asked; empty for a bare TCP connection.
    pub path: Arc<str>,
    /// Since when.
    pub since: SimTime,
    /// Who asks.
    pub from: Option<IpAddr>,
}

/// A request of a process to the world outside its sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A question to a name server; the search list has been applied already.
    Dns {
        /// Whom it asks.
        server: IpAddr,
        /// The full name, without the last dot.
        name: String,
        /// What is asked for.
        record: RecordType,
    },
    /// An HTTP request over a connection of its own.
    Http {
        /// Where to.
        to: SocketAddr,
        /// The request; `from` is not set.
        request: HttpRequest,
    },
    /// A TCP connection that is closed as soon as it stands.
    Tcp {
        /// Where to.
        to: SocketAddr,
    },
}

/// Kinds of DNS records that processes ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Service location.
    Srv,
    /// Name of an address.
    Ptr,
}

/// One record of a DNS answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// The name it belongs to.
    pub name: String,
    /// What it says.
    pub data: DnsData,
}

/// The contents of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsData {
    /// `A` or `AAAA`.
    Address(IpAddr),
    /// `CNAME`.
    Alias(String),
    /// `SRV`: priority, weight, port, target.
    Service(u16, u16, u16, String),
    /// `PTR`.
    Pointer(String),
}

/// How a question to a name server was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsOutcome {
    /// `NOERROR`, perhaps with no records.
    Records(Vec<DnsRecord>),
    /// `NXDOMAIN`, perhaps after aliases.
    NoSuchName(Vec<DnsRecord>),
    /// `SERVFAIL`.
    ServerFailure,
}

/// How a request to the outside fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingResult {
    /// The answer to [`Outgoing::Dns`].
    Dns(DnsOutcome),
    /// The answer to [`Outgoing::Http`].
    Http(HttpResponse),
    /// The connection of [`Outgoing::Tcp`] stands.
    Connected,
    /// `Connection refused`.
    Refused,
    /// `Connection reset by peer`.
    Reset,
    /// `No route to host`.
    NoRoute,
    // A request that nobody answers is not answered: the process's own timeout ends it.
}

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
    /// A process asks something of the world; answer with [`Machine::answer_outgoing`](super::Machine::answer_outgoing).
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

/// How a registry behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistryState {
    /// Answers at full speed.
    #[default]
    Reachable,
    /// Its name does not resolve.
    Down,
    /// Does not answer: pulls fail after a timeout.
    TimesOut,
    /// Answers at a hundredth of the speed, given in parts of a hundred.
    Slow(u64),
    /// Refuses with HTTP 429.
    RateLimited,
}

/// Names of registries (`docker.io`, `registry.k8s.io`) and how they behave; absent ones are reachable.
pub type Registries = BTreeMap<Arc<str>, RegistryState>;

/// What a pull may show to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The registry they are for.
    pub registry: Arc<str>,
    /// The user.
    pub username: Arc<str>,
    /// The password or token.
    pub password: Arc<str>,
}

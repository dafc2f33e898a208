//! What people ask of containers through the kubelet: logs, logs that go on, commands, attaching.
//!
//! Models `pkg/kubelet/server/server.go` and `pkg/kubelet/kubelet_pods.go`. Texts are those that kubectl shows.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::{ExecOptions, LogOptions, StreamChunk, Timer};
use crate::engine::{SimDuration, SimTime};
use crate::machine::{ContainerId, ExecConfig, ExecId, Happening, Live, LogLine, LogStream, Machine};
use crate::model::Meta;
use crate::model::time;

use super::pod_worker::PodWorker;
use super::shared::{Asker, Scope, purpose};
use super::slot::Slot;

/// How often a log that is followed is looked at. Source: `k8s.io/cri-client/pkg/logs`, `stateCheckPeriod` is 5 s and changes
/// are told by inotify; this is the delay that a person sees.
const FOLLOW_PERIOD: SimDuration = SimDuration::from_millis(100);

/// The number by which whoever asked knows a stream again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// Streams under way, and what has come of them.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    follows: BTreeMap<StreamId, Follow>,
    /// Commands and attached people.
    sessions: BTreeMap<StreamId, ExecId>,
    /// Attached people who are let go when they have nothing more to say.
    detachable: BTreeSet<StreamId>,
    output: Vec<(StreamId, Result<Piece, String>)>,
}

/// What has come and was not told yet.
#[derive(Clone, Debug, Default)]
struct Piece {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    exit_code: Option<i32>,
}

/// What someone says to a command or a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Bytes for its standard input.
    Bytes(Vec<u8>),
    /// Standard input has come to its end.
    End,
    /// The window has so many columns and rows.
    Size(u16, u16),
    /// The connection is closed; nobody listens any more.
    Bye,
}

#[derive(Clone, Debug)]
struct Follow {
    container: ContainerId,
    timestamps: bool,
    /// How many lines have been told.
    told: usize,
}

impl Streams {
    /// Takes what has come since the last call, in order. A chunk with an exit code, or an error, is the last of its stream.
    pub fn take(&mut self) -> Vec<(StreamId, Result<StreamChunk, String>)> {
        let chunk = |piece: Piece| StreamChunk {
            stdout: piece.stdout.into(),
            stderr: piece.stderr.into(),
            exit_code: piece.exit_code,
        };
        std::mem::take(&mut self.output).into_iter().map(|(stream, result)| (stream, result.map(chunk))).collect()
    }

    /// What is written at one instant is told in one piece, unless that would change the order: a piece is read to the end of
    /// its standard output first.
    fn tell(&mut self, stream: StreamId, piece: Piece) {
        let keeps_order = |before: &Piece| before.stderr.is_empty() || piece.stdout.is_empty();
        match self.output.last_mut() {
            Some((last, Ok(before))) if *last == stream && before.exit_code.is_none() && keeps_order(before) => {
                before.stdout.extend(piece.stdout);
                before.stderr.extend(piece.stderr);
                before.exit_code = piece.exit_code;
            }
            _ => self.output.push((stream, Ok(piece))),
        }
    }

    /// A command of a person has written something, or has ended.
    pub fn on_exec(&mut self, stream: StreamId, happening: &Happening) {
        let piece = match happening {
            Happening::ExecOutput { stream: LogStream::Stdout, bytes, .. } => {
                Piece { stdout: bytes.to_vec(), ..Piece::default() }
            }
            Happening::ExecOutput { bytes, .. } => Piece { stderr: bytes.to_vec(), ..Piece::default() },
            Happening::ExecFinished { stdout, stderr, exit_code, .. } => {
                Piece { stdout: stdout.clone(), stderr: stderr.clone(), exit_code: Some(*exit_code) }
            }
            Happening::ExecFailed { error, .. } => {
                let text = format!(
                    "Internal error occurred: Internal error occurred: error executing command in container: {error}"
                );
                self.forget(stream);
                return self.output.push((stream, Err(text)));
            }
            _ => return,
        };
        if piece.exit_code.is_some() {
            self.forget(stream);
        }
        self.tell(stream, piece);
    }

    fn forget(&mut self, stream: StreamId) -> Option<ExecId> {
        self.detachable.remove(&stream);
        self.sessions.remove(&stream)
    }
}

/// The container that a person means: the named one, or the only one.
///
/// # Errors
/// The words of the API server.
fn chosen<'a>(worker: &'a PodWorker, name: Option<&str>) -> Result<(usize, &'a Slot), String> {
    let pod = worker.pod.metadata.name.as_deref().unwrap_or_default();
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        let mut apps = worker.slots.iter().enumerate().filter(|(_, slot)| slot.role == super::slot::Role::App);
        return match (apps.next(), apps.next()) {
            (Some(only), None) => Ok(only),
            _ => {
                let names: Vec<_> =
                    worker.pod.spec.containers.iter().map(|container| container.name.as_str()).collect();
                Err(format!("a container name must be specified for pod {pod}, choose one of: [{}]", names.join(" ")))
            }
        };
    };
    let found = worker.slots.iter().enumerate().find(|(_, slot)| slot.spec(&worker.pod).name == name);
    found.ok_or_else(|| format!("container {name} is not valid for pod {pod}"))
}

/// The instance whose log is meant.
///
/// # Errors
/// Why there is no log.
fn instance(worker: &PodWorker, options: &LogOptions, machine: &Machine) -> Result<ContainerId, String> {
    let (_, slot) = chosen(worker, options.container.as_deref())?;
    let name = &slot.spec(&worker.pod).name;
    let pod = worker.pod.metadata.name.as_deref().unwrap_or_default();
    if options.previous {
        // While a container waits for its restart, the one that ended counts as the previous one.
        let waits = slot.reason.is_some() && slot.exit_code(machine).is_some();
        let previous = if waits { slot.current } else { slot.last };
        return previous
            .filter(|id| machine.container(*id).is_some())
            .ok_or_else(|| format!("previous terminated container \"{name}\" in pod \"{pod}\" not found"));
    }
    if let Some(id) =
        slot.current.filter(|id| machine.container(*id).is_some_and(|it| it.started_at.is_some() || it.exit.is_some()))
    {
        return Ok(id);
    }
    if let Some(last) = slot.last {
        return Ok(last);
    }
    let status = &worker.report.status;
    let lists = [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
    let statuses = lists.into_iter().flatten();
    let waiting = statuses
        .flatten()
        .find(|status| status.name == *name)
        .and_then(|status| status.state.as_ref()?.waiting.as_ref());
    let reason = waiting.and_then(|waiting| waiting.reason.as_deref()).unwrap_or("ContainerCreating");
    let why = match reason {
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        reason => reason,
    };
    Err(format!("container \"{name}\" in pod \"{pod}\" is waiting to start: {why}"))
}

/// The log that a person asks for.
///
/// # Errors
/// The words of the kubelet, such as `container "c" in pod "p" is waiting to start: ContainerCreating`.
pub fn logs(worker: &PodWorker, options: &LogOptions, machine: &Machine, now: SimTime) -> Result<String, String> {
    let id = instance(worker, options, machine)?;
    let since = match options.since_time.as_deref().and_then(|text| text.parse().ok()) {
        Some(at) => Some(time::sim_time(at)),
        None => options.since_seconds.map(|seconds| now.saturating_sub(SimDuration::from_secs(seconds))),
    };
    let mut lines: Vec<&LogLine> = machine.logs(id).filter(|line| since.is_none_or(|since| line.at >= since)).collect();
    if let Some(tail) = options.tail {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let mut text: String = lines.into_iter().map(|line| shown(line, options.timestamps)).collect();
    if let Some(limit) = options.limit_bytes {
        let fits = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(fits);
    }
    Ok(text)
}

fn shown(line: &LogLine, timestamps: bool) -> String {
    match timestamps {
        true => format!("{:.9} {}\n", time::timestamp(line.at), line.text),
        false => format!("{}\n", line.text),
    }
}

/// Begins to follow a log; what is there already is the first piece.
///
/// # Errors
/// As [`logs`].
pub fn follow(
    worker: &PodWorker,
    stream: StreamId,
    options: &LogOptions,
    scope: &mut Scope<'_, '_>,
) -> Result<String, String> {
    let text = logs(worker, options, scope.machine, scope.ctx.now)?;
    let container = instance(worker, options, scope.machine)?;
    let told = scope.machine.logs(container).count();
    let follow = Follow { container, timestamps: options.timestamps, told };
    scope.shared.streams.follows.insert(stream, follow);
    scope.ctx.timer(FOLLOW_PERIOD, Timer::new(purpose::FOLLOW, stream.0));
    Ok(text)
}

/// Looks at a log that is followed: new lines are told, and the end when the container has ended.
pub fn on_follow_timer(stream: StreamId, scope: &mut Scope<'_, '_>) {
    let Some(follow) = scope.shared.streams.follows.get_mut(&stream) else { return };
    let machine = &*scope.machine;
    let lines: Vec<&LogLine> = machine.logs(follow.container).skip(follow.told).collect();
    follow.told += lines.len();
    let stdout: String = lines.into_iter().map(|line| shown(line, follow.timestamps)).collect();
    let has_ended = machine.container(follow.container).is_none_or(|container| container.exit.is_some());
    if !stdout.is_empty() || has_ended {
        let piece = Piece { stdout: stdout.into_bytes(), stderr: Vec::new(), exit_code: has_ended.then_some(0) };
        scope.shared.streams.tell(stream, piece);
    }
    if has_ended {
        scope.shared.streams.follows.remove(&stream);
    } else {
        scope.ctx.timer(FOLLOW_PERIOD, Timer::new(purpose::FOLLOW, stream.0));
    }
}

/// The running container that a command is meant for, and its place in the Pod.
///
/// # Errors
/// The words of the kubelet when it does not run.
pub fn ready(worker: &PodWorker, options: &ExecOptions, machine: &Machine) -> Result<(usize, ContainerId), String> {
    let (index, slot) = chosen(worker, options.container.as_deref())?;
    let name = &slot.spec(&worker.pod).name;
    if worker.pod.is_terminal() {
        return Err(format!(
            "cannot exec into a container in a completed pod; current phase is {}",
            worker.pod.phase()
        ));
    }
    let running = slot.current.filter(|_| slot.is_running(machine));
    running.map(|id| (index, id)).ok_or_else(|| {
        format!("Internal error occurred: unable to upgrade connection: container not found (\"{name}\")")
    })
}

/// Begins a command in a container.
///
/// # Errors
/// The words of the kubelet when it cannot even begin.
pub fn exec(
    worker: &PodWorker,
    stream: StreamId,
    options: &ExecOptions,
    scope: &mut Scope<'_, '_>,
) -> Result<(), String> {
    let (index, id) = ready(worker, options, scope.machine)?;
    let argv: Vec<String> = options.command.iter().map(ToString::to_string).collect();
    let stdin = options.stdin.as_ref().map(|text| text.as_bytes().to_vec()).unwrap_or_default();
    let live = options.live.then_some(Live { stdin: options.takes_stdin, tty: options.tty });
    let cause = scope.ctx.record("exec", worker.container_path(index), argv.join(" "));
    let now = scope.now();
    let exec = scope.machine.exec(now, id, ExecConfig { argv, stdin, timeout: None, live }, cause);
    scope.shared.owners.execs.insert(exec, Asker::Session(stream));
    scope.shared.streams.sessions.insert(stream, exec);
    Ok(())
}

/// Attaches someone to the standard streams of a container.
///
/// # Errors
/// The words of the kubelet when it does not run.
pub fn attach(
    worker: &PodWorker,
    stream: StreamId,
    options: &ExecOptions,
    scope: &mut Scope<'_, '_>,
) -> Result<(), String> {
    let (index, slot) = chosen(worker, options.container.as_deref())?;
    let spec = slot.spec(&worker.pod);
    let absent = || {
        let meta = &worker.pod.metadata;
        format!(
            "unable to upgrade connection: container {} not found in pod {}_{}",
            spec.name,
            meta.name(),
            meta.namespace()
        )
    };
    let id = slot.current.filter(|_| slot.is_running(scope.machine)).ok_or_else(absent)?;
    let takes_input = options.takes_stdin && spec.stdin == Some(true);
    let cause = scope.ctx.record("attach", worker.container_path(index), "");
    let now = scope.now();
    let exec = scope.machine.attach(now, id, takes_input, cause).map_err(|error| error.to_string())?;
    scope.shared.owners.execs.insert(exec, Asker::Session(stream));
    scope.shared.streams.sessions.insert(stream, exec);
    // Who has nothing more to say is let go, unless the container waits for the end of its input (containerd's
    // `internal/cri/io/container_io.go`, `Attach`).
    let closes_input = spec.stdin_once == Some(true) && spec.tty != Some(true);
    if takes_input && !closes_input {
        scope.shared.streams.detachable.insert(stream);
    }
    if let Some(text) = options.stdin.as_ref().filter(|_| takes_input) {
        scope.machine.feed(now, exec, text.as_bytes(), cause);
        if closes_input {
            scope.machine.end_input(now, exec);
        }
    }
    Ok(())
}

/// Someone says something to a command, or to a container.
pub fn speak(stream: StreamId, said: &Said, scope: &mut Scope<'_, '_>) {
    if *said == Said::Bye {
        scope.shared.streams.follows.remove(&stream);
    }
    let Some(exec) = scope.shared.streams.sessions.get(&stream).copied() else { return };
    let (now, cause) = (scope.now(), scope.cause());
    match said {
        Said::Bytes(bytes) => scope.machine.feed(now, exec, bytes, cause),
        Said::End if scope.shared.streams.detachable.contains(&stream) => {
            scope.shared.streams.forget(stream);
            scope.machine.hang_up(now, exec, cause);
            scope.shared.streams.tell(stream, Piece { exit_code: Some(0), ..Piece::default() });
        }
        Said::End => scope.machine.end_input(now, exec),
        Said::Size(columns, rows) => scope.machine.resize(now, exec, (*columns, *rows), cause),
        Said::Bye => {
            scope.shared.streams.forget(stream);
            scope.machine.hang_up(now, exec, cause);
        }
    }
}

//! What people ask of containers through the kubelet: logs, logs that go on, commands.
//!
//! Models `pkg/kubelet/server/server.go` and `pkg/kubelet/kubelet_pods.go`. Texts are those that kubectl shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{ExecOptions, LogOptions, StreamChunk, Timer};
use crate::engine::{SimDuration, SimTime};
use crate::machine::{ContainerId, ExecConfig, Happening, LogLine, Machine};
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
    output: Vec<(StreamId, Result<StreamChunk, String>)>,
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
        std::mem::take(&mut self.output)
    }

    /// Nobody listens any more.
    pub fn close(&mut self, stream: StreamId) {
        self.follows.remove(&stream);
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
    let statuses = worker.report.status.container_statuses.iter().chain(&worker.report.status.init_container_statuses);
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
    let since = options.since_seconds.map(|seconds| now.saturating_sub(SimDuration::from_secs(seconds)));
    let mut lines: Vec<&LogLine> = machine.logs(id).filter(|line| since.is_none_or(|since| line.at >= since)).collect();
    if let Some(tail) = options.tail {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    Ok(lines.into_iter().map(|line| shown(line, options.timestamps)).collect())
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
        let exit_code = has_ended.then_some(0);
        let chunk = StreamChunk { stdout: stdout.into(), stderr: Arc::default(), exit_code };
        scope.shared.streams.output.push((stream, Ok(chunk)));
    }
    if has_ended {
        scope.shared.streams.follows.remove(&stream);
    } else {
        scope.ctx.timer(FOLLOW_PERIOD, Timer::new(purpose::FOLLOW, stream.0));
    }
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
    let (index, slot) = chosen(worker, options.container.as_deref())?;
    let name = &slot.spec(&worker.pod).name;
    if worker.pod.is_terminal() {
        return Err(format!(
            "cannot exec into a container in a completed pod; current phase is {}",
            worker.pod.phase()
        ));
    }
    let Some(id) = slot.current.filter(|_| slot.is_running(scope.machine)) else {
        return Err(format!("Internal error occurred: unable to upgrade connection: container not found (\"{name}\")"));
    };
    let argv: Vec<String> = options.command.iter().map(ToString::to_string).collect();
    let stdin = options.stdin.as_ref().map(|text| text.as_bytes().to_vec()).unwrap_or_default();
    let cause = scope.ctx.record("exec", worker.container_path(index), argv.join(" "));
    let now = scope.now();
    let exec = scope.machine.exec(now, id, ExecConfig { argv, stdin, timeout: None }, cause);
    scope.shared.owners.execs.insert(exec, Asker::Session(stream));
    Ok(())
}

/// A command of a person has ended.
pub fn on_exec(stream: StreamId, happening: &Happening, scope: &mut Scope<'_, '_>) {
    let result = match happening {
        Happening::ExecFinished { stdout, stderr, exit_code, .. } => Ok(StreamChunk {
            stdout: String::from_utf8_lossy(stdout).into(),
            stderr: String::from_utf8_lossy(stderr).into(),
            exit_code: Some(*exit_code),
        }),
        Happening::ExecFailed { error, .. } => Err(format!(
            "Internal error occurred: Internal error occurred: error executing command in container: {error}"
        )),
        _ => return,
    };
    scope.shared.streams.output.push((stream, result));
}

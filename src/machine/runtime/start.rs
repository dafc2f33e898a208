//! How the first process of a container or of an exec comes to be, and with which standard streams.

use std::sync::Arc;

use crate::engine::{CauseId, VecMap};
use crate::machine::cri::{
    ContainerId, ContainerState, ExecConfig, ExecId, Exit, ExitReason, Happening, LogStream, RuntimeError,
};
use crate::machine::fs::Errno;
use crate::machine::image::Executable;
use crate::machine::image::spec::{EndSpec, LogSpec, ProgramSpec, Template};
use crate::machine::kernel::container::Container;
use crate::machine::kernel::descriptor::{OpenId, OpenKind};
use crate::machine::kernel::exec::{Inlet, Link, Session};
use crate::machine::kernel::process::{Namespace, SignalSet};
use crate::machine::kernel::processor::Used;
use crate::machine::kernel::spawn::{Command, Spawn};
use crate::machine::kernel::terminal::Owner;
use crate::machine::kernel::{Kernel, Wake};

/// The processor of every machine. The kubelet tells it as the label `kubernetes.io/arch`.
const ARCHITECTURE: &str = "amd64";

/// A command built for another processor: runc's own process stays, says so and ends with 255.
fn foreign(command: Command) -> Command {
    let named = command.argv.first().map_or("", String::as_str);
    let text = format!("exec {named}: exec format error");
    let log = vec![LogSpec { text, stderr: true, ..LogSpec::default() }];
    let ends = Some(EndSpec { after: Template("0s".into()), exit: Template("255".into()), log: Vec::new() });
    let program = ProgramSpec { log, ends, ..ProgramSpec::default() };
    Command { executable: Arc::new(Executable::Program(Arc::new(program))), argv: command.argv }
}

/// What runc says when a command cannot be run.
fn start_failure(command: &str, error: Errno) -> String {
    match error {
        Errno::NotFound if command.contains('/') => {
            format!("exec: \"{command}\": stat {command}: no such file or directory")
        }
        Errno::NotFound => format!("exec: \"{command}\": executable file not found in $PATH"),
        Errno::IsDirectory => format!("exec: \"{command}\": is a directory"),
        error => format!("exec: \"{command}\": {}", error.to_string().to_lowercase()),
    }
}

impl Kernel<'_> {
    /// Starts the first process of a container.
    pub(super) fn start(&mut self, id: ContainerId, cause: CauseId) -> Result<(), RuntimeError> {
        let Some(container) = self.sandbox.containers.get(&id) else {
            return Err(RuntimeError::NotFound(id.to_string()));
        };
        if container.state != ContainerState::Created {
            return Err(RuntimeError::WrongState("CONTAINER_EXITED"));
        }
        let is_foreign = container.image.spec.architecture.as_deref().is_some_and(|built| built != ARCHITECTURE);
        let (argv, env, user) = (Arc::clone(&container.argv), Arc::clone(&container.env), container.user());
        let cwd = first_folder(container);
        let search = env.get("PATH").cloned();
        let command = match self.find_command(id, user, &cwd, search.as_deref(), &argv) {
            Ok(command) if is_foreign => foreign(command),
            Ok(command) => command,
            Err(error) => return Err(self.fail_start(id, &argv[0], error, cause)),
        };
        let namespace = self.namespace_of(id);
        let (inlet, descriptors) = self.container_descriptors(id);
        // The first process of a container is PID 1 unless the Pod shares its namespace.
        let body = self.body_of(&command, &env, self.next_pid(namespace));
        let ignored = SignalSet::default();
        let spawn = Spawn {
            parent: None,
            namespace,
            container: Some(id),
            exec: None,
            argv: command.argv,
            env,
            cwd,
            user,
            descriptors,
            ignored,
            used: Used::default(),
            cause,
        };
        let first = self.spawn(spawn, body);
        let now = self.now;
        if let Some(container) = self.sandbox.containers.get_mut(&id) {
            container.init = Some(first);
            container.inlet = inlet;
            container.state = ContainerState::Running;
            container.started_at = Some(now);
        }
        self.emit(cause, Happening::ContainerStarted { container: id });
        Ok(())
    }

    fn fail_start(&mut self, id: ContainerId, command: &str, error: Errno, cause: CauseId) -> RuntimeError {
        let failure = RuntimeError::Start(start_failure(command, error));
        let now = self.now;
        let reason = ExitReason::StartError;
        let exit = Exit { code: 128, signal: None, reason, message: failure.to_string().into(), at: now, cause };
        if let Some(container) = self.sandbox.containers.get_mut(&id) {
            container.end(exit);
        }
        failure
    }

    fn next_pid(&self, namespace: Namespace) -> u32 {
        self.sandbox.last_pids.get(&namespace).copied().unwrap_or(0) + 1
    }

    fn standard_descriptors(&mut self, kinds: [OpenKind; 3]) -> VecMap<i32, OpenId> {
        (0..).zip(kinds).map(|(number, kind)| (number, self.open_kind(kind))).collect()
    }

    /// Whose processes a container sees.
    fn namespace_of(&self, id: ContainerId) -> Namespace {
        if self.sandbox.config.share_processes {
            return Namespace::Pod;
        }
        let target = self.sandbox.containers.get(&id).and_then(|container| container.config.target);
        Namespace::Container(target.unwrap_or(id))
    }

    /// The standard streams of a container's first process.
    fn container_descriptors(&mut self, id: ContainerId) -> (Option<Inlet>, VecMap<i32, OpenId>) {
        let config =
            self.sandbox.containers.get(&id).map(|container| Arc::clone(&container.config)).unwrap_or_default();
        if config.tty {
            let terminal = self.new_terminal(Owner::Container(id));
            let kinds = [0; 3].map(|_| OpenKind::Terminal(terminal));
            return (Some(Inlet::Terminal(terminal)), self.standard_descriptors(kinds));
        }
        let outputs = [OpenKind::Log(id, LogStream::Stdout), OpenKind::Log(id, LogStream::Stderr)];
        let (inlet, input) = if config.stdin { self.inlet_pipe() } else { (None, self.open_kind(OpenKind::Null)) };
        (inlet, self.with_outputs(input, outputs))
    }

    /// The standard streams of an exec's first process.
    fn exec_descriptors(&mut self, exec: ExecId, config: &ExecConfig) -> (Link, VecMap<i32, OpenId>) {
        let outputs = [OpenKind::Capture(exec, LogStream::Stdout), OpenKind::Capture(exec, LogStream::Stderr)];
        match config.live {
            None => {
                let input = self.open_kind(OpenKind::Text(config.stdin.as_slice().into(), 0));
                (Link::Kept, self.with_outputs(input, outputs))
            }
            Some(live) if live.tty => {
                let terminal = self.new_terminal(Owner::Exec(exec));
                let kinds = [0; 3].map(|_| OpenKind::Terminal(terminal));
                (Link::Live(Some(Inlet::Terminal(terminal))), self.standard_descriptors(kinds))
            }
            Some(live) if live.stdin => {
                let (inlet, input) = self.inlet_pipe();
                (Link::Live(inlet), self.with_outputs(input, outputs))
            }
            Some(_) => {
                let input = self.open_kind(OpenKind::Null);
                (Link::Live(None), self.with_outputs(input, outputs))
            }
        }
    }

    fn inlet_pipe(&mut self) -> (Option<Inlet>, OpenId) {
        let (reading, writing) = self.pipe();
        (Some(Inlet::Pipe(writing)), reading)
    }

    fn with_outputs(&mut self, input: OpenId, outputs: [OpenKind; 2]) -> VecMap<i32, OpenId> {
        let [out, err] = outputs.map(|kind| self.open_kind(kind));
        VecMap::from([(0, input), (1, out), (2, err)])
    }

    /// Starts the first process of an exec.
    pub(super) fn begin_exec(&mut self, exec: ExecId, id: ContainerId, config: ExecConfig, cause: CauseId) {
        let ready = self.sandbox.containers.get(&id).filter(|container| container.init.is_some());
        let Some(container) = ready else {
            let error = RuntimeError::WrongState("CONTAINER_EXITED");
            return self.emit(cause, Happening::ExecFailed { exec, error });
        };
        let (env, user, cwd) = (Arc::clone(&container.env), container.user(), first_folder(container));
        let search = env.get("PATH").cloned();
        let command = match self.find_command(id, user, &cwd, search.as_deref(), &config.argv) {
            Ok(command) => command,
            Err(error) => {
                let reason = start_failure(config.argv.first().map_or("", String::as_str), error);
                let error = RuntimeError::Exec { exec: exec.to_string(), reason };
                return self.emit(cause, Happening::ExecFailed { exec, error });
            }
        };
        let deadline = config.timeout.map(|timeout| self.now + timeout);
        let (link, descriptors) = self.exec_descriptors(exec, &config);
        self.sandbox.execs.insert(exec, Session::new(id, deadline, link, cause));
        if let Some(at) = deadline {
            self.shared.wake_at(at, Wake::ExecTimeout(self.sandbox.id, exec));
        }
        let namespace = self.namespace_of(id);
        let body = self.body_of(&command, &env, self.next_pid(namespace));
        let ignored = SignalSet::default();
        let spawn = Spawn {
            parent: None,
            namespace,
            container: Some(id),
            exec: Some(exec),
            argv: command.argv,
            env,
            cwd,
            user,
            descriptors,
            ignored,
            used: Used::default(),
            cause,
        };
        self.spawn(spawn, body);
    }
}

fn first_folder(container: &Container) -> Arc<str> {
    let image = container.image.spec.working_dir.as_str();
    let folder = container.config.working_dir.as_deref().unwrap_or(image);
    if folder.is_empty() { "/".into() } else { folder.into() }
}

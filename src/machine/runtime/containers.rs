//! Calls about containers: make, start, signal, look, exec, logs, remove.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Machine;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{
    ContainerConfig, ContainerId, ContainerState, ContainerStatus, ExecConfig, ExecId, Exit, ExitReason, Happening,
    LogLine, LogStream, MachineEvent, MountSource, ProcessInfo, RuntimeError, SandboxId, Sender, SignalFate,
};
use crate::machine::fs::{Errno, path};
use crate::machine::image::Image;
use crate::machine::image::catalogue::DEFAULT_PATH;
use crate::machine::kernel::container::{Container, Environment, Log};
use crate::machine::kernel::descriptor::{OpenId, OpenKind};
use crate::machine::kernel::exec::{Inlet, Link, Session};
use crate::machine::kernel::process::{Life, Namespace, SignalSet};
use crate::machine::kernel::processor::Used;
use crate::machine::kernel::spawn::Spawn;
use crate::machine::kernel::terminal::Owner;
use crate::machine::kernel::{Kernel, Wake};
use crate::machine::signal::Signal;

/// The last 4096 bytes of the termination message are kept. Source: `pkg/kubelet/container/runtime.go`.
const TERMINATION_MESSAGE_MAX: usize = 4096;

impl Machine {
    /// Makes a container; it does not run yet.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::ImageMissing`], [`RuntimeError::NoCommand`], [`RuntimeError::Mount`].
    pub fn create_container(
        &mut self,
        now: SimTime,
        sandbox: SandboxId,
        config: ContainerConfig,
        _cause: CauseId,
    ) -> Result<ContainerId, RuntimeError> {
        self.catch_up(now);
        if !self.is_on {
            return Err(RuntimeError::Down);
        }
        let image = self.images.get(&config.image).map(Arc::clone);
        let image = image.ok_or_else(|| RuntimeError::ImageMissing(config.image.to_string()))?;
        let argv = command_line(&config, &image);
        if argv.is_empty() {
            return Err(RuntimeError::NoCommand);
        }
        for mount in &config.mounts {
            if let MountSource::Volume(handle) = &mount.source
                && !self.shared.volumes.contains_key(handle)
            {
                return Err(RuntimeError::Mount(format!("volume {} is not mounted on the node", handle.0)));
            }
        }
        let id = ContainerId(self.number());
        let holder = self.sandboxes.get_mut(&sandbox).ok_or_else(|| RuntimeError::NotFound(sandbox.to_string()))?;
        let holder = Arc::make_mut(holder);
        let env = environment(&config, &image, &holder.config.hostname);
        let container = Container {
            id,
            sandbox,
            root: image.root.clone(),
            argv: argv.into(),
            env,
            config: Arc::new(config),
            image,
            layer_bytes: 0,
            state: ContainerState::Created,
            created_at: now,
            started_at: None,
            init: None,
            inlet: None,
            exit: None,
            log: Log::default(),
            fates: Vec::new(),
            memory: 0,
        };
        holder.containers.insert(id, container);
        self.containers.insert(id, sandbox);
        Ok(id)
    }

    /// Starts a container's first process.
    ///
    /// # Errors
    /// [`RuntimeError::Start`] when the command cannot be run: the container has then exited with code 128.
    pub fn start_container(&mut self, now: SimTime, id: ContainerId, cause: CauseId) -> Result<(), RuntimeError> {
        self.catch_up(now);
        let sandbox = self.home(id)?;
        let mut result = Ok(());
        self.within(now, sandbox, |kernel| result = kernel.start(id, cause));
        result
    }

    /// Sends a signal to a container's first process from outside its namespace.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::WrongState`].
    pub fn signal(
        &mut self,
        now: SimTime,
        id: ContainerId,
        signal: Signal,
        cause: CauseId,
    ) -> Result<(), RuntimeError> {
        self.catch_up(now);
        let sandbox = self.home(id)?;
        let first = self.container(id).and_then(|container| container.init);
        let first = first.ok_or(RuntimeError::WrongState("CONTAINER_EXITED"))?;
        self.within(now, sandbox, |kernel| kernel.send_signal(first, signal, Sender::Outside, cause));
        Ok(())
    }

    /// Forgets a container that does not run, with its files and its log.
    pub fn remove_container(&mut self, now: SimTime, id: ContainerId, cause: CauseId) {
        self.catch_up(now);
        let Ok(sandbox) = self.home(id) else { return };
        self.within(now, sandbox, |kernel| {
            kernel.end_container(id, crate::machine::kernel::process::Ending::Signal(Signal::Kill), cause);
            if let Some(container) = kernel.sandbox.containers.remove(&id) {
                let freed = container.layer_bytes + container.log.bytes;
                kernel.shared.disk.used = kernel.shared.disk.used.saturating_sub(freed);
            }
        });
        self.containers.remove(&id);
    }

    /// What the runtime knows of a container.
    #[must_use]
    pub fn container_status(&self, id: ContainerId) -> Option<ContainerStatus> {
        self.container(id).map(Container::status)
    }

    /// A container with all that is known about it.
    #[must_use]
    pub fn container(&self, id: ContainerId) -> Option<&Container> {
        self.sandboxes.get(self.containers.get(&id)?)?.containers.get(&id)
    }

    /// All containers, ended ones included.
    pub fn containers(&self) -> impl Iterator<Item = &Container> {
        self.sandboxes.values().flat_map(|sandbox| sandbox.containers.values())
    }

    /// What a container wrote, oldest line first.
    pub fn logs(&self, id: ContainerId) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.container(id).into_iter().flat_map(|container| container.log.lines())
    }

    /// What became of the signals sent to a container's processes, oldest first.
    #[must_use]
    pub fn signal_fates(&self, id: ContainerId) -> &[SignalFate] {
        self.container(id).map_or(&[], |container| &container.fates)
    }

    /// The processes of a sandbox.
    #[must_use]
    pub fn processes(&self, id: SandboxId) -> Vec<ProcessInfo> {
        let Some(sandbox) = self.sandboxes.get(&id) else { return Vec::new() };
        let parent_of = |host| sandbox.processes.get(&host).map_or(0, |parent| parent.pid);
        let info = |process: &crate::machine::kernel::Process| ProcessInfo {
            pid: process.pid,
            parent: process.parent.map_or(0, parent_of),
            container: process.container,
            command: process.command(),
            is_zombie: matches!(process.life, Life::Zombie(_)),
            since: process.since,
            handles: Signal::ALL.into_iter().filter(|signal| process.body.handles(*signal).is_some()).collect(),
        };
        sandbox.processes.values().map(info).collect()
    }

    /// The last words that a container left in its termination message file; empty when it left none.
    #[must_use]
    pub fn termination_message(&self, id: ContainerId) -> String {
        let Some(container) = self.container(id) else { return String::new() };
        let file = container.config.termination_message_path.as_deref().unwrap_or("/dev/termination-log");
        let parts = path::parts("/", file);
        let bytes = match container.root.get(&parts) {
            Some(crate::machine::fs::Node::File(file)) => file.bytes(),
            _ => return String::new(),
        };
        String::from_utf8_lossy(&bytes[..bytes.len().min(TERMINATION_MESSAGE_MAX)]).into_owned()
    }

    /// Runs a command inside a running container. [`Happening::ExecFinished`], [`Happening::ExecFailed`] or
    /// [`Happening::ExecTimedOut`] tells how it ended.
    pub fn exec(&mut self, now: SimTime, id: ContainerId, config: ExecConfig, cause: CauseId) -> ExecId {
        self.catch_up(now);
        let exec = ExecId(self.number());
        match self.home(id) {
            Ok(sandbox) => {
                self.execs.insert(exec, sandbox);
                self.within(now, sandbox, |kernel| kernel.begin_exec(exec, id, config, cause));
            }
            Err(error) => {
                let what = Happening::ExecFailed { exec, error };
                self.shared.events.push(MachineEvent { at: now, cause, what });
            }
        }
        exec
    }

    pub(super) fn home(&self, id: ContainerId) -> Result<SandboxId, RuntimeError> {
        if !self.is_on {
            return Err(RuntimeError::Down);
        }
        self.containers.get(&id).copied().ok_or_else(|| RuntimeError::NotFound(id.to_string()))
    }
}

/// Entrypoint and arguments: a Pod's `command` replaces both, its `args` only the arguments.
fn command_line(config: &ContainerConfig, image: &Image) -> Vec<String> {
    let spec = &image.spec;
    match (config.command.is_empty(), config.args.is_empty()) {
        (false, _) => [config.command.as_slice(), &config.args].concat(),
        (true, false) => [spec.entrypoint.as_slice(), &config.args].concat(),
        (true, true) => [spec.entrypoint.as_slice(), &spec.cmd].concat(),
    }
}

fn environment(config: &ContainerConfig, image: &Image, hostname: &str) -> Environment {
    let mut env = BTreeMap::from([("PATH".to_owned(), DEFAULT_PATH.to_owned()), ("HOSTNAME".into(), hostname.into())]);
    env.extend(image.spec.env.clone());
    env.extend(config.env.iter().cloned());
    let home = if config.user.unwrap_or(image.user) == 0 { "/root" } else { "/" };
    env.entry("HOME".into()).or_insert_with(|| home.into());
    Arc::new(env)
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
    fn start(&mut self, id: ContainerId, cause: CauseId) -> Result<(), RuntimeError> {
        let Some(container) = self.sandbox.containers.get(&id) else {
            return Err(RuntimeError::NotFound(id.to_string()));
        };
        if container.state != ContainerState::Created {
            return Err(RuntimeError::WrongState("CONTAINER_EXITED"));
        }
        let (argv, env, user) = (Arc::clone(&container.argv), Arc::clone(&container.env), container.user());
        let cwd = first_folder(container);
        let search = env.get("PATH").cloned();
        let command = match self.find_command(id, user, &cwd, search.as_deref(), &argv) {
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

    fn standard_descriptors(&mut self, kinds: [OpenKind; 3]) -> BTreeMap<i32, OpenId> {
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
    fn container_descriptors(&mut self, id: ContainerId) -> (Option<Inlet>, BTreeMap<i32, OpenId>) {
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
    fn exec_descriptors(&mut self, exec: ExecId, config: &ExecConfig) -> (Link, BTreeMap<i32, OpenId>) {
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

    fn with_outputs(&mut self, input: OpenId, outputs: [OpenKind; 2]) -> BTreeMap<i32, OpenId> {
        let [out, err] = outputs.map(|kind| self.open_kind(kind));
        BTreeMap::from([(0, input), (1, out), (2, err)])
    }

    fn begin_exec(&mut self, exec: ExecId, id: ContainerId, config: ExecConfig, cause: CauseId) {
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

//! Calls about containers: make, start, signal, look, exec, logs, remove.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Machine;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{
    Cgroup, ContainerConfig, ContainerId, ContainerState, ContainerStatus, ExecConfig, ExecId, Happening, LogLine,
    MachineEvent, MountSource, ProcessInfo, RuntimeError, SandboxId, Sender, SignalFate,
};
use crate::machine::fs::path;
use crate::machine::image::Image;
use crate::machine::image::catalogue::DEFAULT_PATH;
use crate::machine::kernel::container::{Container, Environment, Log};
use crate::machine::kernel::process::Life;
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
            ends: Vec::new(),
            memory: 0,
            cpu_ended: 0,
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

    /// Gives a container other resources while it runs (`UpdateContainerResources`).
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`].
    pub fn update_container(&mut self, now: SimTime, id: ContainerId, cgroup: Cgroup) -> Result<(), RuntimeError> {
        self.catch_up(now);
        // What was used so far was used under the old bounds.
        self.settle_cpu(now);
        let sandbox = self.home(id)?;
        self.within(now, sandbox, |kernel| {
            if let Some(container) = kernel.sandbox.containers.get_mut(&id) {
                let config = Arc::make_mut(&mut container.config);
                config.memory_limit = cgroup.memory_limit;
                config.cpu_limit_milli = cgroup.cpu_limit_milli;
                config.cpu_request_milli = cgroup.cpu_request_milli;
            }
        });
        Ok(())
    }

    /// Forgets a container that does not run, with its files and its log.
    pub fn remove_container(&mut self, now: SimTime, id: ContainerId, cause: CauseId) {
        self.catch_up(now);
        let Ok(sandbox) = self.home(id) else { return };
        if let Some(home) = self.sandboxes.get(&sandbox)
            && let Some(container) = home.containers.get(&id)
        {
            self.obituaries.keep(home, container);
        }
        self.within(now, sandbox, |kernel| {
            kernel.end_container(id, crate::machine::kernel::process::Ending::Signal(Signal::Kill), cause);
            if let Some(container) = kernel.sandbox.containers.remove(&id) {
                let freed = container.layer_bytes + container.log.bytes;
                kernel.shared.disk.used = kernel.shared.disk.used.saturating_sub(freed);
            }
        });
        self.containers.remove(&id);
        self.cpu.forget(id);
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

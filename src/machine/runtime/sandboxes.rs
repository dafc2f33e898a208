//! Calls about sandboxes, and switching the machine off and on.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::Machine;
use crate::engine::{CauseId, SimTime, VecMap};
use crate::machine::cri::{
    Exit, ExitReason, Happening, MachineEvent, RuntimeError, SandboxConfig, SandboxId, SocketId, SocketOutcome,
};
use crate::machine::image::ProgramSpec;
use crate::machine::kernel::Sandbox;
use crate::machine::kernel::process::{Body, Ending, Namespace, SignalSet};
use crate::machine::kernel::processor::Used;
use crate::machine::kernel::spawn::Spawn;
use crate::machine::program::Program;
use crate::machine::signal::Signal;

impl Machine {
    /// Makes a sandbox.
    ///
    /// # Errors
    /// [`RuntimeError::Down`].
    pub fn run_sandbox(
        &mut self,
        now: SimTime,
        config: SandboxConfig,
        cause: CauseId,
    ) -> Result<SandboxId, RuntimeError> {
        self.catch_up(now);
        if !self.is_on {
            return Err(RuntimeError::Down);
        }
        let id = SandboxId(self.number());
        let shares = config.share_processes;
        self.sandboxes.insert(id, Arc::new(Sandbox::new(id, config)));
        if shares {
            self.within(now, id, |kernel| {
                let pause = pause();
                let spawn = Spawn {
                    parent: None,
                    namespace: Namespace::Pod,
                    container: None,
                    exec: None,
                    argv: Arc::new(["/pause".to_owned()]),
                    env: Arc::default(),
                    cwd: "/".into(),
                    user: 65_535,
                    descriptors: VecMap::new(),
                    ignored: SignalSet::default(),
                    used: Used::default(),
                    cause,
                };
                let body = Body::Program(Box::new(Program::new(Arc::new(pause), kernel.now)));
                kernel.spawn(spawn, body);
            });
        }
        Ok(id)
    }

    /// Gives a sandbox its address, before its containers are started.
    pub fn set_sandbox_ip(&mut self, id: SandboxId, ip: IpAddr) {
        if let Some(sandbox) = self.sandboxes.get_mut(&id) {
            let sandbox = Arc::make_mut(sandbox);
            Arc::make_mut(&mut sandbox.config).ip = Some(ip);
            // The address stands in /etc/hosts.
            sandbox.pod_files = Default::default();
        }
    }

    /// Takes the network away and kills what still runs.
    pub fn stop_sandbox(&mut self, now: SimTime, id: SandboxId, cause: CauseId) {
        self.catch_up(now);
        self.within(now, id, |kernel| {
            kernel.sandbox.is_ready = false;
            let running: Vec<_> = kernel.sandbox.containers.keys().copied().collect();
            for container in running {
                kernel.end_container(container, Ending::Signal(Signal::Kill), cause);
            }
            let left: Vec<_> = kernel.sandbox.processes.keys().copied().collect();
            for process in left {
                kernel.end_process(process, Ending::Signal(Signal::Kill), cause);
            }
            kernel.sandbox.processes.clear();
        });
    }

    /// Forgets a stopped sandbox and its containers with their logs.
    pub fn remove_sandbox(&mut self, now: SimTime, id: SandboxId, cause: CauseId) {
        self.stop_sandbox(now, id, cause);
        let Some(sandbox) = self.sandboxes.remove(&id) else { return };
        for (container, state) in &sandbox.containers {
            self.obituaries.keep(&sandbox, state);
            self.containers.remove(container);
            self.shared.disk.used = self.shared.disk.used.saturating_sub(state.layer_bytes + state.log.bytes);
        }
        self.execs.retain(|_, sandbox| *sandbox != id);
        self.asked.retain(|_, sandbox| *sandbox != id);
        self.drop_sockets_of(now, id);
    }

    fn drop_sockets_of(&mut self, now: SimTime, id: SandboxId) {
        let lost: Vec<SocketId> =
            self.sockets.iter().filter(|(_, sandbox)| **sandbox == id).map(|(socket, _)| *socket).collect();
        for socket in lost {
            self.sockets.remove(&socket);
            let what = Happening::SocketDone { socket, outcome: SocketOutcome::Reset, took: Default::default() };
            self.shared.events.push(MachineEvent { at: now, cause: CauseId::NONE, what });
        }
    }

    /// All sandboxes, stopped ones included.
    pub fn sandboxes(&self) -> impl Iterator<Item = &Sandbox> {
        self.sandboxes.values().map(|sandbox| &**sandbox)
    }

    /// One sandbox.
    #[must_use]
    pub fn sandbox(&self, id: SandboxId) -> Option<&Sandbox> {
        self.sandboxes.get(&id).map(|sandbox| &**sandbox)
    }

    /// Whether the machine is switched on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// The power goes: every process is gone without a word, and nobody is told. Disks keep what was written.
    pub fn power_off(&mut self, now: SimTime, cause: CauseId) {
        self.catch_up(now);
        self.is_on = false;
        for sandbox in self.sandboxes.values_mut() {
            let sandbox = Arc::make_mut(sandbox);
            for container in sandbox.containers.values_mut().filter(|container| container.init.is_some()) {
                let reason = ExitReason::Unknown;
                container.end(Exit { code: 255, signal: None, reason, message: "".into(), at: now, cause });
                container.memory = 0;
            }
            sandbox.is_ready = false;
            sandbox.processes.clear();
            sandbox.ready.clear();
            sandbox.open.clear();
            sandbox.pipes.clear();
            sandbox.listeners.clear();
            sandbox.connections.clear();
            sandbox.asked.clear();
            sandbox.execs.clear();
        }
        self.images.running.clear();
        self.images.waiting.clear();
        self.execs.clear();
        self.asked.clear();
        self.sockets.clear();
        self.shared.agenda = crate::engine::Agenda::new();
        self.shared.memory_used = 0;
        self.shared.host_ports.clear();
        self.shared.volumes.retain(|_, volume| !volume.options.in_memory);
    }

    /// The power is back: containers that ran have exited with code 255, sandboxes are not ready.
    pub fn power_on(&mut self, now: SimTime) {
        self.catch_up(now);
        self.is_on = true;
    }
}

/// The program that holds the namespaces of a Pod: ends on INT and TERM, collects orphans.
/// Source: `build/pause/linux/pause.c`.
fn pause() -> ProgramSpec {
    let end = |code| crate::machine::image::spec::ReactionSpec { exit: Some(code), ..Default::default() };
    ProgramSpec {
        path: "/pause".into(),
        reaps: true,
        signals: BTreeMap::from([(Signal::Int, end(0)), (Signal::Term, end(0))]),
        memory: crate::machine::image::spec::MemorySpec {
            start: crate::machine::image::spec::Template("512Ki".into()),
            ..Default::default()
        },
        ..ProgramSpec::default()
    }
}

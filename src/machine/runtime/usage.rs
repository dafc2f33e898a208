//! What containers, and the machine, use at this moment.

use super::Machine;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{ContainerId, Happening, SandboxId, Usage};
use crate::machine::fs::path::base_name;
use crate::machine::kernel::process::Ending;
use crate::machine::kernel::{Body, Container, Process};
use crate::machine::program::template::Scope;

impl Machine {
    /// The machine itself has no memory left: the kernel kills the process with the highest score. That is its share of
    /// memory in thousandths plus `oom_score_adj` (proc(5)); with `memory.oom.group` its whole container goes.
    pub(super) fn kill_for_memory(&mut self, now: SimTime) {
        let capacity = self.config.memory_bytes.max(1);
        let score = |container: &Container| {
            let share = i64::try_from(container.memory * 1_000 / capacity).unwrap_or(i64::MAX);
            share + i64::from(container.config.oom_score_adj)
        };
        let running = self.containers().filter(|container| container.init.is_some());
        let Some(victim) = running.max_by_key(|container| (score(container), container.id)) else { return };
        let (container, sandbox) = (victim.id, victim.sandbox);
        let process = victim.argv.first().map_or("", |name| base_name(name)).into();
        self.within(now, sandbox, |kernel| {
            kernel.emit(CauseId::NONE, Happening::SystemOom { container, process });
            kernel.end_container(container, Ending::Memory, CauseId::NONE);
        });
    }

    /// What a container uses; nothing when it does not run.
    #[must_use]
    pub fn container_usage(&self, id: ContainerId) -> Usage {
        let Some(sandbox) = self.containers.get(&id).and_then(|sandbox| self.sandboxes.get(sandbox)) else {
            return Usage::default();
        };
        let Some(container) = sandbox.containers.get(&id) else { return Usage::default() };
        let processes = sandbox.processes.values().filter(|process| process.container == Some(id));
        let mut usage = of_files(container);
        for process in processes.filter(|process| process.is_alive()) {
            usage.processes += 1;
            usage.memory_bytes += process.memory;
            usage.cpu_milli += cpu_of(process, &sandbox.config.hostname);
        }
        if let Some(limit) = container.config.cpu_limit_milli {
            usage.cpu_milli = usage.cpu_milli.min(limit);
        }
        usage
    }

    /// Bytes of the disk in use; cheap.
    #[must_use]
    pub fn disk_used(&self) -> u64 {
        self.shared.disk.used
    }

    /// Bytes of memory in use by all processes; cheap.
    #[must_use]
    pub fn memory_used(&self) -> u64 {
        self.shared.memory_used
    }

    /// What a Pod uses: the sum over its containers.
    #[must_use]
    pub fn sandbox_usage(&self, id: SandboxId) -> Usage {
        let containers = self.sandboxes.get(&id).into_iter().flat_map(|sandbox| sandbox.containers.keys());
        containers.map(|id| self.container_usage(*id)).fold(Usage::default(), sum)
    }

    /// What the machine uses: all containers, and for the disk also images and volumes.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let all = self.containers.keys().map(|id| self.container_usage(*id)).fold(Usage::default(), sum);
        Usage { cpu_milli: all.cpu_milli.min(self.config.cpu_milli), disk_bytes: self.shared.disk.used, ..all }
    }
}

fn sum(left: Usage, right: Usage) -> Usage {
    Usage {
        cpu_milli: left.cpu_milli + right.cpu_milli,
        memory_bytes: left.memory_bytes + right.memory_bytes,
        disk_bytes: left.disk_bytes + right.disk_bytes,
        processes: left.processes + right.processes,
    }
}

fn of_files(container: &Container) -> Usage {
    Usage { disk_bytes: container.layer_bytes + container.log.bytes, ..Usage::default() }
}

fn cpu_of(process: &Process, hostname: &std::sync::Arc<str>) -> u64 {
    match &process.body {
        Body::Program(program) => program.cpu_milli(&Scope::of_environment(&process.argv, &process.env, hostname)),
        // What never waits keeps a processor busy; what waits costs next to nothing.
        Body::Shell(_) | Body::Tool(_) if process.used.is_busy() => 1_000,
        Body::Shell(_) | Body::Tool(_) | Body::Running => 0,
    }
}

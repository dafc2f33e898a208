//! The machine as a whole, and the calls of the container runtime.

pub mod containers;
pub mod cpu;
pub mod images;
pub mod obituary;
pub mod sandboxes;
pub mod sessions;
pub mod sockets;
mod start;
pub mod usage;
pub mod volumes;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cri::{ContainerId, ExecId, MachineConfig, MachineEvent, OutgoingId, Registries, SandboxId, SocketId};
use super::image::Catalogue;
use super::image::store::Store;
use super::kernel::process::HostPid;
use super::kernel::shared::{Shared, Wake};
use super::kernel::{Kernel, Sandbox};
use crate::engine::SimTime;
use cpu::CpuAccounts;

/// One computer.
///
/// Calls happen at the instant they name; the caller sees to it that time does not run backwards. What happens because of
/// a call, or because time passes, comes out of [`Machine::advance`].
#[derive(Clone, Debug)]
pub struct Machine {
    config: Arc<MachineConfig>,
    catalogue: Arc<Catalogue>,
    registries: Registries,
    /// Bytes by which a fault has filled the disk.
    filler: u64,
    images: Store,
    sandboxes: BTreeMap<SandboxId, Arc<Sandbox>>,
    containers: BTreeMap<ContainerId, SandboxId>,
    execs: BTreeMap<ExecId, SandboxId>,
    sockets: BTreeMap<SocketId, SandboxId>,
    asked: BTreeMap<OutgoingId, SandboxId>,
    is_on: bool,
    cpu: CpuAccounts,
    obituaries: obituary::Obituaries,
    shared: Shared,
}

impl Machine {
    /// A computer that has just been switched on.
    #[must_use]
    pub fn new(config: MachineConfig, catalogue: Arc<Catalogue>) -> Self {
        // Ids of different machines must differ: the machine's name decides where its numbers begin.
        let spread = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let first = config.name.bytes().fold(0xcbf2_9ce4_8422_2325, spread) << 24 >> 1;
        let shared = Shared::new(&config, first);
        Self {
            config: Arc::new(config),
            catalogue,
            registries: Registries::new(),
            filler: 0,
            images: Store::default(),
            sandboxes: BTreeMap::new(),
            containers: BTreeMap::new(),
            execs: BTreeMap::new(),
            sockets: BTreeMap::new(),
            asked: BTreeMap::new(),
            is_on: true,
            cpu: CpuAccounts::default(),
            obituaries: obituary::Obituaries::default(),
            shared,
        }
    }

    /// How large it is.
    #[must_use]
    pub fn config(&self) -> &MachineConfig {
        &self.config
    }

    /// The images that exist in the registries.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// How registries behave, for changing it.
    pub fn registries_mut(&mut self) -> &mut Registries {
        &mut self.registries
    }

    /// When something happens here next; `None` on an idle machine.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        let told = self.shared.events.first().map(|event| event.at);
        match (told, self.shared.agenda.next_at()) {
            (Some(told), Some(next)) => Some(told.min(next)),
            (told, next) => told.or(next),
        }
    }

    /// Lets time pass until `now` and tells what happened since the last call, oldest first.
    pub fn advance(&mut self, now: SimTime) -> Vec<MachineEvent> {
        self.catch_up(now);
        std::mem::take(&mut self.shared.events)
    }

    /// Everything that is due until `now`.
    pub(super) fn catch_up(&mut self, now: SimTime) {
        while self.shared.agenda.next_at().is_some_and(|at| at <= now) {
            let Some((at, wake)) = self.shared.agenda.pop() else { return };
            match wake {
                Wake::Process(sandbox, host, wish) => self.wake_process(at, sandbox, host, wish),
                Wake::Answer(sandbox, socket) => self.within(at, sandbox, |kernel| kernel.answer_due(socket)),
                Wake::ExecTimeout(sandbox, exec) => self.within(at, sandbox, |kernel| kernel.time_out_exec(exec)),
                Wake::Pull(pull) => self.finish_pull(at, pull),
            }
        }
    }

    fn wake_process(&mut self, at: SimTime, sandbox: SandboxId, host: HostPid, wish: u32) {
        self.within(at, sandbox, |kernel| kernel.wake(host, wish));
    }

    /// Does something in a sandbox and lets its processes run.
    pub(super) fn within(&mut self, now: SimTime, id: SandboxId, act: impl FnOnce(&mut Kernel<'_>)) {
        let Some(sandbox) = self.sandboxes.get_mut(&id) else { return };
        let first_new = self.shared.events.len();
        let mut kernel = Kernel { now, sandbox: Arc::make_mut(sandbox), shared: &mut self.shared };
        act(&mut kernel);
        kernel.run();
        self.note_events(first_new, id);
        if self.shared.memory_used > self.shared.memory_capacity {
            self.kill_for_memory(now);
        }
    }

    /// Keeps the way from ids to sandboxes up to date.
    fn note_events(&mut self, first_new: usize, sandbox: SandboxId) {
        use super::cri::Happening;
        for event in &self.shared.events[first_new..] {
            match &event.what {
                Happening::Outgoing { request, .. } => {
                    self.asked.insert(*request, sandbox);
                }
                Happening::SocketDone { socket, .. } => {
                    self.sockets.remove(socket);
                }
                Happening::ExecFinished { exec, .. }
                | Happening::ExecFailed { exec, .. }
                | Happening::ExecTimedOut { exec, .. } => {
                    self.execs.remove(exec);
                }
                _ => {}
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.shared.number()
    }
}

#[cfg(test)]
mod image_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
pub(crate) mod tests;

//! Heapster at work: while its process runs, every round asks the kubelets and costs memory of its container.

use crate::machine::{ContainerId, ContainerState};
use crate::monitoring::Heapster;

use super::signal::Signal;
use super::world::Cluster;

/// What its program calls itself in the catalogue.
pub(super) const COMPONENT: &str = "heapster";

/// A Heapster that runs, or has run, in a container.
#[derive(Clone, Debug)]
pub(super) struct HeapsterProcess {
    worker: usize,
    container: ContainerId,
    logic: Heapster,
}

impl Cluster {
    /// The container of a Heapster has started.
    pub(super) fn begin_heapster(&mut self, worker: usize, container: ContainerId) {
        let Some(running) = self.workers[worker].machine.container(container) else { return };
        let logic = Heapster::new(running.argv.iter().map(String::as_str));
        let wait = logic.resolution();
        self.heapsters.push(HeapsterProcess { worker, container, logic });
        self.after(wait, Signal::Heapster(self.heapsters.len() - 1));
    }

    /// It is time for a round.
    pub(super) fn on_heapster(&mut self, index: usize) {
        let HeapsterProcess { worker, container, .. } = self.heapsters[index];
        let entry = &self.workers[worker];
        let state = entry.machine.container(container).map(|container| container.state);
        if !entry.is_on || state != Some(ContainerState::Running) {
            return;
        }
        let (now, here) = (self.now, entry.name.clone());
        let mut count = 0;
        for other in self.workers.iter().filter(|other| other.is_on && self.reaches(&here, &other.name)) {
            let sandboxes = other.machine.sandboxes();
            let running = |one: &&crate::machine::kernel::Container| one.state == ContainerState::Running;
            count += 1 + sandboxes.map(|one| 1 + one.containers.values().filter(running).count() as u64).sum::<u64>();
        }
        let bytes = self.heapsters[index].logic.round(now, count);
        let wait = self.heapsters[index].logic.resolution();
        self.worker_mut(worker).machine.set_component_memory(now, container, bytes);
        self.set_machine_wake(worker);
        self.after(wait, Signal::Heapster(index));
    }
}

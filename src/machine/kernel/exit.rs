//! The end of processes: descriptors, orphans, zombies, and the end of a container with its first process.

use std::sync::Arc;

use super::Kernel;
use super::process::{Ending, HostPid, Life, Namespace, Waiting};
use crate::engine::CauseId;
use crate::machine::cri::{ContainerId, Exit, ExitReason, Happening, ProcessEnd};
use crate::machine::signal::Signal;

impl Kernel<'_> {
    /// A process and all its descendants, the process first.
    #[must_use]
    pub fn family(&self, first: HostPid) -> Vec<HostPid> {
        let mut family = vec![first];
        let mut next = 0;
        while let Some(parent) = family.get(next).copied() {
            family.extend(self.children(parent));
            next += 1;
        }
        family
    }

    /// The process group of a process: everything that its first ancestor inside the container has started.
    #[must_use]
    pub fn group(&self, member: HostPid) -> Vec<HostPid> {
        let mut first = member;
        while let Some(parent) = self.sandbox.processes.get(&first).and_then(|process| process.parent) {
            first = parent;
        }
        self.family(first)
    }

    /// The children of a process, zombies included.
    pub fn children(&self, parent: HostPid) -> impl Iterator<Item = HostPid> {
        self.sandbox
            .processes
            .values()
            .filter(move |process| process.parent == Some(parent))
            .map(|process| process.host)
    }

    /// Ends a process, and what depends on it.
    pub fn end_process(&mut self, host: HostPid, ending: Ending, cause: CauseId) {
        let Some(process) = self.sandbox.processes.get_mut(&host) else { return };
        if !process.is_alive() {
            return;
        }
        let container = process.container;
        let is_first =
            container.is_some_and(|id| self.sandbox.containers.get(&id).is_some_and(|c| c.init == Some(host)));
        match container {
            Some(id) if is_first => self.end_container(id, ending, cause),
            _ => self.end_one(host, ending, cause),
        }
    }

    /// Ends a container: its first process as given, every other process by `SIGKILL`.
    pub fn end_container(&mut self, id: ContainerId, ending: Ending, cause: CauseId) {
        let Some(container) = self.sandbox.containers.get_mut(&id) else { return };
        let Some(first) = container.init.take() else { return };
        let others = self.sandbox.processes.values().filter(|process| process.container == Some(id));
        let others: Vec<HostPid> = others.map(|process| process.host).filter(|host| *host != first).collect();
        self.end_one(first, ending, cause);
        for host in others {
            self.end_one(host, Ending::Signal(Signal::Kill), cause);
            self.forget(host);
        }
        self.forget(first);
        let reason = match ending {
            Ending::Memory => ExitReason::OomKilled,
            _ if ending.code() == 0 => ExitReason::Completed,
            _ => ExitReason::Error,
        };
        let signal = match ending {
            Ending::Code(_) => None,
            Ending::Signal(signal) => Some(signal),
            Ending::Memory => Some(Signal::Kill),
        };
        let exit = Exit { code: ending.code(), signal, reason, message: "".into(), at: self.now, cause };
        let Some(container) = self.sandbox.containers.get_mut(&id) else { return };
        let before = container.log.bytes;
        container.log.finish(self.now);
        self.shared.disk.used += container.log.bytes - before;
        container.end(exit.clone());
        self.emit(cause, Happening::ContainerExited { container: id, exit });
        self.finish_attached(id);
    }

    /// Ends one process that is not the first of a container, or whose container is being ended.
    fn end_one(&mut self, host: HostPid, ending: Ending, cause: CauseId) {
        let now_free = self.close_everything(host);
        let Some(process) = self.sandbox.processes.get_mut(&host) else { return };
        if !process.is_alive() {
            return;
        }
        let spent = process.cpu_spent(self.now, &self.sandbox.config.hostname);
        process.life = Life::Zombie(ending);
        process.cause = cause;
        let (parent, namespace, exec) = (process.parent, process.namespace, process.exec);
        let (memory, container) = (std::mem::take(&mut process.memory), process.container);
        let (at, pid, argv) = (self.now, process.pid, Arc::clone(&process.argv));
        let end = || ProcessEnd { at, pid, command: argv.join(" ").into(), code: ending.code() };
        self.shared.memory_used = self.shared.memory_used.saturating_sub(memory);
        if let Some(container) = container.and_then(|id| self.sandbox.containers.get_mut(&id)) {
            container.memory = container.memory.saturating_sub(memory);
            container.cpu_ended += spent;
            container.remember_end(end);
        }
        self.drop_sockets(host, cause, &now_free);
        self.adopt_orphans(host, namespace);
        match parent {
            Some(parent) => self.tell_parent(host, parent, cause),
            None => self.forget(host),
        }
        if let Some(exec) = exec {
            self.finish_exec(exec, ending);
        }
    }

    /// Closes all descriptors; returns the ports that were listened on.
    fn close_everything(&mut self, host: HostPid) -> Vec<u16> {
        let Some(process) = self.sandbox.processes.get_mut(&host) else { return Vec::new() };
        for id in std::mem::take(&mut process.descriptors).into_values() {
            self.release(id);
        }
        self.sandbox.listeners.iter().filter(|(_, owner)| **owner == host).map(|(port, _)| *port).collect()
    }

    /// Children of an ended process become children of PID 1, which has to collect them.
    fn adopt_orphans(&mut self, host: HostPid, namespace: Namespace) {
        let init = self.sandbox.find(namespace, 1).filter(|init| init.is_alive()).map(|init| init.host);
        let orphans: Vec<HostPid> = self.children(host).collect();
        for orphan in orphans {
            let Some(process) = self.sandbox.processes.get_mut(&orphan) else { continue };
            process.parent = init;
            if !process.is_alive() {
                match init {
                    Some(init) => self.tell_parent(orphan, init, CauseId::NONE),
                    None => self.forget(orphan),
                }
            }
        }
    }

    /// `SIGCHLD`: a parent that waits looks again; one that collects everything does so.
    fn tell_parent(&mut self, child: HostPid, parent: HostPid, cause: CauseId) {
        let Some(process) = self.sandbox.processes.get_mut(&parent) else { return };
        if process.body.reaps_at_once() {
            self.forget(child);
            return;
        }
        let waits = process.waiting == Waiting::Child;
        if waits {
            process.cause = cause;
        }
        self.sandbox.make_ready(parent);
    }

    /// Takes an ended process out of the table.
    pub fn forget(&mut self, host: HostPid) {
        if self.sandbox.processes.get(&host).is_some_and(|process| !process.is_alive()) {
            self.sandbox.processes.remove(&host);
        }
    }
}

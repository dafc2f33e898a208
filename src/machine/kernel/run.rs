//! Running processes until each of them waits.

use super::Kernel;
use super::process::{Body, Ending, HostPid, Life, Waiting};
use super::processor::EXEC_COST;
use super::shared::Wake;
use crate::engine::SimTime;

/// How far a process got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It waits; perhaps for an instant at the latest.
    Wait(Waiting, Option<SimTime>),
    /// It has ended.
    End(Ending),
    /// It became another program and goes on at once.
    Again,
}

impl Kernel<'_> {
    /// Runs processes until none can go on at this instant.
    pub fn run(&mut self) {
        while let Some(host) = self.sandbox.ready.pop_front() {
            self.run_one(host);
        }
    }

    /// An instant that a process had asked for has come.
    pub fn wake(&mut self, host: HostPid, wish: u32) {
        if self.sandbox.processes.get(&host).is_some_and(|process| process.wakes == wish) {
            self.sandbox.make_ready(host);
        }
    }

    fn run_one(&mut self, host: HostPid) {
        loop {
            let Some(process) = self.sandbox.processes.get_mut(&host) else { return };
            if process.life != Life::Alive {
                return;
            }
            let mut body = std::mem::replace(&mut process.body, Body::Running);
            let step = match &mut body {
                Body::Program(program) => program.step(host, self),
                Body::Shell(shell) => shell.step(host, self),
                Body::Tool(run) => run.step(host, self),
                Body::Running => return,
            };
            let Some(process) = self.sandbox.processes.get_mut(&host) else { return };
            if matches!(process.body, Body::Running) {
                process.body = body;
            }
            match step {
                Step::Again => {
                    if let Some(until) = self.use_processor(host, EXEC_COST) {
                        return self.rest(host, Waiting::Time, Some(until));
                    }
                }
                Step::Wait(waiting, until) => return self.rest(host, waiting, until),
                Step::End(ending) => {
                    let cause = process.cause;
                    self.end_process(host, ending, cause);
                    return;
                }
            }
        }
    }

    /// A process waits; perhaps for an instant at the latest.
    fn rest(&mut self, host: HostPid, waiting: Waiting, until: Option<SimTime>) {
        let Some(process) = self.sandbox.processes.get_mut(&host) else { return };
        process.waiting = waiting;
        if let Some(at) = until {
            process.wakes += 1;
            let wish = process.wakes;
            self.shared.wake_at(at, Wake::Process(self.sandbox.id, host, wish));
        }
    }

    /// Books what a process uses; says whether the kernel had to kill it for that.
    pub fn use_memory(&mut self, host: HostPid, bytes: u64) -> bool {
        let Some(process) = self.sandbox.processes.get_mut(&host) else { return false };
        let before = std::mem::replace(&mut process.memory, bytes);
        self.shared.memory_used = (self.shared.memory_used + bytes).saturating_sub(before);
        let (cause, Some(id)) = (process.cause, process.container) else { return false };
        let Some(container) = self.sandbox.containers.get_mut(&id) else { return false };
        container.memory = (container.memory + bytes).saturating_sub(before);
        let is_over = container.config.memory_limit.is_some_and(|limit| container.memory > limit);
        if is_over {
            // cgroup v2 with memory.oom.group: the whole container goes at once.
            self.end_container(id, Ending::Memory, cause);
        }
        is_over
    }
}

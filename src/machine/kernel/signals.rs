//! Delivering signals: who may ignore what, and the record of what became of each.
//!
//! The first process of a PID namespace does not feel the default action of any signal; only handlers count, and
//! `SIGKILL` and `SIGSTOP` from outside the namespace (pid_namespaces(7)).

use std::sync::Arc;

use super::Kernel;
use super::process::{Ending, HostPid, Life};
use crate::engine::CauseId;
use crate::machine::cri::{Fate, Sender, SignalFate};
use crate::machine::signal::{DefaultAction, Signal};

impl Kernel<'_> {
    /// Sends `signal` to a process.
    pub fn send_signal(&mut self, host: HostPid, signal: Signal, sender: Sender, cause: CauseId) {
        let Some(process) = self.sandbox.processes.get(&host).filter(|process| process.is_alive()) else { return };
        let is_unstoppable = matches!(signal, Signal::Kill | Signal::Stop);
        let is_protected = process.pid == 1 && !(is_unstoppable && matches!(sender, Sender::Outside | Sender::Kernel));
        let action = signal.default_action();
        let fate = if process.ignored.has(signal) && !is_unstoppable {
            Fate::Ignored
        } else if let Some(fate) = (!is_unstoppable).then(|| process.body.handles(signal)).flatten() {
            fate
        } else if action == DefaultAction::Nothing {
            Fate::NoEffect
        } else if is_protected && action != DefaultAction::Continue {
            Fate::IgnoredByPidOne
        } else if action == DefaultAction::Terminate {
            Fate::Terminated
        } else {
            Fate::NoEffect
        };
        self.record_fate(host, signal, sender, &fate, cause);
        match fate {
            Fate::Handled | Fate::WaitsForCommand { .. } => self.hand_over(host, signal, cause),
            Fate::Terminated => self.end_process(host, Ending::Signal(signal), cause),
            Fate::NoEffect => self.stop_or_continue(host, action),
            Fate::IgnoredByPidOne | Fate::Ignored => {}
        }
    }

    fn hand_over(&mut self, host: HostPid, signal: Signal, cause: CauseId) {
        if let Some(process) = self.sandbox.processes.get_mut(&host) {
            process.cause = cause;
            process.body.take_signal(signal);
            self.sandbox.make_ready(host);
        }
    }

    fn stop_or_continue(&mut self, host: HostPid, action: DefaultAction) {
        let Some(process) = self.sandbox.processes.get_mut(&host) else { return };
        match (action, process.life) {
            (DefaultAction::Stop, Life::Alive) => process.life = Life::Stopped,
            (DefaultAction::Continue, Life::Stopped) => {
                process.life = Life::Alive;
                self.sandbox.make_ready(host);
            }
            _ => {}
        }
    }

    fn record_fate(&mut self, host: HostPid, signal: Signal, sender: Sender, fate: &Fate, cause: CauseId) {
        let Some(process) = self.sandbox.processes.get(&host) else { return };
        let children = self.sandbox.processes.values().filter(|other| other.parent == Some(host) && other.is_alive());
        let not_forwarded_to: Vec<Arc<str>> = match signal {
            Signal::Chld => Vec::new(),
            _ => children.map(|child| format!("{} {}", child.pid, child.command()).into()).collect(),
        };
        let record = SignalFate {
            at: self.now,
            signal,
            sender,
            pid: process.pid,
            command: process.command(),
            fate: fate.clone(),
            not_forwarded_to,
            cause,
        };
        let Some(container) = process.container else { return };
        if let Some(container) = self.sandbox.containers.get_mut(&container) {
            container.remember(record);
        }
    }
}

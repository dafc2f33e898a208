//! Delivering signals: who may ignore what, and the record of what became of each.
//!
//! The first process of a PID namespace does not feel the default action of any signal; only handlers count, and
//! `SIGKILL` and `SIGSTOP` from outside the namespace (pid_namespaces(7)).

use std::sync::Arc;

use super::Kernel;
use super::process::{Body, Ending, HostPid, Life};
use crate::engine::CauseId;
use crate::machine::cri::{Fate, Sender, SignalFate};
use crate::machine::signal::{DefaultAction, Signal};

impl Kernel<'_> {
    /// Sends `signal` to a process.
    pub fn send_signal(&mut self, host: HostPid, signal: Signal, sender: Sender, cause: CauseId) {
        let Some(process) = self.sandbox.processes.get_mut(&host).filter(|process| process.is_alive()) else { return };
        if let Body::Running = process.body {
            // It is sending this to itself; it looks as soon as the command that sends has ended.
            process.inbox.push((signal, sender, cause));
            return;
        }
        let handled = process.body.handles(signal);
        match self.settle(host, signal, sender, handled, cause) {
            Fate::Handled | Fate::WaitsForCommand { .. } => self.hand_over(host, signal, cause),
            Fate::Terminated => self.end_process(host, Ending::Signal(signal), cause),
            Fate::NoEffect => self.stop_or_continue(host, signal.default_action()),
            Fate::IgnoredByPidOne | Fate::Ignored => {}
        }
    }

    /// Signals that a running process sent itself.
    pub fn take_inbox(&mut self, host: HostPid) -> Vec<(Signal, Sender, CauseId)> {
        self.sandbox.processes.get_mut(&host).map(|process| std::mem::take(&mut process.inbox)).unwrap_or_default()
    }

    /// What becomes of a signal, given what the process's handler would do; this is remembered, but not yet done.
    pub fn settle(
        &mut self,
        host: HostPid,
        signal: Signal,
        sender: Sender,
        handled: Option<Fate>,
        cause: CauseId,
    ) -> Fate {
        let Some(process) = self.sandbox.processes.get(&host) else { return Fate::NoEffect };
        let is_unstoppable = matches!(signal, Signal::Kill | Signal::Stop);
        let is_outside = matches!(sender, Sender::Outside | Sender::Kernel);
        let is_protected = process.pid == 1 && !(is_unstoppable && is_outside);
        let fate = match (signal.default_action(), handled) {
            _ if process.ignored.has(signal) && !is_unstoppable => Fate::Ignored,
            (_, Some(fate)) if !is_unstoppable => fate,
            (DefaultAction::Nothing | DefaultAction::Continue, _) => Fate::NoEffect,
            _ if is_protected => Fate::IgnoredByPidOne,
            (DefaultAction::Terminate, _) => Fate::Terminated,
            (DefaultAction::Stop, _) => Fate::NoEffect,
        };
        self.record_fate(host, signal, sender, &fate, cause);
        fate
    }

    fn hand_over(&mut self, host: HostPid, signal: Signal, cause: CauseId) {
        if let Some(process) = self.sandbox.processes.get_mut(&host) {
            process.cause = cause;
            process.used.interrupt(self.now);
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
        let not_forwarded_to: Vec<Arc<str>> = match fate {
            // A handler may still tell them; that makes records of their own.
            Fate::Handled => Vec::new(),
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

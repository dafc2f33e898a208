//! Calls about connections into sandboxes, and answers to requests that come out of them.

use super::Machine;
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::machine::cri::{
    Connection, Happening, HttpRequest, MachineEvent, OutgoingId, OutgoingResult, SandboxId, SocketId, SocketOutcome,
};

impl Machine {
    /// Sends an HTTP request into a sandbox; [`Happening::SocketDone`] tells how it fared. A server that never answers
    /// is left by [`Machine::close_socket`].
    pub fn http_request(&mut self, now: SimTime, sandbox: SandboxId, request: HttpRequest, cause: CauseId) -> SocketId {
        self.catch_up(now);
        let socket = SocketId(self.number());
        if self.is_unreachable(sandbox) {
            self.unreachable(now, socket, cause);
        } else {
            self.sockets.insert(socket, sandbox);
            self.within(now, sandbox, |kernel| kernel.arrive(socket, request, None, cause));
        }
        socket
    }

    /// Opens a TCP connection into a sandbox and closes it again.
    pub fn tcp_connect(&mut self, now: SimTime, sandbox: SandboxId, port: u16, cause: CauseId) -> SocketId {
        self.catch_up(now);
        let socket = SocketId(self.number());
        if self.is_unreachable(sandbox) {
            self.unreachable(now, socket, cause);
        } else {
            self.within(now, sandbox, |kernel| kernel.connect(socket, port, cause));
        }
        socket
    }

    /// The caller gives up: no event follows.
    pub fn close_socket(&mut self, now: SimTime, socket: SocketId) {
        self.catch_up(now);
        if let Some(sandbox) = self.sockets.remove(&socket) {
            self.within(now, sandbox, |kernel| kernel.abandon(socket));
        }
    }

    /// Connections into a sandbox that wait for their answers.
    #[must_use]
    pub fn connections(&self, sandbox: SandboxId) -> Vec<Connection> {
        let sandbox = self.sandboxes.get(&sandbox);
        let lives = sandbox.into_iter().flat_map(|sandbox| sandbox.connections.values());
        lives.map(|live| live.connection.clone()).collect()
    }

    /// Ports that somebody listens on in a sandbox.
    #[must_use]
    pub fn listening(&self, sandbox: SandboxId) -> Vec<u16> {
        self.sandboxes.get(&sandbox).map(|sandbox| sandbox.listeners.keys().copied().collect()).unwrap_or_default()
    }

    /// Answers a request that a process sent out.
    pub fn answer_outgoing(&mut self, now: SimTime, request: OutgoingId, result: OutgoingResult) {
        self.catch_up(now);
        if let Some(sandbox) = self.asked.remove(&request) {
            self.within(now, sandbox, |kernel| kernel.answer(request, result));
        }
    }

    fn is_unreachable(&self, sandbox: SandboxId) -> bool {
        !self.is_on || !self.sandboxes.get(&sandbox).is_some_and(|sandbox| sandbox.is_ready)
    }

    fn unreachable(&mut self, now: SimTime, socket: SocketId, cause: CauseId) {
        let what = Happening::SocketDone { socket, outcome: SocketOutcome::Unreachable, took: SimDuration::ZERO };
        self.shared.events.push(MachineEvent { at: now, cause, what });
    }
}

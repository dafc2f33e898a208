//! Sockets: who listens, connections under way, and requests that processes send out.

use std::net::IpAddr;
use std::sync::Arc;

use super::Kernel;
use super::process::{Body, HostPid};
use super::shared::Wake;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{
    Connection, Happening, HttpRequest, HttpResponse, Outgoing, OutgoingId, OutgoingResult, SocketId, SocketOutcome,
};
use crate::machine::fs::Errno;

/// A connection that waits for its answer.
#[derive(Clone, Debug)]
pub struct Live {
    /// What the outside may see of it.
    pub connection: Connection,
    /// Who works on it.
    pub server: HostPid,
    /// What will be answered, once that is known.
    pub response: Option<HttpResponse>,
    /// Who asked.
    pub cause: CauseId,
    /// The request of this very sandbox that it answers, if it came from inside.
    pub answers: Option<OutgoingId>,
}

/// A request to the outside that waits for its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who waits.
    pub process: HostPid,
    /// The answer, until the process has taken it.
    pub result: Option<OutgoingResult>,
}

impl Kernel<'_> {
    /// Makes a process listen on a port.
    ///
    /// # Errors
    /// [`Errno::AddressInUse`].
    pub fn listen(&mut self, host: HostPid, port: u16) -> Result<(), Errno> {
        let id = self.sandbox.id;
        if self.sandbox.config.host_network {
            if self.shared.host_ports.get(&port).is_some_and(|owner| *owner != (id, host)) {
                return Err(Errno::AddressInUse);
            }
            self.shared.host_ports.insert(port, (id, host));
        }
        if self.sandbox.listeners.get(&port).is_some_and(|owner| *owner != host) {
            return Err(Errno::AddressInUse);
        }
        if self.sandbox.listeners.insert(port, host).is_none() {
            let cause = self.sandbox.processes.get(&host).map_or(CauseId::NONE, |process| process.cause);
            self.emit(cause, Happening::Listening { sandbox: id, port, open: true });
        }
        Ok(())
    }

    /// Closes a port.
    pub fn stop_listening(&mut self, port: u16, cause: CauseId) {
        let id = self.sandbox.id;
        if self.sandbox.listeners.remove(&port).is_some() {
            if self.shared.host_ports.get(&port).is_some_and(|(owner, _)| *owner == id) {
                self.shared.host_ports.remove(&port);
            }
            self.emit(cause, Happening::Listening { sandbox: id, port, open: false });
        }
    }

    /// A process is gone: its ports close and its connections break.
    pub fn drop_sockets(&mut self, host: HostPid, cause: CauseId, ports: &[u16]) {
        for port in ports {
            self.stop_listening(*port, cause);
        }
        let broken: Vec<SocketId> =
            self.sandbox.connections.iter().filter(|(_, live)| live.server == host).map(|(id, _)| *id).collect();
        for socket in broken {
            self.finish_socket(socket, SocketOutcome::Reset, Some(cause));
        }
        self.sandbox.asked.retain(|_, asked| asked.process != host);
    }

    /// A request arrives; the answer comes later, or the refusal at once.
    pub fn arrive(&mut self, socket: SocketId, request: HttpRequest, answers: Option<OutgoingId>, cause: CauseId) {
        let Some(server) = self.sandbox.listeners.get(&request.port).copied() else {
            return self.refuse(socket, answers, cause);
        };
        let connection = Connection {
            socket,
            port: request.port,
            path: Arc::clone(&request.path),
            since: self.now,
            from: request.from,
        };
        self.sandbox.connections.insert(socket, Live { connection, server, response: None, cause, answers });
        let Some(process) = self.sandbox.processes.get_mut(&server) else { return };
        let mut body = std::mem::replace(&mut process.body, Body::Running);
        let answer = match &mut body {
            Body::Program(program) => program.serve(server, &request, self),
            Body::Shell(_) | Body::Tool(_) | Body::Running => None,
        };
        if let Some(process) = self.sandbox.processes.get_mut(&server)
            && matches!(process.body, Body::Running)
        {
            process.body = body;
        }
        if let Some((response, after)) = answer
            && let Some(live) = self.sandbox.connections.get_mut(&socket)
        {
            live.response = Some(response);
            self.shared.wake_at(self.now + after, Wake::Answer(self.sandbox.id, socket));
        }
    }

    fn refuse(&mut self, socket: SocketId, answers: Option<OutgoingId>, cause: CauseId) {
        match answers {
            Some(request) => self.answer(request, OutgoingResult::Refused),
            None => self.emit(
                cause,
                Happening::SocketDone {
                    socket,
                    outcome: SocketOutcome::Refused,
                    took: crate::engine::SimDuration::ZERO,
                },
            ),
        }
    }

    /// A TCP connection without a request: it stands as soon as somebody listens.
    pub fn connect(&mut self, socket: SocketId, port: u16, cause: CauseId) {
        let outcome = match self.sandbox.listeners.get(&port) {
            Some(_) => SocketOutcome::Connected,
            None => SocketOutcome::Refused,
        };
        self.emit(cause, Happening::SocketDone { socket, outcome, took: crate::engine::SimDuration::ZERO });
    }

    /// The work on a request is done.
    pub fn answer_due(&mut self, socket: SocketId) {
        let Some(live) = self.sandbox.connections.get(&socket) else { return };
        let (server, Some(response)) = (live.server, live.response.clone()) else { return };
        self.finish_socket(socket, SocketOutcome::Answered(response), None);
        let Some(process) = self.sandbox.processes.get_mut(&server) else { return };
        let Body::Program(program) = &mut process.body else { return };
        program.served();
        self.sandbox.make_ready(server);
    }

    /// The one who asked has given up.
    pub fn abandon(&mut self, socket: SocketId) {
        let Some(live) = self.sandbox.connections.remove(&socket) else { return };
        let Some(process) = self.sandbox.processes.get_mut(&live.server) else { return };
        if let Body::Program(program) = &mut process.body {
            program.served();
            self.sandbox.make_ready(live.server);
        }
    }

    /// Ends a connection; `culprit` is what broke it, if something did.
    pub fn finish_socket(&mut self, socket: SocketId, outcome: SocketOutcome, culprit: Option<CauseId>) {
        let Some(live) = self.sandbox.connections.remove(&socket) else { return };
        if let Some(request) = live.answers {
            let result = match outcome {
                SocketOutcome::Answered(response) => OutgoingResult::Http(response),
                SocketOutcome::Connected => OutgoingResult::Connected,
                SocketOutcome::Refused => OutgoingResult::Refused,
                SocketOutcome::Reset => OutgoingResult::Reset,
                SocketOutcome::Unreachable => OutgoingResult::NoRoute,
            };
            return self.answer(request, result);
        }
        let took = self.now.since(live.connection.since);
        self.emit(culprit.unwrap_or(live.cause), Happening::SocketDone { socket, outcome, took });
    }

    /// A process asks something of the world. What goes to its own sandbox stays inside.
    pub fn ask(&mut self, process: HostPid, what: Outgoing) -> OutgoingId {
        let request = OutgoingId(self.shared.number());
        self.sandbox.asked.insert(request, Asked { process, result: None });
        let cause = self.sandbox.processes.get(&process).map_or(CauseId::NONE, |process| process.cause);
        match what {
            Outgoing::Http { to, request: http } if self.is_own(to.ip()) => {
                let socket = SocketId(self.shared.number());
                let http = HttpRequest { port: to.port(), from: Some(to.ip()), ..http };
                self.arrive(socket, http, Some(request), cause);
            }
            Outgoing::Tcp { to } if self.is_own(to.ip()) => {
                let listens = self.sandbox.listeners.contains_key(&to.port());
                self.answer(request, if listens { OutgoingResult::Connected } else { OutgoingResult::Refused });
            }
            what => self.emit(cause, Happening::Outgoing { request, sandbox: self.sandbox.id, what }),
        }
        request
    }

    fn is_own(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.sandbox.config.ip == Some(address)
    }

    /// The world has answered.
    pub fn answer(&mut self, request: OutgoingId, result: OutgoingResult) {
        if let Some(asked) = self.sandbox.asked.get_mut(&request) {
            asked.result = Some(result);
            let process = asked.process;
            self.sandbox.make_ready(process);
        }
    }

    /// Takes the answer to a request, if it is there.
    pub fn take_answer(&mut self, request: OutgoingId) -> Option<OutgoingResult> {
        let result = self.sandbox.asked.get_mut(&request)?.result.take()?;
        self.sandbox.asked.remove(&request);
        Some(result)
    }

    /// Gives up waiting for an answer.
    pub fn give_up(&mut self, request: OutgoingId) {
        self.sandbox.asked.remove(&request);
    }

    /// When this sandbox's process `host` began.
    #[must_use]
    pub fn began_at(&self, host: HostPid) -> SimTime {
        self.sandbox.processes.get(&host).map_or(SimTime::ZERO, |process| process.since)
    }
}

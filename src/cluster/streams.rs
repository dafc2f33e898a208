//! Open connections from outside to a kubelet: what is typed into a command, and what goes through a forwarded port.

use std::net::{IpAddr, Ipv4Addr};

use crate::engine::CauseId;
use crate::kubelet::{Said, StreamId};
pub use crate::machine::cri::HttpResponse;
use crate::machine::cri::{HttpRequest, SandboxId, SocketOutcome};

use super::input::ForwardedRequest;
use super::outside::{Answer, Told};
use super::traffic::Origin;
use super::world::Cluster;

/// Where a connection from outside has come out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Far {
    /// The machine.
    pub(super) worker: usize,
    /// The stream as its kubelet knows it.
    pub(super) stream: StreamId,
    /// The sandbox whose ports are forwarded.
    pub(super) sandbox: Option<SandboxId>,
}

/// How a connection through a forwarded port fared.
#[derive(Clone, Debug)]
pub enum Forwarded {
    /// It stands.
    Connected,
    /// A request was answered.
    Answered(HttpResponse),
    /// It could not be made, in the words of the runtime.
    Refused(String),
    /// It was closed by the other side.
    Closed,
}

impl Cluster {
    /// Someone outside says something on an open connection.
    pub(super) fn accept_said(&mut self, call: u64, said: &Said) {
        let Some(far) = self.outside.far(call) else { return };
        if self.is_reachable(far.worker) {
            self.with_kubelet(far.worker, CauseId::NONE, |kubelet, host, ctx| {
                kubelet.speak(far.stream, said, host, ctx);
            });
        }
    }

    fn is_reachable(&self, worker: usize) -> bool {
        let entry = &self.workers[worker];
        entry.is_on && self.actors[entry.actor.0 as usize].is_up && !self.is_cut_off(&entry.name)
    }

    /// A connection through a forwarded port is made, or a request is sent over it.
    pub(super) fn accept_forward(&mut self, call: u64, connection: u32, port: u16, request: Option<ForwardedRequest>) {
        let Some(far) = self.outside.far(call) else { return };
        let (Some(sandbox), true) = (far.sandbox, self.is_reachable(far.worker)) else { return };
        let now = self.now;
        let entry = self.worker_mut(far.worker);
        let socket = match request {
            Some(request) => {
                let from = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
                let ForwardedRequest { method, path, headers, body } = request;
                let request = HttpRequest { port, method: method.into(), path: path.into(), headers, body, from };
                entry.machine.http_request(now, sandbox, request, CauseId::NONE)
            }
            None => entry.machine.tcp_connect(now, sandbox, port, CauseId::NONE),
        };
        entry.sockets.insert(socket, Origin::Forward { call, connection, port });
        self.set_machine_wake(far.worker);
    }

    /// A connection through a forwarded port has come to something.
    pub(super) fn on_forwarded(&mut self, call: u64, connection: u32, port: u16, outcome: SocketOutcome) {
        let Some(far) = self.outside.far(call) else { return };
        let how = match outcome {
            SocketOutcome::Connected => Forwarded::Connected,
            SocketOutcome::Answered(response) => Forwarded::Answered(response),
            SocketOutcome::Refused => {
                let sandbox = far.sandbox.map(|sandbox| sandbox.to_string()).unwrap_or_default();
                Forwarded::Refused(refused_text(port, &sandbox))
            }
            SocketOutcome::Reset | SocketOutcome::Unreachable => Forwarded::Closed,
        };
        self.outside.tell(Told { call, at: self.now, answer: Answer::Forwarded { connection, how } });
    }
}

/// Source: containerd's `internal/cri/server/sandbox_portforward_linux.go`, as its streaming server hands it on.
fn refused_text(port: u16, sandbox: &str) -> String {
    let namespace = format!("/var/run/netns/cni-{}", sandbox.get(..36).unwrap_or(sandbox));
    format!(
        "error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in network namespace \
         \"{namespace}\": failed to connect to localhost:{port} inside namespace \"{sandbox}\", IPv4: dial tcp4 \
         127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection refused "
    )
}

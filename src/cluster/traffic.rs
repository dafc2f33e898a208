//! Requests between machines: a name is resolved, kube-proxy chooses an endpoint, a connection is made, an answer comes
//! back. Senders are the declared clients ([`Load`]) and the processes in containers.

use std::net::{IpAddr, SocketAddr};

use crate::engine::{CauseId, SimDuration};
use crate::etcd::RequestId;
use crate::machine::cri::{
    DnsData, DnsOutcome, HttpRequest, Outgoing, OutgoingId, OutgoingResult, RecordType, SandboxId, SocketOutcome,
};
use crate::network::{CLUSTER_DNS, CLUSTER_DOMAIN, Load, LoadSpec, Outcome};

use super::signal::Signal;
use super::way::End;
use super::world::Cluster;

/// Names with fewer dots than this are tried with the search list first. Source: the kubelet's `ClusterFirst` writes
/// `options ndots:5`.
const NDOTS: usize = 5;

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A declared client, and the number of its request.
    Load(usize, u64),
    /// A process on a machine.
    Process(usize, OutgoingId),
    /// A program outside, through a forwarded port.
    Forward {
        /// The request that has opened the way.
        call: u64,
        /// The number of the connection.
        connection: u32,
        /// The port.
        port: u16,
    },
    /// An API server that asks a webhook: which master, which of its requests, which call.
    Webhook(usize, RequestId, u32),
}

/// The next step of a request that is on its way.
#[derive(Clone, Debug)]
pub enum Hop {
    /// A connection attempt reaches the machine that has, or had, the address.
    Arrive {
        /// Who sent it.
        origin: Origin,
        /// The machine.
        worker: usize,
        /// The address.
        to: SocketAddr,
        /// The HTTP request; only a TCP connection when absent.
        request: Option<HttpRequest>,
        /// What led to it.
        cause: CauseId,
    },
    /// News reach the sender.
    Return {
        /// Who sent it.
        origin: Origin,
        /// What became of it.
        result: OutgoingResult,
    },
    /// The sender's patience is over.
    Timeout {
        /// Who sent it.
        origin: Origin,
    },
}

impl Cluster {
    /// Adds a declared client; it sends nothing before it is started.
    pub fn add_load(&mut self, spec: LoadSpec) -> usize {
        self.loads.push(Load::new(spec));
        self.loads.len() - 1
    }

    /// The declared clients.
    #[must_use]
    pub fn loads(&self) -> &[Load] {
        &self.loads
    }

    pub(super) fn on_load(&mut self, index: usize) {
        let Some(load) = self.loads.get_mut(index) else { return };
        let (spec, interval) = (load.spec.clone(), load.interval());
        let origin = Origin::Load(index, load.send(self.now));
        self.after(interval, Signal::Load(index));
        self.after(spec.timeout, Signal::Hop(Box::new(Hop::Timeout { origin })));
        let Some(ip) = self.look_up(&spec.host, &spec.namespace) else {
            let result = OutgoingResult::Dns(DnsOutcome::NoSuchName(Vec::new()));
            return self.return_to(origin, result, self.dns_time());
        };
        let request = HttpRequest::get(spec.port, &spec.path);
        let to = SocketAddr::new(ip, spec.port);
        self.send_out(origin, &spec.node, None, to, Some(request), CauseId::NONE);
    }

    /// The first address of a name, as a Pod of `namespace` resolves it.
    fn look_up(&self, host: &str, namespace: &str) -> Option<IpAddr> {
        if let Ok(ip) = host.parse() {
            return Some(ip);
        }
        let searched = [
            format!("{host}.{namespace}.svc.{CLUSTER_DOMAIN}"),
            format!("{host}.svc.{CLUSTER_DOMAIN}"),
            format!("{host}.{CLUSTER_DOMAIN}"),
        ];
        let dots = host.bytes().filter(|byte| *byte == b'.').count();
        let bare = host.to_owned();
        let names: Vec<String> = if dots < NDOTS {
            searched.into_iter().chain([bare]).collect()
        } else {
            [bare].into_iter().chain(searched).collect()
        };
        names.iter().find_map(|name| match self.network.1.answer(name, RecordType::A) {
            DnsOutcome::Records(records) => records.into_iter().find_map(|record| match record.data {
                DnsData::Address(ip) => Some(ip),
                _ => None,
            }),
            _ => None,
        })
    }

    /// A question to the DNS and back.
    fn dns_time(&self) -> SimDuration {
        SimDuration::from_micros(self.spec.delays.network) * 2
    }

    /// A process asks something of the world.
    pub(super) fn on_outgoing(
        &mut self,
        worker: usize,
        sandbox: SandboxId,
        id: OutgoingId,
        what: Outgoing,
        cause: CauseId,
    ) {
        let origin = Origin::Process(worker, id);
        let entry = &self.workers[worker];
        let (node, from) = (entry.name.clone(), entry.machine.sandbox(sandbox).and_then(|sandbox| sandbox.config.ip));
        match what {
            Outgoing::Dns { server, name, record } => {
                // Whoever asks a server that is not there waits until its own patience ends.
                if server == CLUSTER_DNS {
                    let result = OutgoingResult::Dns(self.network.1.answer(&name, record));
                    self.return_to(origin, result, self.dns_time());
                }
            }
            Outgoing::Http { to, request } => {
                let request = HttpRequest { from, ..request };
                self.send_out(origin, &node, from, to, Some(request), cause);
            }
            Outgoing::Tcp { to } => self.send_out(origin, &node, from, to, None, cause),
        }
    }

    fn send_out(
        &mut self,
        origin: Origin,
        node: &str,
        from: Option<IpAddr>,
        to: SocketAddr,
        request: Option<HttpRequest>,
        cause: CauseId,
    ) {
        let mut random = self.traffic_random.clone();
        let way = self.way(node, from, to, &mut random);
        self.traffic_random = random;
        let soon = SimDuration::from_micros(self.spec.delays.network);
        match way.end {
            End::Arrives(worker, to) => {
                let delay = self.latency(node, &self.workers[worker].name);
                let request = request.map(|request| HttpRequest { port: to.port(), ..request });
                self.after(delay, Signal::Hop(Box::new(Hop::Arrive { origin, worker, to, request, cause })));
            }
            End::Refused => self.return_to(origin, OutgoingResult::Refused, soon),
            End::NoRoute(_) => self.return_to(origin, OutgoingResult::NoRoute, soon),
            // Nobody answers: the sender's own timeout ends it.
            End::Dropped | End::Off(_) | End::CutOff(..) => {}
        }
    }

    pub(super) fn on_hop(&mut self, hop: Hop) {
        match hop {
            Hop::Arrive { origin, worker, to, request, cause } => self.on_arrival(origin, worker, to, request, cause),
            Hop::Return { origin, result } => self.on_return(origin, result),
            Hop::Timeout { origin: Origin::Load(load, number) } => {
                let now = self.now;
                if let Some(load) = self.loads.get_mut(load) {
                    load.finish(number, Outcome::TimedOut, now);
                }
            }
            Hop::Timeout { .. } => {}
        }
    }

    fn on_arrival(
        &mut self,
        origin: Origin,
        worker: usize,
        to: SocketAddr,
        request: Option<HttpRequest>,
        cause: CauseId,
    ) {
        if !self.workers[worker].is_on {
            return;
        }
        let Some(sandbox) = self.sandbox_with(worker, to.ip()) else {
            // The address belonged to a Pod that is gone: nobody answers on the bridge.
            return self.return_to(origin, OutgoingResult::NoRoute, SimDuration::from_secs(3));
        };
        let now = self.now;
        let entry = self.worker_mut(worker);
        let socket = match request {
            Some(request) => entry.machine.http_request(now, sandbox, request, cause),
            None => entry.machine.tcp_connect(now, sandbox, to.port(), cause),
        };
        entry.sockets.insert(socket, origin);
        self.set_machine_wake(worker);
    }

    /// A connection into a machine is over.
    pub(super) fn on_socket_done(&mut self, worker: usize, origin: Origin, outcome: SocketOutcome) {
        if let Origin::Forward { call, connection, port } = origin {
            return self.on_forwarded(call, connection, port, outcome);
        }
        let result = match outcome {
            SocketOutcome::Answered(response) => OutgoingResult::Http(response),
            SocketOutcome::Connected => OutgoingResult::Connected,
            SocketOutcome::Refused => OutgoingResult::Refused,
            SocketOutcome::Reset => OutgoingResult::Reset,
            SocketOutcome::Unreachable => return,
        };
        let (here, there) = (self.workers[worker].name.clone(), self.place_of(origin));
        if self.reaches(&here, &there) {
            self.return_to(origin, result, self.latency(&here, &there));
        }
    }

    fn place_of(&self, origin: Origin) -> std::sync::Arc<str> {
        match origin {
            Origin::Load(load, _) => self.loads[load].spec.node.clone(),
            Origin::Process(worker, _) => self.workers[worker].name.clone(),
            Origin::Webhook(server, ..) => self.masters[server].name.clone(),
            Origin::Forward { call, .. } => {
                self.outside.far(call).map_or_else(Default::default, |far| self.workers[far.worker].name.clone())
            }
        }
    }

    pub(super) fn return_to(&mut self, origin: Origin, result: OutgoingResult, delay: SimDuration) {
        self.after(delay, Signal::Hop(Box::new(Hop::Return { origin, result })));
    }

    fn on_return(&mut self, origin: Origin, result: OutgoingResult) {
        let now = self.now;
        match origin {
            Origin::Load(load, number) => {
                if let Some(load) = self.loads.get_mut(load) {
                    load.finish(number, outcome_of(&result), now);
                }
            }
            Origin::Webhook(server, request, number) => self.on_called(server, request, number, &result),
            // Such a connection never leaves its machine.
            Origin::Forward { .. } => {}
            Origin::Process(worker, id) => {
                self.worker_mut(worker).machine.answer_outgoing(now, id, result);
                self.set_machine_wake(worker);
            }
        }
    }

    /// The machine that has a Pod's address in its range, or the address itself.
    pub(super) fn worker_with(&self, ip: IpAddr) -> Option<usize> {
        let node = self.network.1.node_with(ip).or_else(|| self.network.1.node_routing(ip))?;
        self.worker_by_name.get(node).copied()
    }

    /// The sandbox that has this address; any Pod of the machine's own network for the machine's own address.
    fn sandbox_with(&self, worker: usize, ip: IpAddr) -> Option<SandboxId> {
        let mut sandboxes = self.workers[worker].machine.sandboxes();
        sandboxes.find(|sandbox| sandbox.config.ip == Some(ip)).map(|sandbox| sandbox.id)
    }
}

fn outcome_of(result: &OutgoingResult) -> Outcome {
    match result {
        OutgoingResult::Http(response) if response.status < 400 => Outcome::Ok,
        OutgoingResult::Http(_) => Outcome::Wrong,
        OutgoingResult::Connected => Outcome::Ok,
        OutgoingResult::Dns(_) => Outcome::NoName,
        OutgoingResult::Refused => Outcome::Refused,
        OutgoingResult::Reset => Outcome::Reset,
        OutgoingResult::NoRoute => Outcome::TimedOut,
    }
}

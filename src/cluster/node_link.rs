//! Kubelets and their machines: what reaches an agent, what its machine reports, and the logs and commands that the API server
//! hands on to it.

use std::sync::Arc;

use crate::apiserver::{Body, Payload, Reason, Status, Ticket};
use crate::client::{Ctx, Incoming, StreamChunk};
use crate::engine::{CauseId, SimDuration};
use crate::kubelet::{Host, Kubelet, StreamId};
use crate::machine::{Happening, MachineEvent};

use super::actor::ActorId;
use super::etcd_link::sooner;
use super::signal::Signal;
use super::streams::Far;
use super::worker::Worker;
use super::world::Cluster;

/// Who waits for what a kubelet prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// The caller.
    pub actor: ActorId,
    /// Its request.
    pub ticket: Ticket,
    /// Whether the caller was told that the stream stands.
    pub is_open: bool,
}

impl Cluster {
    pub(super) fn call_kubelet(&mut self, worker: usize, cause: CauseId, incoming: Option<Incoming>) {
        self.with_kubelet(worker, cause, |kubelet, host, ctx| match incoming {
            Some(incoming) => kubelet.handle(incoming, host, ctx),
            None => kubelet.start(host, ctx),
        });
    }

    /// Calls a kubelet and carries out what it wants.
    pub(super) fn with_kubelet<R>(
        &mut self,
        index: usize,
        cause: CauseId,
        call: impl FnOnce(&mut Kubelet, &mut Host<'_>, &mut Ctx<'_>) -> R,
    ) -> R {
        let entry: &mut Worker = Arc::make_mut(&mut self.workers[index]);
        let id = entry.actor;
        let actor = &mut self.actors[id.0 as usize];
        let mut ctx = Ctx {
            now: self.now,
            cause,
            random: &mut actor.random,
            trace: &mut self.trace,
            identity: &actor.identity,
            desk: &mut actor.desk,
        };
        let mut host = Host { machine: &mut entry.machine, volumes: &mut self.volumes };
        let result = call(&mut entry.kubelet, &mut host, &mut ctx);
        let streams = entry.kubelet.take_streams();
        self.carry_out(id);
        for (stream, chunk) in streams {
            self.on_stream(index, stream, chunk);
        }
        self.set_machine_wake(index);
        result
    }

    pub(super) fn set_machine_wake(&mut self, index: usize) {
        let now = self.now;
        let entry = &self.workers[index];
        let wanted = entry.machine.next_at().map(|at| at.max(now));
        // Looking first keeps a machine that is shared with a checkpoint from being copied for nothing.
        if wanted.is_none_or(|at| entry.wake_at.is_some_and(|set| set <= at)) {
            return;
        }
        if let Some(at) = sooner(&mut self.worker_mut(index).wake_at, wanted) {
            self.agenda.push(at, Signal::MachineWake(index));
        }
    }

    pub(super) fn on_machine_wake(&mut self, index: usize) {
        let now = self.now;
        if self.workers[index].wake_at.is_none_or(|at| at > now) {
            return;
        }
        let entry = self.worker_mut(index);
        entry.wake_at = None;
        if !entry.is_on {
            return;
        }
        let events = entry.machine.advance(now);
        let machine = &mut Arc::make_mut(&mut self.workers[index]).machine;
        crate::machine::VolumePlugins::exchange(&mut self.volumes, machine);
        let mut for_kubelet = Vec::new();
        for event in events {
            if let Some(event) = self.take_traffic(index, event) {
                for_kubelet.push(event);
            }
        }
        let actor = &self.actors[self.workers[index].actor.0 as usize];
        if actor.is_up && !for_kubelet.is_empty() {
            self.with_kubelet(index, CauseId::NONE, |kubelet, host, ctx| kubelet.on_machine(for_kubelet, host, ctx));
        }
        self.set_machine_wake(index);
    }

    /// Keeps what is the network's business; everything else is the kubelet's.
    fn take_traffic(&mut self, index: usize, event: MachineEvent) -> Option<MachineEvent> {
        match event.what {
            Happening::Outgoing { request, sandbox, what } => {
                self.on_outgoing(index, sandbox, request, what, event.cause);
                None
            }
            Happening::SocketDone { socket, ref outcome, .. } => {
                let Some(origin) = self.worker_mut(index).sockets.remove(&socket) else { return Some(event) };
                self.on_socket_done(index, origin, outcome.clone());
                None
            }
            Happening::ContainerStarted { container } => {
                self.on_container_started(index, container, event.cause);
                Some(event)
            }
            Happening::NotModelled { container, ref note } => {
                let name = format!("podlab on {}", self.workers[index].name);
                let status = self.workers[index].machine.container_status(container);
                let object = status.map_or_else(String::new, |status| status.name.to_string());
                self.record(event.cause, &name, "note", &object, note);
                Some(event)
            }
            _ => Some(event),
        }
    }

    /// The API server hands a request for a log or a command on to a kubelet.
    pub(super) fn hand_to_kubelet(
        &mut self,
        actor: ActorId,
        ticket: Ticket,
        node: &str,
        cause: CauseId,
        delay: SimDuration,
    ) {
        let request = self.open.get(&(actor, ticket)).and_then(|open| open.request.clone());
        let (Some(request), Some(index)) = (request, self.worker_by_name.get(node).copied()) else {
            return self.refuse_stream(actor, ticket, &format!("no such host {node}"), delay);
        };
        let is_up = self.workers[index].is_on && self.actors[self.workers[index].actor.0 as usize].is_up;
        if !is_up || self.is_cut_off(node) {
            // Source of the text: the API server's dialer, as kubectl shows it for a node that does not answer.
            let text = format!("Get \"https://{node}:10250/\": dial tcp {node}:10250: connect: connection refused");
            return self.refuse_stream(actor, ticket, &text, delay);
        }
        let stream = StreamId(u64::from(actor.0) << 32 | ticket.0);
        self.worker_mut(index).execs.insert(stream, Waiter { actor, ticket, is_open: false });
        self.outside.reached(actor, ticket, Far { worker: index, stream, sandbox: None });
        let now = self.now;
        let begun = match &request.body {
            Body::Exec(options) | Body::Attach(options) if request.options.dry_run => {
                let entry = &self.workers[index];
                let checked = entry.kubelet.can_exec(&request.namespace, &request.name, options, &entry.machine);
                checked.map(|()| Some(StreamChunk { exit_code: Some(0), ..StreamChunk::default() }))
            }
            Body::Exec(options) => self
                .with_kubelet(index, cause, |kubelet, host, ctx| {
                    kubelet.exec(stream, &request.namespace, &request.name, options, host, ctx)
                })
                .map(|()| options.live.then(StreamChunk::default)),
            Body::Attach(options) => self
                .with_kubelet(index, cause, |kubelet, host, ctx| {
                    kubelet.attach(stream, &request.namespace, &request.name, options, host, ctx)
                })
                .map(|()| Some(StreamChunk::default())),
            Body::PortForward => {
                self.workers[index].kubelet.forward(&request.namespace, &request.name).map(|sandbox| {
                    self.outside.reached(actor, ticket, Far { worker: index, stream, sandbox: Some(sandbox) });
                    Some(StreamChunk::default())
                })
            }
            Body::Log(options) if options.follow => self
                .with_kubelet(index, cause, |kubelet, host, ctx| {
                    kubelet.follow(stream, &request.namespace, &request.name, options, host, ctx)
                })
                .map(|text| Some(StreamChunk { stdout: text.into_bytes().into(), ..StreamChunk::default() })),
            Body::Log(options) => {
                let entry = &self.workers[index];
                let text = entry.kubelet.logs(&request.namespace, &request.name, options, &entry.machine, now);
                text.map(|text| {
                    let stdout = text.into_bytes().into();
                    Some(StreamChunk { stdout, exit_code: Some(0), ..StreamChunk::default() })
                })
            }
            _ => Err("the request carries no options".to_owned()),
        };
        match begun {
            Ok(None) => {}
            Ok(Some(chunk)) => self.on_stream(index, stream, Ok(chunk)),
            Err(text) => {
                self.worker_mut(index).execs.remove(&stream);
                self.refuse_stream(actor, ticket, &text, delay);
            }
        }
    }

    fn refuse_stream(&mut self, actor: ActorId, ticket: Ticket, text: &str, delay: SimDuration) {
        self.open.remove(&(actor, ticket));
        // What the kubelet says comes through as a bad request, without a reason of its own.
        let outcome = Err(Box::new(Status::new(400, Reason::BadRequest, text)));
        self.deliver(actor, CauseId::NONE, Incoming::Response { ticket, outcome }, delay);
    }

    /// A kubelet has printed something for somebody.
    fn on_stream(&mut self, index: usize, stream: StreamId, chunk: Result<StreamChunk, String>) {
        let Some(waiter) = self.workers[index].execs.get(&stream).copied() else { return };
        let delay = self.latency(&self.workers[index].name, &self.actors[waiter.actor.0 as usize].identity.host) * 2;
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(text) => {
                self.worker_mut(index).execs.remove(&stream);
                return self.refuse_stream(waiter.actor, waiter.ticket, &text, delay);
            }
        };
        let is_last = chunk.exit_code.is_some();
        if is_last {
            self.worker_mut(index).execs.remove(&stream);
            self.open.remove(&(waiter.actor, waiter.ticket));
        } else if let Some(waiter) = self.worker_mut(index).execs.get_mut(&stream) {
            waiter.is_open = true;
        }
        let incoming = if waiter.is_open || !is_last {
            Incoming::Stream { ticket: waiter.ticket, chunk }
        } else {
            // All at once: the answer to the request itself.
            Incoming::Response { ticket: waiter.ticket, outcome: Ok(Payload::Stream(chunk).into()) }
        };
        self.deliver(waiter.actor, CauseId::NONE, incoming, delay);
    }
}

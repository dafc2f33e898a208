//! The connections between components and API servers: requests there, answers and events back, and what a client sees
//! when nobody answers.

use crate::apiserver::{Effect as ServerEffect, Inbound, Outcome, Payload, Request, Status, Ticket, Verb};
use crate::client::{Ctx, Effect, Incoming};
use crate::engine::{CauseId, SimDuration};
use crate::model::metrics;

use super::actor::{ActorId, Role};
use super::balancer::CHECK_PERIOD;
use super::signal::Signal;
use super::world::{Cluster, Open};

/// How long a client waits for an answer that does not come. Source: the kubelet's lease client uses 10 s; client-go's
/// leader election likewise (`RenewDeadline`).
const REQUEST_TIMEOUT: SimDuration = SimDuration::from_secs(10);
/// When HTTP/2 notices that a watch's peer is gone: a ping after 30 s, its answer awaited for 15 s.
/// Source: `apimachinery/pkg/util/net/http.go`, `readIdleTimeout`, `pingTimeout`.
const WATCH_TIMEOUT: SimDuration = SimDuration::from_secs(45);
/// First and longest wait before a component that ended is started again. Source: the kubelet's container back-off.
const RESTART_INITIAL: SimDuration = SimDuration::from_secs(10);
const RESTART_MAX: SimDuration = SimDuration::from_secs(300);
/// A component that ran so long is taken to be well. Source: the kubelet resets its back-off after 10 minutes.
const RESTART_RESET: SimDuration = SimDuration::from_secs(600);

impl Cluster {
    /// Does what a component put on its desk.
    pub(super) fn carry_out(&mut self, id: ActorId) {
        for (cause, effect) in self.actors[id.0 as usize].desk.take() {
            match effect {
                Effect::Request(ticket, request) => self.send_request(id, cause, ticket, *request),
                Effect::Cancel(ticket) => self.send_cancel(id, ticket),
                Effect::Timer(span, timer) => self.deliver(id, cause, Incoming::Timer(timer), span),
                Effect::Exit(last_words) => return self.on_exit(id, cause, &last_words),
            }
        }
    }

    /// Something reaches a component after `delay`, unless it has ended by then.
    pub(super) fn deliver(&mut self, actor: ActorId, cause: CauseId, incoming: Incoming, delay: SimDuration) {
        let life = self.actors[actor.0 as usize].life;
        self.after(delay, Signal::Deliver { actor, life, cause, incoming: Box::new(incoming) });
    }

    /// Sends a request in an actor's name.
    pub(super) fn send_for(&mut self, id: ActorId, cause: CauseId, request: Request) -> Ticket {
        let actor = &mut self.actors[id.0 as usize];
        let mut ctx = Ctx {
            now: self.now,
            cause,
            random: &mut actor.random,
            trace: &mut self.trace,
            identity: &actor.identity,
            desk: &mut actor.desk,
        };
        let ticket = ctx.send(request);
        self.carry_out(id);
        ticket
    }

    fn send_request(&mut self, id: ActorId, cause: CauseId, ticket: Ticket, request: Request) {
        let actor = &self.actors[id.0 as usize];
        let host = actor.identity.host.clone();
        let (name, agent) = (actor.identity.actor.clone(), actor.identity.agent.clone());
        let Some(server) = self.server_for(id) else {
            let status = Status::no_connection(self.unreachable_text(&agent, None));
            return self.fail(id, cause, ticket, status, self.latency(&host, "") * 2);
        };
        let there = self.masters[server].name.clone();
        if !self.reaches(&host, &there) {
            let text = format!(
                "Get \"https://{there}:6443\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            );
            return self.fail(id, cause, ticket, Status::no_connection(text), REQUEST_TIMEOUT);
        }
        if !self.masters[server].server_runs() {
            self.actors[id.0 as usize].server = None;
            let status = Status::no_connection(self.unreachable_text(&agent, Some(server)));
            return self.fail(id, cause, ticket, status, self.latency(&host, &there) * 2);
        }
        let is_handed_on = request.subresource.is_stream() || metrics::is_metrics(request.kind);
        let kept = is_handed_on.then(|| Box::new(request.clone()));
        let open = Open { server, is_watch: request.verb == Verb::Watch, cause, request: kept };
        self.open.insert((id, ticket), open);
        let life = self.masters[server].server_life;
        let inbound = Box::new(Inbound { caller: id.caller(), ticket, actor: name, cause, request });
        self.after(self.latency(&host, &there), Signal::Request { server, life, inbound });
    }

    /// The server that a component talks to: the one beside it on a master, else the one the balancer gave it.
    fn server_for(&mut self, id: ActorId) -> Option<usize> {
        let role = self.actors[id.0 as usize].role;
        if let Role::Scheduler(master) | Role::ControllerManager(master) = role {
            return Some(master);
        }
        let connected = self.actors[id.0 as usize].server;
        // A connection that stands is kept, whatever the balancer thinks of the server meanwhile.
        if let Some(server) = connected.filter(|&server| self.masters[server].server_runs()) {
            return Some(server);
        }
        let picked = self.balancer.pick();
        let picked = picked.filter(|&server| self.masters[server].server_runs()).or_else(|| self.balancer.pick());
        self.actors[id.0 as usize].server = picked;
        picked
    }

    fn unreachable_text(&self, agent: &str, server: Option<usize>) -> String {
        // kubectl knows the address of the balancer only; it makes its own sentence of this.
        let known = server.filter(|_| agent != "kubectl");
        let host = known.map_or_else(|| "balancer".to_owned(), |server| self.masters[server].name.to_string());
        format!("dial tcp {host}:6443: connect: connection refused")
    }

    fn fail(&mut self, id: ActorId, cause: CauseId, ticket: Ticket, status: Status, delay: SimDuration) {
        self.deliver(id, cause, Incoming::Response { ticket, outcome: Err(Box::new(status)) }, delay);
    }

    pub(super) fn send_cancel(&mut self, id: ActorId, ticket: Ticket) {
        if let Some(open) = self.open.remove(&(id, ticket)) {
            let server = open.server;
            let delay = self.latency(&self.actors[id.0 as usize].identity.host, &self.masters[server].name);
            self.after(delay, Signal::Cancel { server, actor: id, ticket });
        }
    }

    pub(super) fn on_cancel(&mut self, server: usize, actor: ActorId, ticket: Ticket) {
        self.masters[server].server.cancel(actor.caller(), ticket);
    }

    pub(super) fn on_request(&mut self, server: usize, life: u32, inbound: Inbound) {
        let master = &self.masters[server];
        if master.server_runs() && master.server_life == life {
            self.with_server(server, |server, ctx| server.handle(inbound, ctx));
        }
    }

    /// Carries an answer or an event of a server to its caller.
    pub(super) fn send_back(&mut self, server: usize, effect: ServerEffect) {
        let (caller, ticket) = match &effect {
            ServerEffect::Respond { caller, ticket, .. }
            | ServerEffect::Watch { caller, ticket, .. }
            | ServerEffect::WatchClosed { caller, ticket, .. } => (ActorId(caller.0), *ticket),
            _ => return,
        };
        let host = self.actors[caller.0 as usize].identity.host.clone();
        let there = self.masters[server].name.clone();
        // What is sent into a partition is lost; the caller's own timeout was set when the network was cut.
        if !self.reaches(&there, &host) {
            return;
        }
        let delay = self.latency(&there, &host);
        let Some(open) = self.open.get(&(caller, ticket)) else { return };
        let cause = open.cause;
        match effect {
            ServerEffect::Respond { outcome, .. } => self.send_outcome(caller, ticket, outcome, cause, delay),
            ServerEffect::Watch { events, .. } => {
                let delay = delay + SimDuration::from_micros(self.spec.delays.watch);
                self.deliver(caller, CauseId::NONE, Incoming::Watch { ticket, events }, delay);
            }
            ServerEffect::WatchClosed { status, .. } => {
                self.open.remove(&(caller, ticket));
                let delay = delay + SimDuration::from_micros(self.spec.delays.watch);
                self.deliver(caller, CauseId::NONE, Incoming::WatchClosed { ticket, status }, delay);
            }
            _ => {}
        }
    }

    fn send_outcome(&mut self, caller: ActorId, ticket: Ticket, outcome: Outcome, cause: CauseId, delay: SimDuration) {
        if let Ok(response) = &outcome
            && let Payload::Proxy(node) = &response.payload
        {
            let node = node.clone();
            return self.hand_to_kubelet(caller, ticket, &node, cause, delay);
        }
        if let Ok(response) = &outcome
            && let Payload::Aggregated { namespace, name } = &response.payload
        {
            let service = (namespace.clone(), name.clone());
            return self.hand_to_service(caller, ticket, service, cause, delay);
        }
        // A watch stays open after its first answer.
        let stays = outcome.is_ok() && self.open.get(&(caller, ticket)).is_some_and(|open| open.is_watch);
        if !stays {
            self.open.remove(&(caller, ticket));
        }
        self.deliver(caller, cause, Incoming::Response { ticket, outcome }, delay);
    }

    /// Every connection to a server that has stopped is reset.
    pub(super) fn reset_connections(&mut self, server: usize) {
        self.break_connections(SimDuration::from_micros(self.spec.delays.network), |_, open| open.server == server);
        for actor in &mut self.actors {
            if actor.server == Some(server) {
                actor.server = None;
            }
        }
    }

    /// Connections across a cut hang until the client gives up.
    pub(super) fn strand_connections(&mut self) {
        let cut = self.cut_off.clone();
        let hosts: Vec<_> = self.actors.iter().map(|actor| actor.identity.host.clone()).collect();
        let masters: Vec<_> = self.masters.iter().map(|master| master.name.clone()).collect();
        self.break_connections(REQUEST_TIMEOUT, |id: ActorId, open: &Open| {
            cut.contains(&hosts[id.0 as usize]) != cut.contains(&masters[open.server])
        });
        for index in 0..self.actors.len() {
            let host = self.actors[index].identity.host.clone();
            let stranded = |server: &usize| !self.reaches(&host, &self.masters[*server].name);
            if self.actors[index].server.as_ref().is_some_and(stranded) {
                self.actors[index].server = None;
            }
        }
    }

    fn break_connections(&mut self, delay: SimDuration, is_broken: impl Fn(ActorId, &Open) -> bool) {
        let broken: Vec<_> =
            self.open.iter().filter(|((id, _), open)| is_broken(*id, open)).map(|(key, _)| *key).collect();
        for (id, ticket) in broken {
            let Some(open) = self.open.remove(&(id, ticket)) else { continue };
            // A watch that hangs is noticed later than a request.
            let delay = if open.is_watch && delay == REQUEST_TIMEOUT { WATCH_TIMEOUT } else { delay };
            if open.is_watch {
                self.deliver(id, CauseId::NONE, Incoming::WatchClosed { ticket, status: None }, delay);
            } else {
                let there = &self.masters[open.server].name;
                let status =
                    Status::no_connection(format!("Get \"https://{there}:6443\": read: connection reset by peer"));
                self.fail(id, open.cause, ticket, status, delay);
            }
        }
    }

    /// A process has ended by itself; it is started again after its back-off, as the kubelet does with a static Pod.
    fn on_exit(&mut self, id: ActorId, cause: CauseId, last_words: &str) {
        let name = self.actors[id.0 as usize].identity.actor.clone();
        self.record(cause, &name, "exit", "", last_words);
        self.stop_actor(id);
        let now = self.now;
        let actor = &mut self.actors[id.0 as usize];
        if now.since(actor.started_at) >= RESTART_RESET {
            actor.crashes = 0;
        }
        let backoff = (RESTART_INITIAL * (1 << actor.crashes.min(5))).min(RESTART_MAX);
        actor.crashes += 1;
        let life = actor.life;
        self.after(backoff, Signal::Start { actor: id, life });
    }

    /// Ends a process: its connections close, nothing that was meant for it arrives any more.
    pub(super) fn stop_actor(&mut self, id: ActorId) {
        let actor = &mut self.actors[id.0 as usize];
        actor.is_up = false;
        actor.life += 1;
        actor.server = None;
        actor.desk.take();
        let open: Vec<_> = self.open.range((id, Ticket(0))..=(id, Ticket(u64::MAX))).map(|(key, _)| *key).collect();
        for key in open {
            self.open.remove(&key);
        }
        for master in &mut self.masters {
            master.server.disconnect(id.caller());
        }
    }

    pub(super) fn on_balancer_check(&mut self) {
        for server in 0..self.masters.len() {
            let master = &self.masters[server];
            let name = master.name.clone();
            // `/livez` without its etcd quorum check: a store without quorum is no reason to refuse reads from the cache.
            let is_ready =
                self.reaches("", &name) && master.server_runs() && master.server.is_ready() && master.etcd_runs();
            if self.balancer.checked(server, is_ready) {
                let text = if is_ready {
                    "answers again: gets new connections"
                } else {
                    "does not answer /readyz: gets no new connections"
                };
                self.record(CauseId::NONE, "load balancer", "check", &name, text);
            }
        }
        self.after(CHECK_PERIOD, Signal::BalancerCheck);
    }
}

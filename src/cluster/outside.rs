//! Programs outside the cluster: the real kubectl, k9s, a client library. Their requests come in as inputs, go through the load
//! balancer like everyone's, and what is answered waits here until whoever holds the connection fetches it.

use std::collections::BTreeMap;

use crate::apiserver::authorization::Attributes;
use crate::apiserver::{Credentials, Outcome, Request, Status, StreamChunk, Ticket, Verb, WatchEvent};
use crate::client::Incoming;
use crate::engine::{CauseId, SimTime};
use crate::kubelet::Said;

use super::actor::{ActorId, Role};
use super::streams::{Far, Forwarded};
use super::world::Cluster;

/// So many programs are told apart by their name; whoever comes later is just a client.
const AGENTS_MAX: usize = 64;

/// What a program outside is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// About which of its requests.
    pub call: u64,
    /// When it reaches the program.
    pub at: SimTime,
    /// What.
    pub answer: Answer,
}

/// The answer to a request from outside, or what follows it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// What came of it.
    Outcome(Outcome),
    /// Events of the watch, oldest first.
    Watch(Vec<WatchEvent>),
    /// The watch has ended, with an error event if there is one.
    WatchClosed(Option<Box<Status>>),
    /// A piece of a log or of what a command prints.
    Stream(StreamChunk),
    /// How a connection through a forwarded port fared.
    Forwarded {
        /// Which one.
        connection: u32,
        /// How.
        how: Forwarded,
    },
}

/// The connections from outside.
#[derive(Clone, Debug, Default)]
pub(super) struct Outside {
    /// Programs by the name they give themselves.
    agents: BTreeMap<String, ActorId>,
    /// Open requests: which number the program outside knows them by.
    calls: BTreeMap<(ActorId, Ticket), u64>,
    tickets: BTreeMap<u64, (ActorId, Ticket)>,
    /// Open streams: where they come out.
    streams: BTreeMap<u64, Far>,
    told: Vec<Told>,
}

impl Outside {
    /// Where the stream of a request has come out.
    pub(super) fn far(&self, call: u64) -> Option<Far> {
        self.streams.get(&call).copied()
    }

    /// A kubelet has taken a request of a program outside up.
    pub(super) fn reached(&mut self, actor: ActorId, ticket: Ticket, far: Far) {
        if let Some(call) = self.calls.get(&(actor, ticket)) {
            self.streams.insert(*call, far);
        }
    }

    /// Something is to be told.
    pub(super) fn tell(&mut self, told: Told) {
        self.told.push(told);
    }
}

impl Cluster {
    /// A request arrives from outside.
    pub(super) fn accept_call(&mut self, call: u64, request: Request) {
        let actor = self.outside_actor(&request.agent);
        let cause = self.cause_of_call(&request);
        let ticket = self.send_for(actor, cause, request);
        self.outside.calls.insert((actor, ticket), call);
        self.outside.tickets.insert(call, (actor, ticket));
    }

    /// The program outside wants no more of it.
    pub(super) fn accept_hangup(&mut self, call: u64) {
        let Some((actor, ticket)) = self.outside.tickets.remove(&call) else { return };
        self.accept_said(call, &Said::Bye);
        if let Some(far) = self.outside.streams.remove(&call) {
            self.worker_mut(far.worker).execs.remove(&far.stream);
        }
        self.outside.calls.remove(&(actor, ticket));
        self.send_cancel(actor, ticket);
    }

    /// Something reaches a program outside.
    pub(super) fn call_outside(&mut self, actor: ActorId, incoming: Option<Incoming>) {
        let (ticket, answer) = match incoming {
            Some(Incoming::Response { ticket, outcome }) => (ticket, Answer::Outcome(outcome)),
            Some(Incoming::Watch { ticket, events }) => (ticket, Answer::Watch(events)),
            Some(Incoming::WatchClosed { ticket, status }) => (ticket, Answer::WatchClosed(status)),
            Some(Incoming::Stream { ticket, chunk }) => (ticket, Answer::Stream(chunk)),
            Some(Incoming::Timer(_)) | None => return,
        };
        let Some(&call) = self.outside.calls.get(&(actor, ticket)) else { return };
        let is_last = match &answer {
            // What goes on is still open at a server or a kubelet.
            Answer::Outcome(_) => !self.open.contains_key(&(actor, ticket)),
            Answer::Watch(_) => false,
            Answer::WatchClosed(_) => true,
            Answer::Stream(chunk) => chunk.exit_code.is_some(),
            Answer::Forwarded { .. } => false,
        };
        if is_last {
            self.outside.calls.remove(&(actor, ticket));
            self.outside.tickets.remove(&call);
            self.outside.streams.remove(&call);
        }
        self.outside.told.push(Told { call, at: self.now, answer });
    }

    /// Whether someone outside may ask for something; `None` when no server answers.
    #[must_use]
    pub fn authorize(&self, credentials: &Credentials, asked: &Attributes<'_>) -> Option<Result<(), Box<Status>>> {
        let master = self.masters.iter().find(|master| master.server_runs())?;
        Some(master.server.authorize(credentials, asked, master.etcd.store(), self.now))
    }

    /// What programs outside were told since this was asked last.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.outside.told)
    }

    /// Whether a request from outside has not been answered to its end.
    #[must_use]
    pub fn has_open_calls(&self) -> bool {
        !self.outside.tickets.is_empty()
    }

    fn outside_actor(&mut self, agent: &str) -> ActorId {
        let known = &self.outside.agents;
        let agent = if known.contains_key(agent) || known.len() < AGENTS_MAX { agent } else { "client" };
        if let Some(id) = self.outside.agents.get(agent) {
            return *id;
        }
        let id = self.add_actor(Role::Outside, &format!("{agent} (outside)"), agent, "", "", &[]);
        self.actors[id.0 as usize].is_up = true;
        self.outside.agents.insert(agent.to_owned(), id);
        id
    }

    /// What changes something is written down as the cause of the change; what only looks would drown it.
    fn cause_of_call(&mut self, request: &Request) -> CauseId {
        if matches!(request.verb, Verb::Get | Verb::List | Verb::Watch) {
            return CauseId::NONE;
        }
        let who = format!("{} (outside)", request.agent);
        let object = request.key().path();
        let user = request.impersonate.as_ref().unwrap_or(&request.user);
        let text = if user.name.is_empty() { String::new() } else { format!("as {}", user.name) };
        self.record(CauseId::NONE, &who, request.verb.as_str(), &object, &text)
    }
}

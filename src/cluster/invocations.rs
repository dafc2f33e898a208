//! kubectl invocations: someone outside runs a command, its requests go through the load balancer like everyone's, its output
//! grows until it ends.

use std::collections::BTreeMap;

use crate::apiserver::Ticket;
use crate::client::{Incoming, Timer};
use crate::engine::{CauseId, SimTime};
use crate::kubectl::{Defaults, Invocation, Reply, Step, Workspace};
use crate::kubelet::Said;

use super::actor::ActorId;
use super::input::Input;
use super::signal::Signal;
use super::world::Cluster;

/// A kubectl that was started.
#[derive(Clone, Debug)]
pub struct RunningInvocation {
    actor: ActorId,
    line: String,
    started_at: SimTime,
    program: Invocation,
    tickets: BTreeMap<Ticket, u64>,
    output: String,
    editing: Option<String>,
    exit_code: Option<i32>,
    cause: CauseId,
}

impl RunningInvocation {
    /// The line that was typed.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// When.
    #[must_use]
    pub fn started_at(&self) -> SimTime {
        self.started_at
    }

    /// What it has printed so far, both streams in order.
    #[must_use]
    pub fn output(&self) -> &str {
        &self.output
    }

    /// The text it wants edited.
    #[must_use]
    pub fn editing(&self) -> Option<&str> {
        self.editing.as_deref()
    }

    /// How it ended; `None` while it runs.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    /// Whether it has ended, or waits for an editor.
    #[must_use]
    pub fn is_waiting_or_over(&self) -> bool {
        self.exit_code.is_some() || self.editing.is_some()
    }
}

impl Cluster {
    /// Puts an input on the agenda: it takes effect after everything that is due at the present instant.
    pub fn submit(&mut self, input: Input) {
        self.agenda.push(self.now, Signal::Input(Box::new(input)));
    }

    /// A kubectl that was started, by its number.
    #[must_use]
    pub fn invocation(&self, number: u64) -> Option<&RunningInvocation> {
        self.invocations.get(&number)
    }

    pub(super) fn accept(&mut self, input: Input) {
        match input {
            Input::Kubectl { invocation, line, files, stdin } => {
                let files = files.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
                let program = self.program(&line, Workspace { files, stdin: stdin.map(Into::into) });
                self.run(invocation, "kubectl", line, program);
            }
            Input::Edited { invocation, text } => self.reply(invocation, Reply::Edited(text)),
            Input::Interrupt { invocation } => self.reply(invocation, Reply::Interrupt),
            // Submitted faults were checked; one that has become impossible since does nothing, and says so in the trace.
            Input::Fault(fault) => {
                if let Err(error) = self.apply_fault(&fault) {
                    self.record(CauseId::NONE, "fault", fault.name(), &fault.target(), &error.to_string());
                }
            }
            Input::Api { call, request } => self.accept_call(call, *request),
            Input::Hangup { call } => self.accept_hangup(call),
            Input::StreamData { call, bytes } => self.accept_said(call, &Said::Bytes(bytes)),
            Input::StreamEnd { call } => self.accept_said(call, &Said::End),
            Input::Resize { call, columns, rows } => self.accept_said(call, &Said::Size(columns, rows)),
            Input::Forward { call, connection, port, request } => self.accept_forward(call, connection, port, request),
            Input::StartLoad { load } => self.after(crate::engine::SimDuration::ZERO, Signal::Load(load)),
            Input::Note(text) => {
                self.record(CauseId::NONE, "learner", "note", "", &text);
            }
        }
    }

    /// Runs a command that a fault stands for.
    pub(super) fn run_for_fault(&mut self, line: &str) {
        // Numbers from the top, so that they never meet those of the learner.
        let number = self.invocations.keys().next_back().map_or(u64::MAX / 2, |last| (*last).max(u64::MAX / 2) + 1);
        let program = self.program(line, Workspace::default());
        self.run(number, "fault", line.to_owned(), program);
    }

    fn program(&self, line: &str, workspace: Workspace) -> Invocation {
        let defaults = Defaults { namespace: self.namespace.clone(), ..Defaults::admin() };
        Invocation::new(line, workspace, defaults)
    }

    fn run(&mut self, number: u64, who: &str, line: String, mut program: Invocation) {
        let actor = self.add_kubectl(number, who);
        let cause = self.record(CauseId::NONE, who, "run", "", &line);
        let steps = program.start(self.now);
        let running = RunningInvocation {
            actor,
            line,
            started_at: self.now,
            program,
            tickets: BTreeMap::new(),
            output: String::new(),
            editing: None,
            exit_code: None,
            cause,
        };
        self.invocations.insert(number, running);
        self.take_steps(number, steps);
    }

    pub(super) fn call_kubectl(&mut self, number: u64, incoming: Option<Incoming>) {
        let Some(running) = self.invocations.get_mut(&number) else { return };
        let reply = match incoming {
            // kubectl knows its requests by numbers of its own.
            Some(Incoming::Response { ticket, outcome }) => {
                running.tickets.get(&ticket).map(|id| Reply::Response { id: *id, outcome })
            }
            Some(Incoming::Watch { ticket, events }) => {
                running.tickets.get(&ticket).map(|id| Reply::Watch { id: *id, events })
            }
            Some(Incoming::WatchClosed { ticket, status }) => {
                running.tickets.get(&ticket).map(|id| Reply::WatchClosed { id: *id, status })
            }
            Some(Incoming::Stream { ticket, chunk }) => {
                running.tickets.get(&ticket).map(|id| Reply::Stream { id: *id, chunk })
            }
            Some(Incoming::Timer(timer)) => Some(Reply::Timer { id: timer.number }),
            None => None,
        };
        if let Some(reply) = reply {
            self.reply(number, reply);
        }
    }

    fn reply(&mut self, number: u64, reply: Reply) {
        let now = self.now;
        let Some(running) = self.invocations.get_mut(&number).filter(|running| running.exit_code.is_none()) else {
            return;
        };
        if matches!(reply, Reply::Edited(_)) {
            running.editing = None;
        }
        let steps = running.program.on(reply, now);
        self.take_steps(number, steps);
    }

    fn take_steps(&mut self, number: u64, steps: Vec<Step>) {
        for step in steps {
            let Some(running) = self.invocations.get_mut(&number) else { return };
            let (actor, cause) = (running.actor, running.cause);
            match step {
                Step::Output { text, .. } => running.output.push_str(&text),
                Step::Namespace(namespace) => self.namespace = namespace,
                Step::Write { file, text } => self.written.push((file, text)),
                Step::Edit { text } => running.editing = Some(text),
                Step::Exit { code } => {
                    running.exit_code = Some(code);
                    self.stop_actor(actor);
                }
                Step::Timer { after, id } => self.deliver(actor, cause, Incoming::Timer(Timer::new(0, id)), after),
                Step::Cancel { id: local } => {
                    let found = running.tickets.iter().find(|(_, id)| **id == local).map(|(ticket, _)| *ticket);
                    if let Some(ticket) = found {
                        self.send_cancel(actor, ticket);
                    }
                }
                Step::Request { id, request } => {
                    let ticket = self.send_for(actor, cause, *request);
                    if let Some(running) = self.invocations.get_mut(&number) {
                        running.tickets.insert(ticket, id);
                    }
                }
            }
        }
    }

    /// The files that commands have written for the learner since this was asked last.
    pub fn take_written(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.written)
    }

    /// What a finished command answered; used by tests and headless runs.
    #[must_use]
    pub fn outcome_of(&self, number: u64) -> Option<(i32, &str)> {
        let running = self.invocations.get(&number)?;
        Some((running.exit_code?, running.output()))
    }
}

//! A terminal joined to an API server of its own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::apiserver::{Standalone, Ticket};
use crate::engine::{SimDuration, SimTime};
use crate::kubectl::{Defaults, Invocation, Reply, Step, Workspace};

/// No command of a test runs longer.
const PATIENCE: SimDuration = SimDuration::from_secs(3600);

/// What a command printed, and its exit code; `None` while it runs.
pub(super) type Printed = (String, Option<i32>);

pub(super) struct Console {
    pub(super) server: Standalone,
    pub(super) files: BTreeMap<String, Arc<str>>,
    pub(super) editor: VecDeque<fn(&str) -> String>,
    namespace: Arc<str>,
}

impl Console {
    pub(super) fn new() -> Self {
        let server = Standalone::new(SimTime::from_secs(100));
        Self { server, files: BTreeMap::new(), editor: VecDeque::new(), namespace: "default".into() }
    }

    /// Output and, behind it, the exit code if it is not 0.
    pub(super) fn run(&mut self, line: &str) -> String {
        let (text, code) = self.run_with(line, None);
        match code {
            Some(0) => text,
            Some(code) => format!("{text}[exit {code}]\n"),
            None => format!("{text}[runs]\n"),
        }
    }

    /// The same with a manifest on standard input.
    pub(super) fn pipe(&mut self, line: &str, stdin: &str) -> String {
        let (text, code) = self.run_with(line, Some(stdin));
        if code == Some(0) { text } else { format!("{text}[exit {}]\n", code.unwrap_or(-1)) }
    }

    pub(super) fn run_with(&mut self, line: &str, stdin: Option<&str>) -> Printed {
        let workspace = Workspace { files: self.files.clone(), stdin: stdin.map(Arc::from) };
        let defaults = Defaults { namespace: Arc::clone(&self.namespace), ..Defaults::admin() };
        let mut program = Invocation::new(line, workspace, defaults);
        let mut tickets: BTreeMap<Ticket, u64> = BTreeMap::new();
        let mut timers: BTreeMap<(SimTime, u64), u64> = BTreeMap::new();
        let mut printed: Printed = (String::new(), None);
        let mut replies: VecDeque<Reply> = VecDeque::new();
        let end = self.server.now() + PATIENCE;
        let mut steps = program.start(self.server.now());
        loop {
            for step in steps {
                self.take(step, &mut tickets, &mut timers, &mut printed, &mut replies);
            }
            for (ticket, events) in self.server.take_watched() {
                replies.extend(tickets.get(&ticket).map(|id| Reply::Watch { id: *id, events }));
            }
            if printed.1.is_some() || self.server.now() > end {
                return printed;
            }
            let reply = match replies.pop_front() {
                Some(reply) => reply,
                None => {
                    let Some(((at, _), id)) = timers.pop_first() else { return printed };
                    self.server.advance(at);
                    Reply::Timer { id }
                }
            };
            steps = program.on(reply, self.server.now());
        }
    }

    fn take(
        &mut self,
        step: Step,
        tickets: &mut BTreeMap<Ticket, u64>,
        timers: &mut BTreeMap<(SimTime, u64), u64>,
        printed: &mut Printed,
        replies: &mut VecDeque<Reply>,
    ) {
        match step {
            Step::Output { text, .. } => printed.0.push_str(&text),
            Step::Exit { code } => printed.1 = Some(code),
            Step::Namespace(namespace) => self.namespace = namespace,
            Step::Write { file, text } => drop(self.files.insert(file, text.into())),
            Step::Cancel { .. } => {}
            Step::Edit { text } => {
                let edited = self.editor.pop_front().map(|edit| edit(&text));
                replies.push_back(Reply::Edited(edited));
            }
            Step::Timer { id, after } => {
                timers.insert((self.server.now() + after, id), id);
            }
            Step::Request { id, request } => {
                let (ticket, outcome) = self.server.call_as("kubectl", *request);
                tickets.insert(ticket, id);
                replies.push_back(Reply::Response { id, outcome });
            }
        }
    }
}

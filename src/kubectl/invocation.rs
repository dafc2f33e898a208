//! One command line, from its first word to its exit code.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::{Outcome, Request, Status, StreamChunk, User, WatchEvent};
use crate::client::Incoming;
use crate::engine::{SimDuration, SimTime};

use super::commands;
use super::failure::Failure;
use super::record::{Arrival, Record};
use super::session::Session;

/// The exit code after Ctrl-C, as shells report it.
const INTERRUPTED: i32 = 130;

/// The files that `-f` can name, and what standard input holds.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// Files by path.
    pub files: BTreeMap<String, Arc<str>>,
    /// What `-f -` reads.
    pub stdin: Option<Arc<str>>,
}

/// What a kubeconfig would say.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// Who asks.
    pub user: Arc<User>,
    /// The namespace of the current context.
    pub namespace: Arc<str>,
    /// Where the API server is: `https://10.0.0.1:6443`.
    pub server: Arc<str>,
    /// The name of the cluster, its context and its user.
    pub context: Arc<str>,
}

impl Defaults {
    /// An administrator's configuration.
    #[must_use]
    pub fn admin() -> Self {
        let user = User::new("kubernetes-admin", &[User::MASTERS, User::AUTHENTICATED]);
        let (namespace, server) = ("default".into(), "https://127.0.0.1:6443".into());
        Self { user: Arc::new(user), namespace, server, context: "podlab".into() }
    }
}

/// Where a text is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamName {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a command wants done. Ids are the command's own.
#[derive(Clone, Debug)]
pub enum Step {
    /// Send a request; answer with [`Reply::Response`], and with the events of the watch or the pieces of the stream.
    Request {
        /// Under this id.
        id: u64,
        /// The request.
        request: Box<Request>,
    },
    /// Come back after this time with [`Reply::Timer`].
    Timer {
        /// Under this id.
        id: u64,
        /// After so long.
        after: SimDuration,
    },
    /// The watch or stream of this request is wanted no more.
    Cancel {
        /// Which request.
        id: u64,
    },
    /// Show this text in an editor; answer with [`Reply::Edited`].
    Edit {
        /// The text.
        text: String,
    },
    /// Print.
    Output {
        /// Where.
        stream: StreamName,
        /// What.
        text: String,
    },
    /// The current context has another namespace from now on.
    Namespace(Arc<str>),
    /// The learner has this file from now on.
    Write {
        /// Its path.
        file: String,
        /// What is in it.
        text: String,
    },
    /// The command has ended.
    Exit {
        /// With this code.
        code: i32,
    },
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The outcome of a request.
    Response {
        /// Of which request.
        id: u64,
        /// What came of it.
        outcome: Outcome,
    },
    /// Events of a watch.
    Watch {
        /// Of which request.
        id: u64,
        /// Oldest first.
        events: Vec<WatchEvent>,
    },
    /// A watch ended.
    WatchClosed {
        /// Of which request.
        id: u64,
        /// Why, if the server said so.
        status: Option<Box<Status>>,
    },
    /// A piece of a log or of what a command printed.
    Stream {
        /// Of which request.
        id: u64,
        /// The piece.
        chunk: StreamChunk,
    },
    /// A timer has run out.
    Timer {
        /// Which one.
        id: u64,
    },
    /// The editor was closed: the text as it was saved, or nothing if it was not.
    Edited(Option<String>),
    /// Ctrl-C.
    Interrupt,
}

impl Reply {
    /// The reply that something incoming is, for a host that uses the ids of steps as its tickets and timer numbers.
    #[must_use]
    pub fn from_incoming(incoming: Incoming) -> Self {
        match incoming {
            Incoming::Response { ticket, outcome } => Self::Response { id: ticket.0, outcome },
            Incoming::Watch { ticket, events } => Self::Watch { id: ticket.0, events },
            Incoming::WatchClosed { ticket, status } => Self::WatchClosed { id: ticket.0, status },
            Incoming::Stream { ticket, chunk } => Self::Stream { id: ticket.0, chunk },
            Incoming::Timer(timer) => Self::Timer { id: timer.number },
        }
    }
}

/// A command that runs.
#[derive(Clone, Debug)]
pub struct Invocation {
    line: Arc<str>,
    pub(super) workspace: Arc<Workspace>,
    pub(super) defaults: Defaults,
    record: Record,
    is_done: bool,
}

impl Invocation {
    /// A command that has not started. A leading `kubectl` or `k` is dropped.
    pub fn new(line: impl Into<Arc<str>>, workspace: Workspace, defaults: Defaults) -> Self {
        let record = Record::default();
        Self { line: line.into(), workspace: Arc::new(workspace), defaults, record, is_done: false }
    }

    /// Starts it at `now`.
    pub fn start(&mut self, now: SimTime) -> Vec<Step> {
        self.record.start(now);
        self.run()
    }

    /// Goes on with what came back.
    pub fn on(&mut self, reply: Reply, now: SimTime) -> Vec<Step> {
        if self.is_done {
            return Vec::new();
        }
        let (id, arrival) = match reply {
            Reply::Interrupt => return self.end(INTERRUPTED, Vec::new()),
            Reply::Response { id, outcome } => (id, Arrival::Outcome(outcome)),
            Reply::Watch { id, events } => (id, Arrival::Events(events)),
            Reply::WatchClosed { id, status } => (id, Arrival::Closed(status)),
            Reply::Stream { id, chunk } => (id, Arrival::Chunk(chunk)),
            Reply::Timer { id } => (id, Arrival::Timer),
            Reply::Edited(text) => (Record::EDITOR, Arrival::Edited(text)),
        };
        self.record.arrive(id, arrival, now);
        self.run()
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// The line as it was typed.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    fn run(&mut self) -> Vec<Step> {
        let (line, workspace) = (Arc::clone(&self.line), Arc::clone(&self.workspace));
        let mut session = Session::new(&mut self.record, &workspace, &self.defaults);
        let result = commands::run(&line, &mut session);
        let code = match result {
            Err(Failure::Suspended) => return session.into_steps(),
            Ok(()) => 0,
            Err(failure) => {
                session.err(&failure.text());
                failure.code()
            }
        };
        let steps = session.into_steps();
        self.end(code, steps)
    }

    fn end(&mut self, code: i32, mut steps: Vec<Step>) -> Vec<Step> {
        self.is_done = true;
        steps.extend(self.record.open().map(|id| Step::Cancel { id }));
        steps.push(Step::Exit { code });
        steps
    }
}

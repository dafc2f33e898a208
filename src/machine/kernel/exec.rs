//! Commands run inside a container from outside, and people who attach to one: what is written, what is typed, the limit of their
//! time.

use super::Kernel;
use super::descriptor::{OpenId, PipeId};
use super::process::{Ending, HostPid};
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{ContainerId, ExecId, Happening, LogStream};

/// Where what a person types goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inlet {
    /// Into a pipe, of which this is the writing end.
    Pipe(OpenId),
    /// Into a terminal.
    Terminal(PipeId),
}

/// How a session is connected with the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// What is written is kept until the end.
    Kept,
    /// What is written is told at once; what is typed goes into the inlet.
    Live(Option<Inlet>),
    /// To the container's own standard streams.
    Attached {
        /// Whether what is typed reaches the container.
        takes_input: bool,
    },
    /// Nobody listens any more.
    Gone,
}

/// One exec, or one attached person.
#[derive(Clone, Debug)]
pub struct Session {
    /// Where it runs.
    pub container: ContainerId,
    /// Standard output so far.
    pub stdout: Vec<u8>,
    /// Standard error so far.
    pub stderr: Vec<u8>,
    /// Both, in the order of writing.
    pub output: Vec<u8>,
    /// When it is killed.
    pub deadline: Option<SimTime>,
    /// How it is connected.
    pub link: Link,
    /// Who asked.
    pub cause: CauseId,
}

impl Session {
    /// A session that has written nothing.
    #[must_use]
    pub fn new(container: ContainerId, deadline: Option<SimTime>, link: Link, cause: CauseId) -> Self {
        Self { container, stdout: Vec::new(), stderr: Vec::new(), output: Vec::new(), deadline, link, cause }
    }

    fn keep(&mut self, stream: LogStream, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
        match stream {
            LogStream::Stdout => self.stdout.extend_from_slice(bytes),
            LogStream::Stderr => self.stderr.extend_from_slice(bytes),
        }
    }
}

impl Kernel<'_> {
    /// A process of an exec has written something.
    pub(super) fn write_session(&mut self, exec: ExecId, stream: LogStream, bytes: &[u8]) {
        let Some(session) = self.sandbox.execs.get_mut(&exec) else { return };
        match session.link {
            Link::Kept => session.keep(stream, bytes),
            Link::Live(_) | Link::Attached { .. } => {
                let cause = session.cause;
                self.emit(cause, Happening::ExecOutput { exec, stream, bytes: bytes.into() });
            }
            Link::Gone => {}
        }
    }

    /// A container has written something: whoever is attached to it sees it.
    pub(super) fn write_attached(&mut self, container: ContainerId, stream: LogStream, bytes: &[u8]) {
        for exec in self.attached(container) {
            self.write_session(exec, stream, bytes);
        }
    }

    fn attached(&self, container: ContainerId) -> Vec<ExecId> {
        let is_attached =
            |session: &Session| session.container == container && matches!(session.link, Link::Attached { .. });
        self.sandbox.execs.iter().filter(|(_, session)| is_attached(session)).map(|(exec, _)| *exec).collect()
    }

    /// Someone attaches to a container.
    pub fn begin_attach(&mut self, exec: ExecId, container: ContainerId, takes_input: bool, cause: CauseId) {
        let link = Link::Attached { takes_input };
        self.sandbox.execs.insert(exec, Session::new(container, None, link, cause));
    }

    fn inlet(&self, exec: ExecId) -> Option<Inlet> {
        let session = self.sandbox.execs.get(&exec)?;
        match session.link {
            Link::Live(inlet) => inlet,
            Link::Attached { takes_input: true } => self.sandbox.containers.get(&session.container)?.inlet,
            _ => None,
        }
    }

    /// Someone types, or a client sends what its own standard input has.
    pub fn feed(&mut self, exec: ExecId, bytes: &[u8], cause: CauseId) {
        match self.inlet(exec) {
            Some(Inlet::Pipe(open)) => self.push_pipe(open, bytes),
            Some(Inlet::Terminal(id)) => self.type_in(id, bytes, cause),
            None => {}
        }
    }

    /// The client's standard input has come to its end.
    pub fn end_input(&mut self, exec: ExecId) {
        let Some(session) = self.sandbox.execs.get_mut(&exec) else { return };
        match &mut session.link {
            Link::Live(inlet) => {
                if let Some(Inlet::Pipe(open)) = *inlet {
                    *inlet = None;
                    self.release(open);
                }
            }
            Link::Attached { takes_input } if *takes_input => {
                *takes_input = false;
                let container = session.container;
                self.close_container_input(container, true);
            }
            _ => {}
        }
    }

    /// `stdinOnce`: when the first client has nothing more to say, neither has anybody else.
    fn close_container_input(&mut self, container: ContainerId, only_once: bool) {
        let Some(container) = self.sandbox.containers.get_mut(&container) else { return };
        if only_once && !container.config.stdin_once {
            return;
        }
        if let Some(Inlet::Pipe(open)) = container.inlet.take_if(|inlet| matches!(inlet, Inlet::Pipe(_))) {
            self.release(open);
        }
    }

    /// The client has closed its connection: nothing is told any more; a terminal hangs up.
    pub fn hang_up(&mut self, exec: ExecId, cause: CauseId) {
        self.end_input(exec);
        let Some(session) = self.sandbox.execs.get_mut(&exec) else { return };
        match std::mem::replace(&mut session.link, Link::Gone) {
            Link::Live(Some(Inlet::Terminal(id))) => self.hang_up_terminal(id, cause),
            Link::Attached { .. } => drop(self.sandbox.execs.remove(&exec)),
            _ => {}
        }
    }

    /// The window of the person has another size: columns, rows.
    pub fn resize(&mut self, exec: ExecId, size: (u16, u16), cause: CauseId) {
        if let Some(Inlet::Terminal(id)) = self.inlet(exec) {
            self.resize_terminal(id, size, cause);
        }
    }

    /// The first process of an exec.
    #[must_use]
    pub fn first_of(&self, exec: ExecId) -> Option<HostPid> {
        let mut processes = self.sandbox.processes.values();
        processes.find(|process| process.exec == Some(exec)).map(|process| process.host)
    }

    /// The first process of an exec has ended.
    pub fn finish_exec(&mut self, exec: ExecId, ending: Ending) {
        let Some(session) = self.sandbox.execs.remove(&exec) else { return };
        match session.link {
            Link::Live(Some(Inlet::Pipe(open))) => self.release(open),
            Link::Live(Some(Inlet::Terminal(id))) => drop(self.sandbox.terminals.remove(&id)),
            _ => {}
        }
        let Session { stdout, stderr, output, .. } = session;
        self.emit(session.cause, Happening::ExecFinished { exec, stdout, stderr, output, exit_code: ending.code() });
    }

    /// A container has ended: so have the sessions of those who were attached to it.
    pub(super) fn finish_attached(&mut self, container: ContainerId) {
        for exec in self.attached(container) {
            // The client learns nothing of the exit code here; it looks at the Pod.
            self.finish_exec(exec, Ending::Code(0));
        }
        self.close_container_input(container, false);
        let inlet = self.sandbox.containers.get_mut(&container).and_then(|container| container.inlet.take());
        if let Some(Inlet::Terminal(id)) = inlet {
            self.sandbox.terminals.remove(&id);
        }
    }

    /// An exec has taken too long: it is killed, with its children.
    pub fn time_out_exec(&mut self, exec: ExecId) {
        let Some(first) = self.first_of(exec) else { return };
        let Some(session) = self.sandbox.execs.remove(&exec) else { return };
        for host in self.family(first) {
            self.end_process(host, Ending::Signal(crate::machine::Signal::Kill), session.cause);
        }
        self.emit(session.cause, Happening::ExecTimedOut { exec, output: session.output });
    }
}

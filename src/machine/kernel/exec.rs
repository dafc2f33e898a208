//! Commands run inside a container from outside: what they wrote, and the limit of their time.

use super::Kernel;
use super::process::Ending;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{ContainerId, ExecId, Happening, LogStream};

/// One exec under way.
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
    /// Who asked.
    pub cause: CauseId,
}

impl Session {
    /// A session that has written nothing.
    #[must_use]
    pub fn new(container: ContainerId, deadline: Option<SimTime>, cause: CauseId) -> Self {
        Self { container, stdout: Vec::new(), stderr: Vec::new(), output: Vec::new(), deadline, cause }
    }

    /// Takes what was written.
    pub fn write(&mut self, stream: LogStream, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
        match stream {
            LogStream::Stdout => self.stdout.extend_from_slice(bytes),
            LogStream::Stderr => self.stderr.extend_from_slice(bytes),
        }
    }
}

impl Kernel<'_> {
    /// The first process of an exec has ended.
    pub fn finish_exec(&mut self, exec: ExecId, ending: Ending) {
        let Some(session) = self.sandbox.execs.remove(&exec) else { return };
        let Session { stdout, stderr, output, .. } = session;
        self.emit(session.cause, Happening::ExecFinished { exec, stdout, stderr, output, exit_code: ending.code() });
    }

    /// An exec has taken too long: it is killed, with its children.
    pub fn time_out_exec(&mut self, exec: ExecId) {
        let Some(session) = self.sandbox.execs.remove(&exec) else { return };
        let first = self.sandbox.processes.values().find(|process| process.exec == Some(exec));
        if let Some(first) = first.map(|process| process.host) {
            for host in self.family(first) {
                self.end_process(host, Ending::Signal(crate::machine::Signal::Kill), session.cause);
            }
        }
        self.emit(session.cause, Happening::ExecTimedOut { exec, output: session.output });
    }
}

//! A terminal (tty): what stands between a person's keys and a process that reads lines. Keys are echoed, Backspace takes back,
//! Ctrl-C interrupts, Ctrl-D ends the input, and line ends are written as `\r\n`.
//!
//! Models the canonical mode of termios(3), with what `ECHO`, `ICRNL`, `ISIG`, `ONLCR` do. **Not modelled.** Raw mode and
//! everything that `stty` changes; shells with a line editor of their own get one from [`super::line_editor`].

use std::collections::VecDeque;

use super::Kernel;
use super::descriptor::{OpenId, OpenKind, PipeId, Read};
use super::line_editor::{Key, LineEditor};
use super::process::HostPid;
use crate::engine::CauseId;
use crate::machine::cri::{ContainerId, ExecId, LogStream, Sender};
use crate::machine::signal::Signal;

/// Who sits at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An exec.
    Exec(ExecId),
    /// A container with `tty: true`.
    Container(ContainerId),
}

/// A terminal.
#[derive(Clone, Debug)]
pub struct Terminal {
    owner: Owner,
    editor: LineEditor,
    /// Lines to be read; an empty one is the end of the input.
    lines: VecDeque<Vec<u8>>,
    /// The person has gone.
    is_hung_up: bool,
    /// Columns and rows.
    size: (u16, u16),
}

impl Kernel<'_> {
    /// A new terminal. Its number is that of a pipe, so that processes can wait for it.
    pub fn new_terminal(&mut self, owner: Owner) -> PipeId {
        let id = PipeId(self.shared.number());
        let terminal = Terminal {
            owner,
            editor: LineEditor::default(),
            lines: VecDeque::new(),
            is_hung_up: false,
            size: (80, 24),
        };
        self.sandbox.terminals.insert(id, terminal);
        id
    }

    /// Someone types.
    pub fn type_in(&mut self, id: PipeId, bytes: &[u8], cause: CauseId) {
        for byte in bytes {
            let Some(terminal) = self.sandbox.terminals.get_mut(&id) else { return };
            let (key, echo) = terminal.editor.press(*byte);
            let owner = terminal.owner;
            let mut interrupted = None;
            match key {
                Key::Line(line) => terminal.lines.push_back(line),
                Key::End => terminal.lines.push_back(Vec::new()),
                Key::Signal(signal) => interrupted = Some(signal),
                Key::Nothing => {}
            }
            self.show(owner, &echo);
            if let Some(signal) = interrupted {
                self.signal_from_terminal(owner, signal, cause);
            }
        }
        self.wake_pipe(id);
    }

    /// Whether a descriptor is a terminal, and which.
    #[must_use]
    pub fn terminal_of(&self, open: OpenId) -> Option<PipeId> {
        match self.sandbox.open.get(&open)?.kind {
            OpenKind::Terminal(id) => Some(id),
            _ => None,
        }
    }

    /// A shell with a line editor begins to read at its prompt: arrows move and recall until the line is there.
    pub fn begin_editing(&mut self, id: PipeId) {
        if let Some(terminal) = self.sandbox.terminals.get_mut(&id) {
            let echo = terminal.editor.begin();
            let owner = terminal.owner;
            self.show(owner, &echo);
        }
    }

    /// One line, or as much of it as is wanted.
    pub(super) fn read_terminal(&mut self, id: PipeId, limit: usize) -> Read {
        let Some(terminal) = self.sandbox.terminals.get_mut(&id) else { return Read::End };
        let Some(mut line) = terminal.lines.pop_front() else {
            return if terminal.is_hung_up { Read::End } else { Read::Wait(id) };
        };
        if line.len() > limit {
            terminal.lines.push_front(line.split_off(limit));
        }
        if line.is_empty() { Read::End } else { Read::Bytes(line) }
    }

    /// Puts back what was read too far.
    pub(super) fn unread_terminal(&mut self, id: PipeId, bytes: &[u8]) {
        if let Some(terminal) = self.sandbox.terminals.get_mut(&id).filter(|_| !bytes.is_empty()) {
            terminal.lines.push_front(bytes.to_vec());
        }
    }

    /// A process writes: line ends become `\r\n`.
    pub(super) fn write_terminal(&mut self, id: PipeId, bytes: &[u8]) {
        let Some(terminal) = self.sandbox.terminals.get_mut(&id) else { return };
        let mut shown = Vec::with_capacity(bytes.len() + 8);
        for byte in bytes {
            if *byte == b'\n' {
                shown.push(b'\r');
            }
            shown.push(*byte);
        }
        let owner = terminal.owner;
        self.show(owner, &shown);
    }

    fn show(&mut self, owner: Owner, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match owner {
            Owner::Exec(exec) => self.write_session(exec, LogStream::Stdout, bytes),
            Owner::Container(container) => self.write_log(container, LogStream::Stdout, bytes),
        }
    }

    /// Ctrl-C and its like reach everything that the terminal's first process has started; what runs in the background
    /// ignores them, as shells see to when they start it.
    fn signal_from_terminal(&mut self, owner: Owner, signal: Signal, cause: CauseId) {
        for host in self.terminal_family(owner) {
            self.send_signal(host, signal, Sender::Kernel, cause);
        }
    }

    fn terminal_family(&self, owner: Owner) -> Vec<HostPid> {
        let first = match owner {
            Owner::Exec(exec) => self.first_of(exec),
            Owner::Container(container) => self.sandbox.containers.get(&container).and_then(|found| found.init),
        };
        first.map(|first| self.family(first)).unwrap_or_default()
    }

    /// The window has another size.
    pub fn resize_terminal(&mut self, id: PipeId, size: (u16, u16), cause: CauseId) {
        let Some(terminal) = self.sandbox.terminals.get_mut(&id) else { return };
        let changed = std::mem::replace(&mut terminal.size, size) != size;
        let owner = terminal.owner;
        if changed {
            self.signal_from_terminal(owner, Signal::Winch, cause);
        }
    }

    /// Columns and rows of a terminal.
    #[must_use]
    pub fn terminal_size(&self, id: PipeId) -> Option<(u16, u16)> {
        self.sandbox.terminals.get(&id).map(|terminal| terminal.size)
    }

    /// The person at the terminal of an exec is gone: `SIGHUP`, and nothing more to read.
    pub(super) fn hang_up_terminal(&mut self, id: PipeId, cause: CauseId) {
        let Some(terminal) = self.sandbox.terminals.get_mut(&id) else { return };
        terminal.is_hung_up = true;
        let owner = terminal.owner;
        self.signal_from_terminal(owner, Signal::Hup, cause);
        self.wake_pipe(id);
    }
}

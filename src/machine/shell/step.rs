//! The heart of a shell: take the innermost frame, do its next step.

use std::sync::Arc;

use super::ast::Connector;
use super::frame::Frame;
use super::parse;
use super::state::Condition;
use super::{Shell, ast};
use crate::machine::cri::Fate;
use crate::machine::fs::Errno;
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::descriptor::Wrote;
use crate::machine::kernel::process::{Ending, HostPid, Waiting};
use crate::machine::kernel::run::Step;
use crate::machine::signal::Signal;

/// What a step of a frame led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// Take the innermost frame again.
    Go,
    /// Wait; the frame has been put back.
    Block(Waiting),
    /// The shell has become another program.
    Replaced,
    /// The shell died of a signal it sent itself by writing to nobody.
    Die(Ending),
}

impl Shell {
    /// Goes on until it has to wait.
    pub fn step(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Step {
        self.collect(host, kernel);
        loop {
            let used = std::mem::take(&mut self.used);
            if let Some(until) = kernel.use_processor(host, used) {
                return Step::Wait(Waiting::Time, Some(until));
            }
            if let Some(ending) = self.read_inbox(host, kernel) {
                return Step::End(ending);
            }
            self.begin_trap(host, kernel);
            let Some(frame) = self.frames.pop() else {
                match self.leave() {
                    Some(code) => return Step::End(Ending::Code(code)),
                    None => continue,
                }
            };
            match self.advance(frame, host, kernel) {
                Flow::Go => {}
                Flow::Block(waiting) => {
                    if self.interrupts() {
                        continue;
                    }
                    return Step::Wait(waiting, None);
                }
                Flow::Replaced => return Step::Again,
                Flow::Die(ending) => return Step::End(ending),
            }
        }
    }

    /// Signals that the shell sent itself.
    fn read_inbox(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<Ending> {
        for (signal, sender, cause) in kernel.take_inbox(host) {
            let handled = self.handles(signal);
            match kernel.settle(host, signal, sender, handled, cause) {
                Fate::Handled | Fate::WaitsForCommand { .. } => self.take_signal(signal),
                Fate::Terminated => return Some(Ending::Signal(signal)),
                Fate::IgnoredByPidOne | Fate::Ignored | Fate::NoEffect => {}
            }
        }
        None
    }

    /// Whether a signal that has come in the meantime ends the waiting.
    fn interrupts(&self) -> bool {
        !self.pending.is_empty() && self.frames.last().is_some_and(|frame| frame.foreground().is_none())
    }

    /// Nothing is left to do: the `EXIT` trap, then the end.
    fn leave(&mut self) -> Option<i32> {
        if let Some(code) = self.leaving {
            return Some(code);
        }
        self.leaving = Some(self.state.status);
        if let Some(action) = self.state.traps.remove(&Condition::Exit).filter(|action| !action.is_empty()) {
            self.push_trap(&action);
            return None;
        }
        self.leaving
    }

    /// `exit`: everything under way is dropped.
    pub fn exit(&mut self, code: i32, host: HostPid, kernel: &mut Kernel<'_>) {
        while let Some(frame) = self.frames.pop() {
            self.undo(frame, host, kernel);
        }
        self.state.status = code & 0xff;
        if self.leaving.is_some() {
            self.leaving = Some(self.state.status);
        }
    }

    /// Puts back what a frame has changed.
    pub fn undo(&mut self, frame: Frame, host: HostPid, kernel: &mut Kernel<'_>) {
        match frame {
            Frame::Restore(saved) => Self::restore(saved, host, kernel),
            Frame::Unshadow(variables) => self.unshadow(variables),
            Frame::Function { positional, locals } => {
                self.state.positional = positional;
                self.unshadow(locals);
            }
            Frame::Substitution { pipe, .. } => kernel.release(pipe),
            Frame::Write { open, .. } => kernel.release(open),
            _ => {}
        }
    }

    /// Puts variables back, the last change first.
    pub fn unshadow(&mut self, variables: super::frame::Shadowed) {
        for (name, variable) in variables.into_iter().rev() {
            self.state.restore(&name, variable);
        }
    }

    /// What the shell does with a signal; `None` when it has no trap for it.
    #[must_use]
    pub fn handles(&self, signal: Signal) -> Option<Fate> {
        let trap = self.state.traps.get(&Condition::Signal(signal)).filter(|action| !action.is_empty());
        if trap.is_none() && !self.survives(signal) {
            return None;
        }
        Some(match self.frames.last().and_then(Frame::foreground) {
            Some(command) => Fate::WaitsForCommand { command },
            None => Fate::Handled,
        })
    }

    /// Notes a signal that has a trap.
    pub fn take_signal(&mut self, signal: Signal) {
        if !self.pending.contains(&signal) {
            self.pending.push(signal);
        }
    }

    /// Runs a trap whose time has come: not while a foreground command runs, but at once out of `wait`.
    fn begin_trap(&mut self, host: HostPid, kernel: &mut Kernel<'_>) {
        let Some(signal) = self.pending.first().copied() else { return };
        if self.frames.last().is_some_and(|frame| frame.foreground().is_some()) {
            return;
        }
        self.pending.remove(0);
        if let Some(Frame::Wait { .. }) = self.frames.last() {
            self.frames.pop();
            self.state.status = signal.exit_code();
        }
        match self.state.traps.get(&Condition::Signal(signal)).cloned() {
            Some(action) => self.push_trap(&action),
            None if signal == Signal::Int => self.back_to_prompt(host, kernel),
            None => {}
        }
    }

    fn push_trap(&mut self, action: &str) {
        if let Ok(items) = parse::parse(action) {
            self.frames.push(Frame::Trap { status: self.state.status });
            self.frames.push(Frame::List { items, next: 0 });
        }
    }

    /// One step of one frame, which has been taken off the stack.
    fn advance(&mut self, frame: Frame, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        match frame {
            Frame::List { items, next } => self.list(items, next, host, kernel),
            Frame::Chain { chain, next } => return self.chain(chain, next, host, kernel),
            Frame::Not => self.state.status = i32::from(self.state.status == 0),
            Frame::Pipeline { members, is_negated, command } => {
                return self.pipeline_ended(members, is_negated, command, host, kernel);
            }
            Frame::If { node, arm } => self.if_decided(&node, arm),
            Frame::Loop { node, in_condition, status } => self.loop_goes_on(node, in_condition, status),
            Frame::For { node, values, next, memory } => {
                return self.for_goes_on(node, values, next, memory, host, kernel);
            }
            Frame::Expanding { node, memory } => return self.expanding(node, memory, host, kernel),
            Frame::Simple { command, memory, substituted } => {
                return self.simple(command, memory, substituted, host, kernel);
            }
            Frame::Redirecting { node, redirects, memory } => {
                return self.redirecting(node, redirects, memory, host, kernel);
            }
            Frame::Child { process, command } => return self.child_ended(process, command, host, kernel),
            Frame::Substitution { process, pipe, output, is_read } => {
                return self.substitution_goes_on(process, pipe, output, is_read, host, kernel);
            }
            Frame::Trap { status } => self.state.status = status,
            Frame::Wait { pids } => return self.wait_goes_on(pids, host, kernel),
            Frame::Read { names, is_raw, line, descriptor } => {
                return self.read_goes_on(names, is_raw, line, descriptor, host, kernel);
            }
            Frame::Write { open, bytes, status } => return self.write_goes_on(open, bytes, status, host, kernel),
            Frame::Begin { text, file } => self.begin(text, file, host, kernel),
            Frame::Script(reading) => return self.script_goes_on(reading, host, kernel),
            Frame::Sourced => {}
            other @ (Frame::Restore(_) | Frame::Unshadow(_) | Frame::Function { .. }) => self.undo(other, host, kernel),
        }
        Flow::Go
    }

    fn list(&mut self, items: ast::List, next: usize, host: HostPid, kernel: &mut Kernel<'_>) {
        let Some(item) = items.get(next).cloned() else { return };
        if next + 1 < items.len() {
            self.frames.push(Frame::List { items, next: next + 1 });
        }
        if item.is_background {
            self.background(item.chain, host, kernel);
        } else {
            self.frames.push(Frame::Chain { chain: item.chain, next: 0 });
        }
    }

    fn chain(&mut self, chain: Arc<ast::Chain>, next: usize, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        if next > chain.rest.len() {
            self.check_errexit(&chain, host, kernel);
            return Flow::Go;
        }
        let pipeline = match next.checked_sub(1).map(|index| &chain.rest[index]) {
            None => &chain.first,
            Some((connector, pipeline)) => {
                let runs = match connector {
                    Connector::And => self.state.status == 0,
                    Connector::Or => self.state.status != 0,
                };
                if !runs {
                    // What was skipped does not make the chain fail hard.
                    if next < chain.rest.len() {
                        self.frames.push(Frame::Chain { chain, next: next + 1 });
                    }
                    return Flow::Go;
                }
                pipeline
            }
        };
        let pipeline = pipeline.clone();
        self.frames.push(Frame::Chain { chain, next: next + 1 });
        self.pipeline(&pipeline, host, kernel)
    }

    /// `set -e`: a command that fails, and that nobody asks about, ends the shell.
    fn check_errexit(&mut self, chain: &ast::Chain, host: HostPid, kernel: &mut Kernel<'_>) {
        let last = chain.rest.last().map_or(&chain.first, |(_, pipeline)| pipeline);
        let is_hard = match last.commands.as_slice() {
            [ast::Command::Compound(node, _)] => !matches!(
                **node,
                ast::Compound::Group(_)
                    | ast::Compound::If(..)
                    | ast::Compound::Loop { .. }
                    | ast::Compound::For { .. }
                    | ast::Compound::Case { .. }
            ),
            _ => true,
        };
        let is_tested = self.errexit_ignored || self.frames.iter().any(Frame::is_test);
        if self.state.options.errexit && self.state.status != 0 && is_hard && !last.is_negated && !is_tested {
            let status = self.state.status;
            self.exit(status, host, kernel);
        }
    }

    /// Output that did not fit.
    fn write_goes_on(
        &mut self,
        open: crate::machine::kernel::descriptor::OpenId,
        mut bytes: Vec<u8>,
        status: i32,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        while !bytes.is_empty() {
            match kernel.write(open, &bytes) {
                Ok(Wrote::Bytes(count)) => drop(bytes.drain(..count)),
                Ok(Wrote::Wait(pipe)) => {
                    self.frames.push(Frame::Write { open, bytes, status });
                    return Flow::Block(Waiting::Pipe(pipe));
                }
                Err(error) => {
                    kernel.release(open);
                    return self.write_failed(error, host, kernel);
                }
            }
        }
        kernel.release(open);
        self.state.status = status;
        Flow::Go
    }

    /// A builtin could not write: `SIGPIPE` when nobody reads, else a complaint.
    fn write_failed(&mut self, error: Errno, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        let process = kernel.sandbox.processes.get(&host);
        let is_protected = process.is_some_and(|process| process.pid == 1 || process.ignored.has(Signal::Pipe));
        if error == Errno::BrokenPipe && !is_protected {
            return Flow::Die(Ending::Signal(Signal::Pipe));
        }
        let text = match self.state.dialect {
            Dialect::Bash => format!("echo: write error: {error}"),
            Dialect::Dash => "echo: echo: I/O error".to_owned(),
            Dialect::Ash => format!("write error: {error}"),
        };
        self.complain(&text, host, kernel);
        self.state.status = 1;
        Flow::Go
    }

    /// Writes to one of the shell's descriptors; what does not fit is written later.
    pub fn put(
        &mut self,
        descriptor: i32,
        bytes: Vec<u8>,
        status: i32,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        self.state.status = status;
        if bytes.is_empty() {
            return Flow::Go;
        }
        let process = kernel.sandbox.processes.get(&host);
        let open = process.and_then(|process| process.descriptors.get(&descriptor)).copied();
        let Some(open) = open else { return self.write_failed(Errno::BadDescriptor, host, kernel) };
        kernel.retain(open);
        self.write_goes_on(open, bytes, status, host, kernel)
    }

    /// A complaint on standard error.
    pub fn complain(&mut self, text: &str, host: HostPid, kernel: &mut Kernel<'_>) {
        let text = self.state.complaint(text);
        Self::say_error(&text, host, kernel);
    }

    /// A text on standard error; lost when it cannot be written.
    pub fn say_error(text: &str, host: HostPid, kernel: &mut Kernel<'_>) {
        let process = kernel.sandbox.processes.get(&host);
        if let Some(open) = process.and_then(|process| process.descriptors.get(&2)).copied() {
            let _unwritten = kernel.write(open, text.as_bytes());
        }
    }
}

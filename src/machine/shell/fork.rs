//! Other processes: subshells, pipelines, the background, `$(…)`, and waiting for them.

use std::sync::Arc;

use super::Shell;
use super::ast::{Chain, Command, Compound, List, Pipeline};
use super::expand::Leaf;
use super::frame::Frame;
use super::state::{Condition, Job};
use super::step::Flow;
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::descriptor::{OpenId, OpenKind, Read};
use crate::machine::kernel::process::{Body, Ending, HostPid, Waiting};
use crate::machine::kernel::processor::FORK_COST;
use crate::machine::signal::Signal;

impl Shell {
    /// A copy of this shell as a new process that does what `frames` say.
    fn fork(&mut self, frames: Vec<Frame>, host: HostPid, kernel: &mut Kernel<'_>) -> Option<HostPid> {
        // Booked before the child begins, which begins where its parent is: no chain of forks takes no time.
        kernel.use_processor(host, FORK_COST);
        let mut child = Self {
            state: self.state.clone(),
            frames,
            pending: Vec::new(),
            ended: Vec::new(),
            errexit_ignored: self.errexit_ignored || self.frames.iter().any(Frame::is_test),
            may_replace: true,
            leaving: None,
            used: 0,
            unknown: self.unknown.clone(),
        };
        child.state.jobs.clear();
        child.state.is_interactive = false;
        // What was trapped has its default action again; what was ignored stays ignored.
        child.state.traps.retain(|condition, action| *condition != Condition::Exit && action.is_empty());
        kernel.fork(host, Body::Shell(Box::new(child)))
    }

    /// `( … )`
    pub fn subshell(&mut self, items: List, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        match self.fork(vec![Frame::List { items, next: 0 }], host, kernel) {
            Some(process) => self.frames.push(Frame::Child { process, command: "( … )".into() }),
            None => self.state.status = 254,
        }
        Flow::Go
    }

    /// `&`: standard input is empty, and Ctrl-C does not reach it.
    pub fn background(&mut self, chain: Arc<Chain>, host: HostPid, kernel: &mut Kernel<'_>) {
        let Some(child) = self.fork(vec![Frame::Chain { chain, next: 0 }], host, kernel) else { return };
        let null = kernel.open_kind(OpenKind::Null);
        connect(child, 0, null, kernel);
        if let Some(process) = kernel.sandbox.processes.get_mut(&child) {
            process.ignored = process.ignored.with(Signal::Int).with(Signal::Quit);
            let pid = process.pid;
            self.state.last_background = Some(pid);
            self.state.jobs.push(Job { host: child, pid, status: None, signal: None });
        }
        self.state.status = 0;
    }

    /// A pipeline: one command runs here, several run in processes of their own.
    pub fn pipeline(&mut self, pipeline: &Pipeline, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        if let [command] = pipeline.commands.as_slice() {
            if pipeline.is_negated {
                self.frames.push(Frame::Not);
            }
            return self.push_command(command, host, kernel);
        }
        let mut members = Vec::new();
        let mut input: Option<OpenId> = None;
        for (index, command) in pipeline.commands.iter().enumerate() {
            let is_last = index + 1 == pipeline.commands.len();
            let pipe = (!is_last).then(|| kernel.pipe());
            let chain =
                Chain { first: Pipeline { is_negated: false, commands: vec![command.clone()] }, rest: Vec::new() };
            let frames = vec![Frame::Chain { chain: Arc::new(chain), next: 0 }];
            let Some(child) = self.fork(frames, host, kernel) else { continue };
            if let Some(input) = input.take() {
                connect(child, 0, input, kernel);
            }
            if let Some((reading, writing)) = pipe {
                connect(child, 1, writing, kernel);
                input = Some(reading);
            }
            members.push((child, None));
        }
        let command = text_of(pipeline);
        self.frames.push(Frame::Pipeline { members, is_negated: pipeline.is_negated, command });
        Flow::Go
    }

    /// Processes of a pipeline may have ended.
    pub fn pipeline_ended(
        &mut self,
        mut members: Vec<(HostPid, Option<i32>)>,
        is_negated: bool,
        command: Arc<str>,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        self.frames.push(Frame::Pipeline { members: members.clone(), is_negated, command: Arc::clone(&command) });
        self.collect(host, kernel);
        self.frames.pop();
        for (process, status) in &mut members {
            if status.is_none() {
                *status = self.take_ended(*process).map(Ending::code);
            }
        }
        if members.iter().any(|(_, status)| status.is_none()) {
            self.frames.push(Frame::Pipeline { members, is_negated, command });
            return Flow::Block(Waiting::Child);
        }
        let statuses: Vec<i32> = members.iter().filter_map(|(_, status)| *status).collect();
        let last = statuses.last().copied().unwrap_or(0);
        let failed = statuses.iter().rev().find(|status| **status != 0).copied();
        let status = if self.state.options.pipefail { failed.unwrap_or(0) } else { last };
        self.state.status = if is_negated { i32::from(status == 0) } else { status };
        Flow::Go
    }

    /// `$(…)` begins.
    pub fn substitute(&mut self, items: List, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        let (reading, writing) = kernel.pipe();
        match self.fork(vec![Frame::List { items, next: 0 }], host, kernel) {
            Some(process) => {
                connect(process, 1, writing, kernel);
                self.frames.push(Frame::Substitution { process, pipe: reading, output: Vec::new(), is_read: false });
            }
            None => {
                kernel.release(reading);
                kernel.release(writing);
            }
        }
        Flow::Go
    }

    /// More of its output may be there, or its end.
    pub fn substitution_goes_on(
        &mut self,
        process: HostPid,
        pipe: OpenId,
        mut output: Vec<u8>,
        mut is_read: bool,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        while !is_read {
            match kernel.read(pipe, usize::MAX) {
                Ok(Read::Bytes(bytes)) => output.extend(bytes),
                Ok(Read::Wait(waits)) => {
                    self.frames.push(Frame::Substitution { process, pipe, output, is_read });
                    return Flow::Block(Waiting::Pipe(waits));
                }
                Ok(Read::End | Read::Zeros) | Err(_) => is_read = true,
            }
        }
        self.frames.push(Frame::Substitution { process, pipe, output: Vec::new(), is_read });
        self.collect(host, kernel);
        let Some(ending) = self.take_ended(process) else {
            if let Some(Frame::Substitution { output: kept, .. }) = self.frames.last_mut() {
                *kept = output;
            }
            return Flow::Block(Waiting::Child);
        };
        self.frames.pop();
        kernel.release(pipe);
        let text = String::from_utf8_lossy(&output).replace('\0', "");
        self.state.status = ending.code();
        if let Some(frame) = self.frames.last_mut() {
            if let Some(memory) = frame.memory() {
                memory.push(Leaf::Text(Some(text)));
            }
            if let Frame::Simple { substituted, .. } = frame {
                *substituted = Some(ending.code());
            }
        }
        Flow::Go
    }

    /// The foreground command may have ended.
    pub fn child_ended(&mut self, process: HostPid, command: Arc<str>, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        self.frames.push(Frame::Child { process, command: Arc::clone(&command) });
        self.collect(host, kernel);
        let Some(ending) = self.take_ended(process) else { return Flow::Block(Waiting::Child) };
        self.frames.pop();
        self.state.status = ending.code();
        self.report_death(process, &command, ending, host, kernel);
        Flow::Go
    }

    /// Shells say when a command was killed; which signals they name, and how, was measured.
    fn report_death(&self, process: HostPid, command: &str, ending: Ending, host: HostPid, kernel: &mut Kernel<'_>) {
        let signal = match ending {
            Ending::Code(_) => return,
            Ending::Memory => Signal::Kill,
            Ending::Signal(signal) => signal,
        };
        if matches!(signal, Signal::Int | Signal::Pipe) {
            return;
        }
        let words = describe(signal);
        match self.state.dialect {
            Dialect::Bash if signal == Signal::Term => {}
            Dialect::Bash => {
                let text = self.state.complaint(&format!("{:>5} {words:<23} {command}", process.0));
                Self::say_error(&text.replacen(":  ", ": ", 1), host, kernel);
            }
            Dialect::Dash | Dialect::Ash => Self::say_error(&format!("{words}\n"), host, kernel),
        }
    }

    /// Collects children that have ended.
    pub fn collect(&mut self, host: HostPid, kernel: &mut Kernel<'_>) {
        for (child, ending) in kernel.collect_children(host) {
            if self.frames.iter().any(|frame| frame.waits_for(child)) {
                self.ended.push((child, ending));
            } else if let Some(job) = self.state.jobs.iter_mut().find(|job| job.host == child) {
                job.status = Some(ending.code());
                job.signal = match ending {
                    Ending::Code(_) => None,
                    Ending::Signal(signal) => Some(signal),
                    Ending::Memory => Some(Signal::Kill),
                };
            }
        }
    }

    fn take_ended(&mut self, process: HostPid) -> Option<Ending> {
        let index = self.ended.iter().position(|(ended, _)| *ended == process)?;
        Some(self.ended.swap_remove(index).1)
    }

    /// `wait`: are they all done?
    pub fn wait_goes_on(&mut self, pids: Option<Vec<u32>>, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        self.collect(host, kernel);
        let Some(pids) = pids else {
            if self.state.jobs.iter().any(|job| job.status.is_none()) {
                self.frames.push(Frame::Wait { pids: None });
                return Flow::Block(Waiting::Child);
            }
            self.state.jobs.clear();
            self.state.status = 0;
            return Flow::Go;
        };
        let mut status = 0;
        for (index, pid) in pids.iter().enumerate() {
            let Some(position) = self.state.jobs.iter().position(|job| job.pid == *pid) else {
                status = 127;
                if self.state.dialect == Dialect::Bash {
                    self.complain(&format!("wait: pid {pid} is not a child of this shell"), host, kernel);
                }
                continue;
            };
            let job = self.state.jobs[position].clone();
            let Some(code) = job.status else {
                self.frames.push(Frame::Wait { pids: Some(pids[index..].to_vec()) });
                return Flow::Block(Waiting::Child);
            };
            status = code;
            self.state.jobs.remove(position);
            if let Some(signal) = job.signal {
                self.report_death(job.host, "", Ending::Signal(signal), host, kernel);
            }
        }
        self.state.status = status;
        Flow::Go
    }

    /// Whether the shell has nothing left to do after the command under way, so that the command may take its place.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.may_replace
            && self.leaving.is_none()
            && self.pending.is_empty()
            && self.state.traps.values().all(|action| action.is_empty())
            && self.frames.iter().all(|frame| match frame {
                Frame::Chain { chain, next } => *next > chain.rest.len(),
                Frame::Restore(_) => self.state.dialect != Dialect::Bash,
                _ => false,
            })
    }

    /// A command of its own process, remembered for messages.
    pub fn remember_child(&mut self, process: HostPid, command: &str) {
        self.frames.push(Frame::Child { process, command: command.into() });
    }
}

/// Makes `open` a descriptor of a process; the reference is handed over.
fn connect(process: HostPid, descriptor: i32, open: OpenId, kernel: &mut Kernel<'_>) {
    let Some(process) = kernel.sandbox.processes.get_mut(&process) else { return };
    if let Some(before) = process.descriptors.insert(descriptor, open) {
        kernel.release(before);
    }
}

fn text_of(pipeline: &Pipeline) -> Arc<str> {
    let text = |command: &Command| match command {
        Command::Simple(command) => command.text.to_string(),
        Command::Compound(node, _) => match &**node {
            Compound::Subshell(_) => "( … )".to_owned(),
            _ => "{ … }".to_owned(),
        },
        Command::Function(function) => format!("{}()", function.name),
    };
    pipeline.commands.iter().map(text).collect::<Vec<_>>().join(" | ").into()
}

/// `strsignal`.
#[must_use]
pub fn describe(signal: Signal) -> &'static str {
    match signal {
        Signal::Hup => "Hangup",
        Signal::Int => "Interrupt",
        Signal::Quit => "Quit",
        Signal::Ill => "Illegal instruction",
        Signal::Abrt => "Aborted",
        Signal::Fpe => "Floating point exception",
        Signal::Kill => "Killed",
        Signal::Usr1 => "User defined signal 1",
        Signal::Segv => "Segmentation fault",
        Signal::Usr2 => "User defined signal 2",
        Signal::Pipe => "Broken pipe",
        Signal::Alrm => "Alarm clock",
        Signal::Term => "Terminated",
        Signal::Chld => "Child exited",
        Signal::Cont => "Continued",
        Signal::Stop => "Stopped (signal)",
        Signal::Tstp => "Stopped",
        Signal::Winch => "Window changed",
    }
}

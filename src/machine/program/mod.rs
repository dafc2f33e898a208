//! Programs of the catalogue at work: they start, log, listen, answer, grow, take signals, drain and end as their
//! [`ProgramSpec`] says.

mod admission;
pub mod serve;
pub mod template;

use std::sync::Arc;

use self::template::Scope;
use super::image::spec::{LogSpec, ProgramSpec, ReactionSpec, Template, parse_bytes, parse_cpu, parse_span};
use super::kernel::Kernel;
use super::kernel::process::{Ending, HostPid, Waiting};
use super::kernel::run::Step;
use super::signal::Signal;
use crate::engine::{SimDuration, SimTime};
use crate::machine::fs::Errno;

/// How often memory that grows is looked at.
const GROWTH_STEP: SimDuration = SimDuration::from_millis(250);

/// A running program of the catalogue.
#[derive(Clone, Debug)]
pub struct Program {
    spec: Arc<ProgramSpec>,
    began_at: SimTime,
    stage: Stage,
    logged: usize,
    opened: usize,
    signals: Vec<Signal>,
    end: Option<End>,
    requests: u64,
    in_flight: u64,
    /// Thousandths of a processor that a request like the last one keeps busy until it is answered.
    busy_each: u64,
    leaked: u64,
    /// What the component behind it holds.
    held: u64,
    grown_until: Option<SimTime>,
    cpu_spent: SimDuration,
    is_ready: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Up,
}

/// An end that has begun.
#[derive(Clone, Debug)]
struct End {
    code: i32,
    /// Not before; while requests are under way it waits for them as well, but not past `latest`.
    earliest: SimTime,
    latest: SimTime,
    drains: bool,
    last_log: Vec<String>,
    log_to_stderr: bool,
}

impl Program {
    /// A program that begins now.
    #[must_use]
    pub fn new(spec: Arc<ProgramSpec>, now: SimTime) -> Self {
        Self {
            spec,
            began_at: now,
            stage: Stage::New,
            logged: 0,
            opened: 0,
            signals: Vec::new(),
            end: None,
            requests: 0,
            in_flight: 0,
            busy_each: 0,
            leaked: 0,
            held: 0,
            grown_until: None,
            cpu_spent: SimDuration::ZERO,
            is_ready: false,
        }
    }

    /// Whether it has a handler for `signal`.
    #[must_use]
    pub fn handles(&self, signal: Signal) -> bool {
        self.spec.signals.contains_key(&signal)
    }

    /// Whether it collects orphans.
    #[must_use]
    pub fn reaps(&self) -> bool {
        self.spec.reaps
    }

    /// Signals it has a handler for.
    pub fn handled(&self) -> impl Iterator<Item = Signal> {
        self.spec.signals.keys().copied()
    }

    /// Notes a signal; the reaction follows in the next step.
    pub fn take_signal(&mut self, signal: Signal) {
        self.signals.push(signal);
    }

    /// Goes on until it has to wait.
    pub fn step(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Step {
        if self.stage == Stage::New {
            self.stage = Stage::Up;
            if let Some(ending) = self.missing_environment(host, kernel) {
                return Step::End(ending);
            }
        }
        let mut next = None;
        let mut later = |at: Option<SimTime>| {
            if let Some(at) = at {
                next = Some(next.map_or(at, |next: SimTime| next.min(at)));
            }
        };
        later(self.write_due_lines(host, kernel));
        if self.spec.then_arguments && self.logged == self.spec.log.len() {
            return self.become_arguments(host, kernel);
        }
        match self.open_due_ports(host, kernel) {
            Ok(at) => later(at),
            Err(ending) => return Step::End(ending),
        }
        for signal in std::mem::take(&mut self.signals) {
            self.react(signal, host, kernel);
        }
        match self.grow(host, kernel) {
            Ok(at) => later(at),
            Err(ending) => return Step::End(ending),
        }
        self.end_by_itself(host, kernel);
        match self.end_due(kernel.now) {
            Some(at) if at <= kernel.now => return Step::End(self.finish(host, kernel)),
            at => later(at),
        }
        later(self.own_end_at(host, kernel));
        Step::Wait(Waiting::Time, next)
    }

    fn missing_environment(&self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<Ending> {
        let env = Arc::clone(&kernel.sandbox.processes.get(&host)?.env);
        let is_set = |name: &String| env.get(name).is_some_and(|value| !value.is_empty());
        let missing = self.spec.requires_env.iter().find(|required| !required.any_of.iter().any(is_set))?;
        write_line(host, 2, &missing.message, kernel);
        Some(Ending::Code(missing.exit))
    }

    /// Writes the lines whose time has come; says when the next one comes.
    fn write_due_lines(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<SimTime> {
        let spec = Arc::clone(&self.spec);
        while let Some(LogSpec { after, text, stderr }) = spec.log.get(self.logged) {
            let at = self.began_at + after.0;
            if at > kernel.now {
                return Some(at);
            }
            self.logged += 1;
            self.log(host, text, *stderr, kernel);
        }
        None
    }

    fn log(&self, host: HostPid, text: &str, stderr: bool, kernel: &mut Kernel<'_>) {
        let line = Scope::of_process(host, kernel).fill(text);
        write_line(host, if stderr { 2 } else { 1 }, &line, kernel);
    }

    /// `exec "$@"`
    fn become_arguments(&self, host: HostPid, kernel: &mut Kernel<'_>) -> Step {
        let Some(process) = kernel.sandbox.processes.get(&host) else { return Step::End(Ending::Code(1)) };
        let argv = process.argv[1..].to_vec();
        if argv.is_empty() {
            return Step::End(Ending::Code(0));
        }
        match kernel.become_command(host, &argv) {
            Ok(()) => Step::Again,
            Err(error) => {
                let script = &self.spec.path;
                let (words, code) = match error {
                    Errno::NotFound => ("not found".to_owned(), 127),
                    error => (error.to_string(), 126),
                };
                write_line(host, 2, &format!("{script}: exec: {}: {words}", argv[0]), kernel);
                Step::End(Ending::Code(code))
            }
        }
    }

    /// Opens the ports whose time has come; says when the next one comes.
    fn open_due_ports(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Result<Option<SimTime>, Ending> {
        if self.end.is_some() {
            return Ok(None);
        }
        let spec = Arc::clone(&self.spec);
        while let Some(listen) = spec.listen.get(self.opened) {
            let at = self.began_at + self.span(&listen.after, host, kernel);
            if at > kernel.now {
                return Ok(Some(at));
            }
            self.opened += 1;
            let Some(port) = self.port(&listen.port, host, kernel) else { continue };
            if kernel.listen(host, port).is_err() {
                let text = format!("listen tcp :{port}: bind: address already in use");
                write_line(host, 2, &text, kernel);
                return Err(Ending::Code(1));
            }
        }
        Ok(None)
    }

    fn react(&mut self, signal: Signal, host: HostPid, kernel: &mut Kernel<'_>) {
        let spec = Arc::clone(&self.spec);
        let Some(reaction) = spec.signals.get(&signal) else { return };
        for line in &reaction.log {
            self.log(host, line, false, kernel);
        }
        if let Some(code) = reaction.exit {
            self.begin_end(code, reaction, host, kernel);
        }
    }

    fn begin_end(&mut self, code: i32, reaction: &ReactionSpec, host: HostPid, kernel: &mut Kernel<'_>) {
        let earliest = kernel.now + self.span(&reaction.after, host, kernel);
        let latest = match &reaction.drain_timeout {
            Some(template) => kernel.now + self.span(template, host, kernel),
            None => SimTime::MAX,
        };
        // A second, harsher signal may end a drain: the earlier of two ends wins.
        let drains = reaction.drain;
        let end = End { code, earliest, latest, drains, last_log: reaction.last_log.clone(), log_to_stderr: false };
        if self.end.as_ref().is_some_and(|old| !old.drains && old.earliest <= earliest) {
            return;
        }
        self.end = Some(end);
        if !reaction.keep_listening {
            let cause =
                kernel.sandbox.processes.get(&host).map_or(crate::engine::CauseId::NONE, |process| process.cause);
            let own = kernel.sandbox.listeners.iter().filter(|(_, owner)| **owner == host);
            let ports: Vec<u16> = own.map(|(port, _)| *port).collect();
            for port in ports {
                kernel.stop_listening(port, cause);
            }
        }
    }

    /// When the end that has begun comes; `None` while it waits for requests.
    fn end_due(&self, now: SimTime) -> Option<SimTime> {
        let end = self.end.as_ref()?;
        if end.drains && self.in_flight > 0 && now < end.latest {
            return (end.latest < SimTime::MAX).then_some(end.latest);
        }
        Some(end.earliest)
    }

    fn finish(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Ending {
        let Some(end) = self.end.take() else { return Ending::Code(0) };
        for line in &end.last_log {
            self.log(host, line, end.log_to_stderr, kernel);
        }
        Ending::Code(end.code)
    }

    /// When it ends by itself, if its spec says so.
    fn own_end_at(&self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<SimTime> {
        let ends = self.spec.ends.as_ref().filter(|_| self.end.is_none())?;
        let after = Scope::of_process(host, kernel).fill(&ends.after.0);
        Some(self.began_at + parse_span(&after)?)
    }

    fn end_by_itself(&mut self, host: HostPid, kernel: &mut Kernel<'_>) {
        if self.own_end_at(host, kernel).is_none_or(|at| at > kernel.now) {
            return;
        }
        let spec = Arc::clone(&self.spec);
        let Some(ends) = &spec.ends else { return };
        let code = Scope::of_process(host, kernel).fill(&ends.exit.0).parse().unwrap_or(0);
        let now = kernel.now;
        let last_log = ends.log.clone();
        self.end = Some(End { code, earliest: now, latest: now, drains: false, last_log, log_to_stderr: true });
    }

    /// Books memory for this instant; says when to look again.
    fn grow(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Result<Option<SimTime>, Ending> {
        let bytes = self.memory(host, kernel);
        if kernel.use_memory(host, bytes) {
            return Err(Ending::Memory);
        }
        if self.grown_until.is_none() {
            let over = self.span(&self.spec.memory.over, host, kernel);
            let after = self.span(&self.spec.memory.after, host, kernel);
            self.grown_until = Some(match self.spec.memory.grow_to {
                Some(_) => self.began_at + after + over,
                None => self.began_at,
            });
        }
        Ok(self.grown_until.filter(|until| *until > kernel.now).map(|until| until.min(kernel.now + GROWTH_STEP)))
    }

    fn memory(&self, host: HostPid, kernel: &mut Kernel<'_>) -> u64 {
        let memory = &self.spec.memory;
        let start = self.bytes(&memory.start, host, kernel);
        let used = self.leaked + self.held + memory.per_request.0 * self.in_flight;
        let Some(target) = &memory.grow_to else { return start + used };
        let target = self.bytes(target, host, kernel);
        let over = self.span(&memory.over, host, kernel).as_micros().max(1);
        let begins = self.began_at + self.span(&memory.after, host, kernel);
        let grown = kernel.now.since(begins).as_micros().min(over);
        let gain = u128::from(target.saturating_sub(start)) * u128::from(grown) / u128::from(over);
        start + u64::try_from(gain).unwrap_or(u64::MAX) + used
    }

    /// Thousandths of a processor that it uses now.
    #[must_use]
    pub fn cpu_milli(&self, scope: &Scope) -> u64 {
        let idle = parse_cpu(&scope.fill(&self.spec.cpu.idle.0)).unwrap_or(0);
        idle + self.in_flight * self.busy_each
    }

    /// Processor time asked for since it began, in microseconds: what it always uses, and what requests took.
    #[must_use]
    pub fn cpu_spent(&self, now: SimTime, scope: &Scope) -> u64 {
        let idle = parse_cpu(&scope.fill(&self.spec.cpu.idle.0)).unwrap_or(0);
        let always = u128::from(idle) * u128::from(now.since(self.began_at).as_micros()) / 1_000;
        u64::try_from(always).unwrap_or(u64::MAX).saturating_add(self.cpu_spent.as_micros())
    }

    /// The part of a cluster that it is, if it is one.
    #[must_use]
    pub fn component(&self) -> Option<&str> {
        self.spec.component.as_deref()
    }

    /// Tells it what the component behind it holds in memory.
    pub fn set_held(&mut self, bytes: u64) {
        self.held = bytes;
    }

    /// Tells it whether it is ready, as far as routes with `whenReady` ask.
    pub fn set_ready(&mut self, is_ready: bool) {
        self.is_ready = is_ready;
    }

    fn span(&self, template: &Template, host: HostPid, kernel: &mut Kernel<'_>) -> SimDuration {
        let Template(text) = template;
        if text.is_empty() {
            return SimDuration::ZERO;
        }
        let filled = if text.contains("${") { Scope::of_process(host, kernel).fill(text) } else { text.clone() };
        parse_span(&filled).unwrap_or_default()
    }

    fn bytes(&self, template: &Template, host: HostPid, kernel: &mut Kernel<'_>) -> u64 {
        let Template(text) = template;
        let filled = if text.contains("${") { Scope::of_process(host, kernel).fill(text) } else { text.clone() };
        parse_bytes(&filled).unwrap_or(0)
    }

    fn port(&self, template: &Template, host: HostPid, kernel: &mut Kernel<'_>) -> Option<u16> {
        let filled = Scope::of_process(host, kernel).fill(&template.0);
        filled.rsplit(':').next()?.trim().parse().ok()
    }
}

/// Writes a line to one of the process's descriptors.
pub fn write_line(host: HostPid, descriptor: i32, line: &str, kernel: &mut Kernel<'_>) {
    let open = kernel.sandbox.processes.get(&host).and_then(|process| process.descriptors.get(&descriptor)).copied();
    if let Some(open) = open {
        // A program that cannot write its log goes on without it.
        let _unwritten = kernel.write(open, format!("{line}\n").as_bytes());
    }
}

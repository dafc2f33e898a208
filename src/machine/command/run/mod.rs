//! A tool as a process: what it does, what it still has to write, and what it waits for.

mod stream;

use std::sync::Arc;

use super::filter::plan;
use super::net::Net;
use super::tar::Tar;
use super::{Context, instant};
use crate::engine::{SimDuration, SimTime};
use crate::machine::cri::Happening;
use crate::machine::fs::{Errno, path};
use crate::machine::image::Tool;
use crate::machine::image::executable::Flavour;
use crate::machine::image::spec::parse_span;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::descriptor::{Mode, OpenId, Read, Wrote};
use crate::machine::kernel::process::{Ending, HostPid, Waiting};
use crate::machine::kernel::processor::KIB_COST;
use crate::machine::kernel::run::Step;
use crate::machine::signal::Signal;
use stream::Stream;

/// How fast a tool that keeps everything it reads can eat zeros, in bytes per tenth of a second.
const HOG_STEP: u64 = 32 << 20;
/// Memory of a small tool.
const SMALL: u64 = 400 << 10;

/// A running tool.
#[derive(Clone, Debug)]
pub struct Run {
    tool: Tool,
    work: Work,
    /// Bytes read and written that were not booked yet.
    moved: u64,
    unwritten: [Vec<u8>; 2],
}

#[derive(Clone, Debug)]
enum Work {
    Begin,
    Sleep(Option<SimTime>),
    Filter(Box<Stream>),
    Hog(u64),
    Yes(String),
    /// `tar` reads its archive to the end.
    Tar(Box<(Tar, OpenId, Vec<u8>)>),
    Net(Box<Net>),
    Done(i32),
}

impl Run {
    /// A tool that begins.
    #[must_use]
    pub fn new(tool: Tool) -> Self {
        Self { tool, work: Work::Begin, moved: 0, unwritten: [Vec::new(), Vec::new()] }
    }

    /// Goes on until it has to wait.
    pub fn step(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Step {
        loop {
            if let Some(until) = kernel.use_processor(host, std::mem::take(&mut self.moved) * KIB_COST / 1_024) {
                return Step::Wait(Waiting::Time, Some(until));
            }
            match self.flush(host, kernel) {
                Ok(None) => {}
                Ok(Some(wait)) => return wait,
                Err(Errno::BrokenPipe) => return Step::End(Ending::Signal(Signal::Pipe)),
                Err(error) => {
                    self.unwritten = [Vec::new(), format!("{}: write error: {error}\n", self.tool.name).into_bytes()];
                    self.work = Work::Done(1);
                }
            }
            let step = match &mut self.work {
                Work::Done(code) if self.unwritten.iter().all(Vec::is_empty) => return Step::End(Ending::Code(*code)),
                Work::Done(_) => None,
                Work::Begin => self.begin(host, kernel),
                Work::Sleep(Some(until)) if *until <= kernel.now => {
                    self.work = Work::Done(0);
                    None
                }
                Work::Sleep(until) => Some(Step::Wait(Waiting::Time, *until)),
                Work::Yes(text) => {
                    self.unwritten[0] = text.repeat(512).into_bytes();
                    None
                }
                Work::Hog(bytes) => {
                    *bytes += HOG_STEP;
                    let bytes = *bytes;
                    if kernel.use_memory(host, bytes) {
                        return Step::End(Ending::Memory);
                    }
                    Some(Step::Wait(Waiting::Time, Some(kernel.now + SimDuration::from_millis(100))))
                }
                Work::Filter(_) => self.stream(host, kernel),
                Work::Tar(_) => self.untar(host, kernel),
                Work::Net(net) => {
                    let step = net.step(host, kernel, &mut self.unwritten);
                    match step {
                        Ok(code) => {
                            self.work = Work::Done(code);
                            None
                        }
                        Err(wait) if self.unwritten.iter().all(Vec::is_empty) => Some(wait),
                        Err(wait) => {
                            // What is there is written before it waits.
                            match self.flush(host, kernel) {
                                Ok(None) => Some(wait),
                                Ok(Some(other)) => Some(other),
                                Err(_) => return Step::End(Ending::Signal(Signal::Pipe)),
                            }
                        }
                    }
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn flush(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Result<Option<Step>, Errno> {
        for (bytes, descriptor) in self.unwritten.iter_mut().rev().zip([2, 1]) {
            let process = kernel.sandbox.processes.get(&host);
            let open = process.and_then(|process| process.descriptors.get(&descriptor)).copied();
            while !bytes.is_empty() {
                match kernel.write(open.ok_or(Errno::BadDescriptor)?, bytes) {
                    Ok(Wrote::Bytes(count)) => {
                        self.moved += count as u64;
                        bytes.drain(..count);
                    }
                    Ok(Wrote::Wait(pipe)) => return Ok(Some(Step::Wait(Waiting::Pipe(pipe), None))),
                    Err(error) => {
                        bytes.clear();
                        return Err(error);
                    }
                }
            }
        }
        Ok(None)
    }

    fn done(&mut self, code: i32, complaint: &str) -> Option<Step> {
        if !complaint.is_empty() {
            self.unwritten[1].extend_from_slice(format!("{}: {complaint}\n", self.tool.name).as_bytes());
        }
        self.work = Work::Done(code);
        None
    }

    fn begin(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        if kernel.use_memory(host, SMALL) {
            return Some(Step::End(Ending::Memory));
        }
        let process = kernel.sandbox.processes.get(&host)?;
        let (argv, env) = (Arc::clone(&process.argv), Arc::clone(&process.env));
        let name = Arc::clone(&self.tool.name);
        match &*name {
            "sleep" => return self.sleep(&argv[1..], kernel.now),
            "env" => return self.env(&argv[1..], host, kernel),
            "yes" => {
                let text = if argv.len() > 1 { argv[1..].join(" ") } else { "y".into() };
                self.work = Work::Yes(text + "\n");
                return None;
            }
            "tee" => return self.tee(&argv[1..], host, kernel),
            "tar" => return self.tar(&argv, host, kernel),
            "wget" | "curl" | "nslookup" | "dig" | "nc" => {
                return match Net::new(&argv, self.tool.flavour, host, kernel) {
                    Ok(net) => {
                        self.work = Work::Net(Box::new(net));
                        None
                    }
                    Err((code, text)) => self.done(code, &text),
                };
            }
            _ => {}
        }
        match plan(&argv, self.tool.flavour) {
            Ok(Some(plan)) => {
                self.work = Work::Filter(Box::new(Stream::of(plan)));
                return None;
            }
            Ok(None) => {}
            Err(problem) => return self.done(2, &problem),
        }
        let mut context = Context::new(kernel, host, &argv, self.tool.flavour, env);
        match instant(&mut context) {
            Some(code) => {
                let (out, err) = (context.out, context.err);
                self.unwritten = [out, err];
                self.work = Work::Done(code);
                None
            }
            None => {
                let process = kernel.sandbox.processes.get(&host)?;
                let (cause, container) = (process.cause, process.container?);
                let note = format!("podlab does not model the command `{name}`.");
                kernel.emit(cause, Happening::NotModelled { container, note: note.into() });
                self.done(127, "not modelled by podlab")
            }
        }
    }

    fn sleep(&mut self, words: &[String], now: SimTime) -> Option<Step> {
        if words.is_empty() {
            return self.done(1, "missing operand");
        }
        let mut total = SimDuration::ZERO;
        for word in words {
            match parse_span(word) {
                Some(span) => total += span,
                None if word == "infinity" || word == "inf" => {
                    self.work = Work::Sleep(None);
                    return None;
                }
                None if self.tool.flavour == Flavour::Busybox => {
                    return self.done(1, &format!("invalid number '{word}'"));
                }
                None => return self.done(1, &format!("invalid time interval '{word}'")),
            }
        }
        self.work = Work::Sleep(Some(now + total));
        None
    }

    /// `env [A=b…] [command…]`
    fn env(&mut self, words: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        let process = kernel.sandbox.processes.get(&host)?;
        let mut env = (*process.env).clone();
        let mut words = words;
        while let Some((name, value)) = words.first().and_then(|word| word.split_once('=')) {
            env.insert(name.to_owned(), value.to_owned());
            words = &words[1..];
        }
        if words.is_empty() {
            let text: String = env.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            self.unwritten[0] = text.into_bytes();
            return self.done(0, "");
        }
        let command = words[0].clone();
        match kernel.become_command_with(host, words, Arc::new(env)) {
            Ok(()) => Some(Step::Again),
            Err(error) => self.done(127, &format!("can't execute '{command}': {error}")),
        }
    }

    fn tar(&mut self, argv: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        let tar = match Tar::parse(&argv[1..]) {
            Ok(tar) => tar,
            Err(problem) => return self.done(if self.tool.flavour == Flavour::Gnu { 2 } else { 1 }, &problem),
        };
        let Some(file) = tar.input().map(str::to_owned) else { return self.run_tar(&tar, &[], host, kernel) };
        let process = kernel.sandbox.processes.get(&host)?;
        let cwd = Arc::clone(&process.cwd);
        let input = match file.as_str() {
            "-" => process.descriptors.get(&0).copied().ok_or(Errno::BadDescriptor),
            file => kernel.open_path(host, &path::absolute(&cwd, file), Mode::Read),
        };
        match input {
            Ok(input) => self.work = Work::Tar(Box::new((tar, input, Vec::new()))),
            Err(error) => return self.done(1, &format!("can't open '{file}': {error}")),
        }
        None
    }

    /// Reads more of an archive; at its end it is unpacked.
    fn untar(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        let Work::Tar(work) = &mut self.work else { return None };
        let (tar, input, archive) = &mut **work;
        match kernel.read(*input, usize::MAX) {
            Ok(Read::Bytes(bytes)) => {
                archive.extend(bytes);
                None
            }
            Ok(Read::Wait(pipe)) => Some(Step::Wait(Waiting::Pipe(pipe), None)),
            Ok(Read::End | Read::Zeros) | Err(_) => {
                let (tar, archive) = (tar.clone(), std::mem::take(archive));
                self.run_tar(&tar, &archive, host, kernel)
            }
        }
    }

    fn run_tar(&mut self, tar: &Tar, archive: &[u8], host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        let process = kernel.sandbox.processes.get(&host)?;
        let (argv, env) = (Arc::clone(&process.argv), Arc::clone(&process.env));
        let mut context = Context::new(kernel, host, &argv, self.tool.flavour, env);
        let code = tar.run(archive, &mut context);
        let (out, err) = (context.out, context.err);
        self.unwritten = [out, err];
        self.work = Work::Done(code);
        None
    }
}

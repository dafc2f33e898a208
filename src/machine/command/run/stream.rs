//! A filter at work: its inputs one after the other, line by line or byte by byte.

use std::sync::Arc;

use super::{Run, Work};
use crate::engine::SimDuration;
use crate::machine::command::filter::{Filter, Plan};
use crate::machine::fs::{Errno, path};
use crate::machine::image::executable::Flavour;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::descriptor::{Mode, OpenId, Read};
use crate::machine::kernel::process::{HostPid, Waiting};
use crate::machine::kernel::run::Step;

/// How often `tail -f` looks at its file.
const FOLLOW_PERIOD: SimDuration = SimDuration::from_secs(1);

/// A filter with its inputs.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    filter: Filter,
    follows: bool,
    files: Vec<String>,
    next_file: usize,
    input: Option<OpenId>,
    tee: Vec<OpenId>,
    rest: Vec<u8>,
    failed: i32,
    is_copying: bool,
}

impl Stream {
    /// A filter that has read nothing yet.
    pub(super) fn of(plan: Plan) -> Self {
        let Plan { filter, files, follows } = plan;
        let is_copying = filter.takes_bytes();
        let (input, tee, rest) = (None, Vec::new(), Vec::new());
        Self { filter, follows, files, next_file: 0, input, tee, rest, failed: 0, is_copying }
    }
}

impl Run {
    /// `tee [-a] [file…]`
    pub(super) fn tee(&mut self, words: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        let mode = if words.iter().any(|word| word == "-a") { Mode::Append } else { Mode::Write };
        let mut tee = Vec::new();
        let cwd = Arc::clone(&kernel.sandbox.processes.get(&host)?.cwd);
        let mut failed = 0;
        for file in words.iter().filter(|word| !word.starts_with('-')) {
            match kernel.open_path(host, &path::absolute(&cwd, file), mode) {
                Ok(open) => tee.push(open),
                Err(error) => {
                    failed = 1;
                    self.unwritten[1].extend_from_slice(format!("tee: {file}: {error}\n").as_bytes());
                }
            }
        }
        let plan = Plan { filter: Filter::Cat, files: Vec::new(), follows: false };
        let stream = Stream { tee, failed, is_copying: true, ..Stream::of(plan) };
        self.work = Work::Filter(Box::new(stream));
        None
    }

    /// Reads a piece of the input and works on it.
    pub(super) fn stream(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        let Work::Filter(stream) = &mut self.work else { return None };
        let Some(input) = stream.input else { return self.next_input(host, kernel) };
        match kernel.read(input, 4096) {
            Ok(Read::Bytes(bytes)) => {
                self.moved += bytes.len() as u64;
                for open in &stream.tee {
                    let _unwritten = kernel.write(*open, &bytes);
                }
                if stream.is_copying {
                    stream.filter.bytes(&bytes, &mut self.unwritten[0]);
                    return None;
                }
                stream.rest.extend(bytes);
                while let Some(end) = stream.rest.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = stream.rest.drain(..=end).collect();
                    if !stream.filter.line(&line[..end], &mut self.unwritten[0]) {
                        let code = stream.filter.finish(&mut self.unwritten[0]);
                        return self.done(code, "");
                    }
                }
                None
            }
            Ok(Read::Wait(pipe)) => Some(Step::Wait(Waiting::Pipe(pipe), None)),
            Ok(Read::Zeros) => match stream.filter {
                // A line that never ends is kept in memory as a whole.
                Filter::Cat | Filter::Head(_) => self.done(1, "podlab does not model endless zeros here"),
                _ => {
                    self.work = Work::Hog(0);
                    None
                }
            },
            Ok(Read::End) if stream.follows => {
                if let Filter::Tail(..) = stream.filter {
                    stream.filter.finish(&mut self.unwritten[0]);
                    stream.filter = Filter::Cat;
                    stream.is_copying = true;
                    return None;
                }
                Some(Step::Wait(Waiting::Time, Some(kernel.now + FOLLOW_PERIOD)))
            }
            Ok(Read::End) => self.next_input(host, kernel),
            Err(error) => {
                stream.failed = 1;
                self.unwritten[1].extend_from_slice(format!("{}: read error: {error}\n", self.tool.name).as_bytes());
                self.next_input(host, kernel)
            }
        }
    }

    /// Opens the next file, or ends.
    fn next_input(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Option<Step> {
        let Work::Filter(stream) = &mut self.work else { return None };
        if stream.next_file > 0 && stream.next_file >= stream.files.len() {
            if !stream.rest.is_empty() {
                let line = std::mem::take(&mut stream.rest);
                stream.filter.line(&line, &mut self.unwritten[0]);
            }
            let code = stream.filter.finish(&mut self.unwritten[0]);
            let code = if stream.failed > 0 { stream.failed } else { code };
            return self.done(code, "");
        }
        let file = stream.files.get(stream.next_file).cloned();
        stream.next_file += 1;
        let process = kernel.sandbox.processes.get(&host)?;
        let cwd = Arc::clone(&process.cwd);
        let result = match file.as_deref() {
            None | Some("-") => process.descriptors.get(&0).copied().ok_or(Errno::BadDescriptor),
            Some(file) => kernel.open_path(host, &path::absolute(&cwd, file), Mode::Read),
        };
        match result {
            Ok(open) => {
                stream.input = Some(open);
                stream.filter.begin(file.as_deref());
                if file.is_some_and(|file| file != "-")
                    && let Some(process) = kernel.sandbox.processes.get_mut(&host)
                {
                    // Kept among the descriptors, so that it is closed with the process.
                    let free = (3..).find(|number| !process.descriptors.contains_key(number)).unwrap_or(3);
                    process.descriptors.insert(free, open);
                }
            }
            Err(error) => {
                stream.input = None;
                stream.failed = if &*self.tool.name == "grep" { 2 } else { 1 };
                let file = file.unwrap_or_default();
                let name = &self.tool.name;
                let text = match (self.tool.flavour, error, &**name) {
                    (Flavour::Busybox, Errno::IsDirectory, _) => "read error: Is a directory".to_owned(),
                    (Flavour::Busybox, error, "grep") => format!("{file}: {error}"),
                    (Flavour::Busybox, error, _) => format!("can't open '{file}': {error}"),
                    (Flavour::Gnu, error, "head" | "tail") => format!("cannot open '{file}' for reading: {error}"),
                    (Flavour::Gnu, error, _) => format!("{file}: {error}"),
                };
                self.unwritten[1].extend_from_slice(format!("{name}: {text}\n").as_bytes());
            }
        }
        None
    }
}

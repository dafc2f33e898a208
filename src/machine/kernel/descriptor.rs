//! Open files, pipes and what reading and writing them does.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Kernel;
use super::process::{HostPid, Waiting};
use crate::machine::cri::{ContainerId, ExecId, LogStream};
use crate::machine::fs::{Errno, View};

/// What Linux lets a pipe hold before the writer waits.
const PIPE_CAPACITY: usize = 65_536;
/// How much one read takes at most.
const READ_MAX: usize = 65_536;

/// An entry of the table of open files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenId(pub u64);

/// A pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PipeId(pub u64);

/// An open file and how many descriptors point at it.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// What it is.
    pub kind: OpenKind,
    references: u32,
}

/// What can be open.
#[derive(Clone, Debug)]
pub enum OpenKind {
    /// `/dev/null`
    Null,
    /// `/dev/zero`
    Zero,
    /// The log of a container.
    Log(ContainerId, LogStream),
    /// What an exec gives back.
    Capture(ExecId, LogStream),
    /// Bytes that were there from the start: a here-document, the input of an exec.
    Text(Arc<[u8]>, usize),
    /// The reading end of a pipe.
    PipeRead(PipeId),
    /// The writing end of a pipe.
    PipeWrite(PipeId),
    /// A terminal, both ways.
    Terminal(PipeId),
    /// A file.
    File(FileHandle),
}

/// A file that is open.
#[derive(Clone, Debug)]
pub struct FileHandle {
    /// Who opened it.
    pub container: ContainerId,
    /// As whom.
    pub user: u32,
    /// Its absolute path. A file that is replaced while it is open is followed by its name, unlike on Linux.
    pub path: Arc<str>,
    /// Where the next byte is read or written.
    pub offset: u64,
    /// Writes go to the end.
    pub is_append: bool,
}

/// A pipe and who holds its ends.
#[derive(Clone, Debug, Default)]
pub struct Pipe {
    bytes: VecDeque<u8>,
    readers: u32,
    writers: u32,
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
}

/// What a read brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Bytes.
    Bytes(Vec<u8>),
    /// Nothing more will come.
    End,
    /// Endless zeros (`/dev/zero`).
    Zeros,
    /// Look again when this pipe has changed.
    Wait(PipeId),
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// So many bytes were taken.
    Bytes(usize),
    /// Look again when this pipe has changed.
    Wait(PipeId),
}

impl Kernel<'_> {
    /// Puts something into the table of open files, with one reference.
    pub fn open_kind(&mut self, kind: OpenKind) -> OpenId {
        match kind {
            OpenKind::PipeRead(pipe) => self.sandbox.pipes.get_or_insert_with(pipe, Default::default).readers += 1,
            OpenKind::PipeWrite(pipe) => self.sandbox.pipes.get_or_insert_with(pipe, Default::default).writers += 1,
            _ => {}
        }
        let id = OpenId(self.shared.number());
        self.sandbox.open.insert(id, OpenFile { kind, references: 1 });
        id
    }

    /// A new pipe: its reading and its writing end.
    pub fn pipe(&mut self) -> (OpenId, OpenId) {
        let pipe = PipeId(self.shared.number());
        (self.open_kind(OpenKind::PipeRead(pipe)), self.open_kind(OpenKind::PipeWrite(pipe)))
    }

    /// One more descriptor points at `id`.
    pub fn retain(&mut self, id: OpenId) {
        if let Some(open) = self.sandbox.open.get_mut(&id) {
            open.references += 1;
        }
    }

    /// One descriptor fewer points at `id`; the last one closes it.
    pub fn release(&mut self, id: OpenId) {
        let Some(open) = self.sandbox.open.get_mut(&id) else { return };
        open.references -= 1;
        if open.references > 0 {
            return;
        }
        let Some(open) = self.sandbox.open.remove(&id) else { return };
        let (OpenKind::PipeRead(pipe) | OpenKind::PipeWrite(pipe)) = open.kind else { return };
        if let Some(ends) = self.sandbox.pipes.get_mut(&pipe) {
            match open.kind {
                OpenKind::PipeRead(_) => ends.readers -= 1,
                _ => ends.writers -= 1,
            }
            if ends.readers == 0 && ends.writers == 0 {
                self.sandbox.pipes.remove(&pipe);
            }
        }
        self.wake_pipe(pipe);
    }

    /// Everybody who waits for `pipe` looks again.
    pub(super) fn wake_pipe(&mut self, pipe: PipeId) {
        let waits = |process: &&super::Process| process.waiting == Waiting::Pipe(pipe);
        let waiting: Vec<HostPid> = self.sandbox.processes.values().filter(waits).map(|process| process.host).collect();
        for process in waiting {
            self.sandbox.make_ready(process);
        }
    }

    /// Opens `path` (absolute) for a process of `container`.
    ///
    /// # Errors
    /// As `open` does.
    pub fn open_path(&mut self, opener: HostPid, path: &str, mode: Mode) -> Result<OpenId, Errno> {
        let Some(process) = self.sandbox.processes.get(&opener) else { return Err(Errno::NoProcess) };
        let (Some(container), user) = (process.container, process.user) else { return Err(Errno::NotFound) };
        match path {
            "/dev/null" => return Ok(self.open_kind(OpenKind::Null)),
            "/dev/zero" => return Ok(self.open_kind(OpenKind::Zero)),
            "/dev/stdin" => return self.open_again(opener, 0),
            "/dev/stdout" => return self.open_again(opener, 1),
            "/dev/stderr" => return self.open_again(opener, 2),
            _ => {}
        }
        if let Some((target, descriptor)) = self.proc_descriptor(opener, path) {
            return self.open_again(target, descriptor);
        }
        let Some(mut view) = self.view(container, user) else { return Err(Errno::NotFound) };
        prepare(&mut view, path, mode)?;
        let handle = FileHandle { container, user, path: path.into(), offset: 0, is_append: mode == Mode::Append };
        Ok(self.open_kind(OpenKind::File(handle)))
    }

    /// `/proc/<pid>/fd/<n>`: a descriptor of another process, which is how hooks write into the container's log.
    fn proc_descriptor(&self, opener: HostPid, path: &str) -> Option<(HostPid, i32)> {
        let (pid, descriptor) = path.strip_prefix("/proc/")?.split_once("/fd/")?;
        let descriptor = descriptor.parse().ok()?;
        if pid == "self" {
            return Some((opener, descriptor));
        }
        let namespace = self.sandbox.processes.get(&opener)?.namespace;
        Some((self.sandbox.find(namespace, pid.parse().ok()?)?.host, descriptor))
    }

    fn open_again(&mut self, owner: HostPid, descriptor: i32) -> Result<OpenId, Errno> {
        let process = self.sandbox.processes.get(&owner).ok_or(Errno::NotFound)?;
        let id = *process.descriptors.get(&descriptor).ok_or(Errno::NotFound)?;
        self.retain(id);
        Ok(id)
    }

    /// Reads up to `limit` bytes.
    ///
    /// # Errors
    /// As `read` does.
    pub fn read(&mut self, id: OpenId, limit: usize) -> Result<Read, Errno> {
        let limit = limit.min(READ_MAX);
        let open = self.sandbox.open.get_mut(&id).ok_or(Errno::BadDescriptor)?;
        match &mut open.kind {
            OpenKind::Null => Ok(Read::End),
            OpenKind::Zero => Ok(Read::Zeros),
            OpenKind::Log(..) | OpenKind::Capture(..) | OpenKind::PipeWrite(_) => Err(Errno::BadDescriptor),
            OpenKind::Text(bytes, offset) => {
                let end = bytes.len().min(*offset + limit);
                let piece = bytes[*offset..end].to_vec();
                *offset = end;
                Ok(if piece.is_empty() { Read::End } else { Read::Bytes(piece) })
            }
            OpenKind::PipeRead(pipe) => {
                let pipe = *pipe;
                self.read_pipe(pipe, limit)
            }
            OpenKind::Terminal(id) => {
                let id = *id;
                Ok(self.read_terminal(id, limit))
            }
            OpenKind::File(handle) => {
                let handle = handle.clone();
                self.read_file(id, &handle, limit)
            }
        }
    }

    fn read_pipe(&mut self, pipe: PipeId, limit: usize) -> Result<Read, Errno> {
        let ends = self.sandbox.pipes.get_mut(&pipe).ok_or(Errno::BadDescriptor)?;
        if ends.bytes.is_empty() {
            return Ok(if ends.writers == 0 { Read::End } else { Read::Wait(pipe) });
        }
        let count = ends.bytes.len().min(limit);
        let piece = ends.bytes.drain(..count).collect();
        self.wake_pipe(pipe);
        Ok(Read::Bytes(piece))
    }

    fn read_file(&mut self, id: OpenId, handle: &FileHandle, limit: usize) -> Result<Read, Errno> {
        let Some(view) = self.view(handle.container, handle.user) else { return Err(Errno::NotFound) };
        let bytes = view.read(&handle.path)?;
        let start = usize::try_from(handle.offset).unwrap_or(usize::MAX).min(bytes.len());
        let end = bytes.len().min(start + limit);
        if let Some(OpenFile { kind: OpenKind::File(handle), .. }) = self.sandbox.open.get_mut(&id) {
            handle.offset = end as u64;
        }
        Ok(if start == end { Read::End } else { Read::Bytes(bytes[start..end].to_vec()) })
    }

    /// Gives bytes back that were read too far, as the shell's `read` does by reading one byte at a time.
    pub fn unread(&mut self, id: OpenId, bytes: &[u8]) {
        let Some(open) = self.sandbox.open.get_mut(&id) else { return };
        match &mut open.kind {
            OpenKind::Text(_, offset) => *offset -= bytes.len().min(*offset),
            OpenKind::File(handle) => handle.offset = handle.offset.saturating_sub(bytes.len() as u64),
            OpenKind::PipeRead(pipe) => {
                if let Some(ends) = self.sandbox.pipes.get_mut(pipe) {
                    bytes.iter().rev().for_each(|byte| ends.bytes.push_front(*byte));
                }
            }
            OpenKind::Terminal(id) => {
                let id = *id;
                self.unread_terminal(id, bytes);
            }
            _ => {}
        }
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// As `write` does; [`Errno::BrokenPipe`] comes with a `SIGPIPE` that the caller sees to.
    pub fn write(&mut self, id: OpenId, bytes: &[u8]) -> Result<Wrote, Errno> {
        let open = self.sandbox.open.get_mut(&id).ok_or(Errno::BadDescriptor)?;
        match &mut open.kind {
            OpenKind::Null | OpenKind::Zero => Ok(Wrote::Bytes(bytes.len())),
            OpenKind::Text(..) | OpenKind::PipeRead(_) => Err(Errno::BadDescriptor),
            OpenKind::Log(container, stream) => {
                let (container, stream) = (*container, *stream);
                self.write_log(container, stream, bytes);
                Ok(Wrote::Bytes(bytes.len()))
            }
            OpenKind::Capture(exec, stream) => {
                let (exec, stream) = (*exec, *stream);
                self.write_session(exec, stream, bytes);
                Ok(Wrote::Bytes(bytes.len()))
            }
            OpenKind::PipeWrite(pipe) => {
                let pipe = *pipe;
                self.write_pipe(pipe, bytes)
            }
            OpenKind::Terminal(id) => {
                let id = *id;
                self.write_terminal(id, bytes);
                Ok(Wrote::Bytes(bytes.len()))
            }
            OpenKind::File(handle) => {
                let handle = handle.clone();
                let Some(mut view) = self.view(handle.container, handle.user) else { return Err(Errno::NotFound) };
                let at = if handle.is_append { None } else { Some(handle.offset) };
                let end = view.write(&handle.path, at, bytes)?;
                if let Some(OpenFile { kind: OpenKind::File(handle), .. }) = self.sandbox.open.get_mut(&id) {
                    handle.offset = end;
                }
                Ok(Wrote::Bytes(bytes.len()))
            }
        }
    }

    /// Puts bytes into a container's log, as far as the machine's disk has room.
    pub fn write_log(&mut self, container: ContainerId, stream: LogStream, bytes: &[u8]) {
        self.write_attached(container, stream, bytes);
        let now = self.now;
        let Some(container) = self.sandbox.containers.get_mut(&container) else { return };
        if self.shared.disk.free() == 0 {
            return;
        }
        let before = container.log.bytes;
        container.log.write(now, stream, bytes);
        self.shared.disk.used += container.log.bytes - before;
    }

    /// Puts bytes from outside into a pipe. They have come over a network that would have slowed their sender down, so they find
    /// room always.
    pub(super) fn push_pipe(&mut self, writing: OpenId, bytes: &[u8]) {
        let Some(OpenFile { kind: OpenKind::PipeWrite(pipe), .. }) = self.sandbox.open.get(&writing) else { return };
        let pipe = *pipe;
        if let Some(ends) = self.sandbox.pipes.get_mut(&pipe).filter(|ends| ends.readers > 0) {
            ends.bytes.extend(bytes);
        }
        self.wake_pipe(pipe);
    }

    fn write_pipe(&mut self, pipe: PipeId, bytes: &[u8]) -> Result<Wrote, Errno> {
        let ends = self.sandbox.pipes.get_mut(&pipe).ok_or(Errno::BrokenPipe)?;
        if ends.readers == 0 {
            return Err(Errno::BrokenPipe);
        }
        let room = PIPE_CAPACITY.saturating_sub(ends.bytes.len());
        if room == 0 && !bytes.is_empty() {
            return Ok(Wrote::Wait(pipe));
        }
        let count = bytes.len().min(room);
        ends.bytes.extend(&bytes[..count]);
        self.wake_pipe(pipe);
        Ok(Wrote::Bytes(count))
    }
}

/// What opening a file does to it.
fn prepare(view: &mut View<'_>, path: &str, mode: Mode) -> Result<(), Errno> {
    match mode {
        Mode::Read => view.read(path).map(|_| ()),
        Mode::Write => view.truncate(path),
        Mode::Append | Mode::ReadWrite => view.touch(path),
    }
}

//! One container as the kernel and the runtime see it: its files, its first process, its log, what became of its signals.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exec::Inlet;
use super::process::HostPid;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{
    ContainerConfig, ContainerId, ContainerState, ContainerStatus, Exit, LogLine, LogStream, ProcessEnd, SandboxId,
    SignalFate,
};
use crate::machine::fs::Directory;
use crate::machine::image::Image;
use crate::machine::signal::Signal;

/// Lines per shared piece of a log.
const LOG_PIECE: usize = 256;
/// Pieces kept; the kubelet keeps 5 files of 10 MiB, the oldest lines go first here too.
const LOG_PIECES_MAX: usize = 200;
/// Signals remembered per container.
const FATES_MAX: usize = 64;

/// Variables by name.
pub type Environment = Arc<BTreeMap<String, String>>;

/// One container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its id.
    pub id: ContainerId,
    /// Where it lives.
    pub sandbox: SandboxId,
    /// What it was made from.
    pub config: Arc<ContainerConfig>,
    /// Its image.
    pub image: Arc<Image>,
    /// What it runs: entrypoint and arguments put together.
    pub argv: Arc<[String]>,
    /// Variables of the first process.
    pub env: Environment,
    /// Its own files over those of the image.
    pub root: Directory,
    /// Bytes written over the image.
    pub layer_bytes: u64,
    /// Where it is in its life.
    pub state: ContainerState,
    /// When it was made.
    pub created_at: SimTime,
    /// When its first process began.
    pub started_at: Option<SimTime>,
    /// Its first process.
    pub init: Option<HostPid>,
    /// Where what people type goes, with `stdin: true` or `tty: true`.
    pub inlet: Option<Inlet>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// What it wrote.
    pub log: Log,
    /// What became of signals sent to its processes.
    pub fates: Vec<SignalFate>,
    /// How its processes ended, from the first signal on.
    pub ends: Vec<ProcessEnd>,
    /// Memory in use.
    pub memory: u64,
    /// Processor time that its ended processes used, in microseconds.
    pub cpu_ended: u64,
}

impl Container {
    /// What the runtime says about it.
    #[must_use]
    pub fn status(&self) -> ContainerStatus {
        ContainerStatus {
            id: self.id,
            sandbox: self.sandbox,
            name: Arc::clone(&self.config.name),
            attempt: self.config.attempt,
            image: Arc::clone(&self.config.image),
            image_id: Arc::clone(&self.image.info.id),
            image_digest: Arc::clone(&self.image.info.digest),
            stop_signal: self.stop_signal(),
            state: self.state,
            created_at: self.created_at,
            started_at: self.started_at,
            exit: self.exit.clone(),
        }
    }

    /// `STOPSIGNAL`.
    #[must_use]
    pub fn stop_signal(&self) -> Signal {
        self.image.info.stop_signal
    }

    /// Who its processes run as unless they change it.
    #[must_use]
    pub fn user(&self) -> u32 {
        self.config.user.unwrap_or(self.image.user)
    }

    /// Remembers what became of a signal.
    pub fn remember(&mut self, fate: SignalFate) {
        if self.fates.len() == FATES_MAX {
            self.fates.remove(0);
        }
        self.fates.push(fate);
    }

    /// Remembers the end of a process, once somebody has begun to send signals: before that, ends are everyday.
    pub fn remember_end(&mut self, end: impl FnOnce() -> ProcessEnd) {
        if !self.fates.is_empty() && self.ends.len() < FATES_MAX {
            self.ends.push(end());
        }
    }

    /// Marks it as ended.
    pub fn end(&mut self, exit: Exit) {
        self.state = ContainerState::Exited;
        self.exit = Some(exit);
        self.init = None;
    }

    /// The cause of its end, or none.
    #[must_use]
    pub fn exit_cause(&self) -> CauseId {
        self.exit.as_ref().map_or(CauseId::NONE, |exit| exit.cause)
    }
}

/// The log of a container, in shared pieces.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pieces: Vec<Arc<Vec<LogLine>>>,
    partial: [Vec<u8>; 2],
    /// Bytes on the disk.
    pub bytes: u64,
}

impl Log {
    /// Takes what was written; complete lines get the time.
    pub fn write(&mut self, at: SimTime, stream: LogStream, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let mut line = std::mem::take(&mut self.partial[stream as usize]);
            line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            self.push(LogLine { at, stream, text: String::from_utf8_lossy(&line).into() });
        }
        self.partial[stream as usize].extend_from_slice(rest);
    }

    /// Ends unfinished lines when the container has ended.
    pub fn finish(&mut self, at: SimTime) {
        for stream in [LogStream::Stdout, LogStream::Stderr] {
            if !self.partial[stream as usize].is_empty() {
                self.write(at, stream, b"\n");
            }
        }
    }

    fn push(&mut self, line: LogLine) {
        // The CRI log format puts a time stamp and a stream name before each line: 45 bytes.
        self.bytes += line.text.len() as u64 + 46;
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < LOG_PIECE => Arc::make_mut(piece).push(line),
            _ => {
                if self.pieces.len() == LOG_PIECES_MAX {
                    self.pieces.remove(0);
                }
                self.pieces.push(Arc::new(vec![line]));
            }
        }
    }

    /// Its lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.pieces.iter().flat_map(|piece| piece.iter())
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len()).sum()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

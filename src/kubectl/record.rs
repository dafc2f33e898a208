//! What happened to a running command so far: what it asked for, what arrived, what it has printed.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::apiserver::{Outcome, Payload, Status, StreamChunk, WatchEvent};
use crate::engine::SimTime;

/// Something that was asked for and may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle(pub(super) u64);

/// What came back.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// The outcome of a request.
    Outcome(Outcome),
    /// Events of a watch.
    Events(Vec<WatchEvent>),
    /// A watch ended.
    Closed(Option<Box<Status>>),
    /// A piece of a stream.
    Chunk(StreamChunk),
    /// A timer has run out.
    Timer,
    /// The editor was closed.
    Edited(Option<String>),
}

/// One thing that happened to the program, in order.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// It asked for something under this id.
    Asked(u64),
    /// Something arrived and was taken.
    Taken(u64, Arc<Arrival>, SimTime),
}

/// The state of a loop after some rounds, by which these rounds need not be gone through again.
#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub(super) printed: usize,
    pub(super) now: SimTime,
    pub(super) state: Arc<dyn Any + Send + Sync>,
}

/// What happened so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) started: SimTime,
    pub(super) entries: Vec<Entry>,
    pub(super) inbox: VecDeque<(u64, Arc<Arrival>, SimTime)>,
    pub(super) next_id: u64,
    pub(super) printed: usize,
    pub(super) streams: BTreeSet<u64>,
    /// By the number of entries before the loop.
    pub(super) checkpoints: BTreeMap<usize, Checkpoint>,
}

impl Record {
    /// The id under which the editor answers.
    pub(super) const EDITOR: u64 = 0;

    pub(super) fn start(&mut self, now: SimTime) {
        self.started = now;
    }

    pub(super) fn arrive(&mut self, id: u64, arrival: Arrival, now: SimTime) {
        let ends = match &arrival {
            Arrival::Closed(_) | Arrival::Outcome(Err(_)) => true,
            Arrival::Chunk(chunk) => chunk.exit_code.is_some(),
            Arrival::Outcome(Ok(response)) => {
                matches!(&response.payload, Payload::Stream(chunk) if chunk.exit_code.is_some())
            }
            _ => false,
        };
        if ends {
            self.streams.remove(&id);
        }
        self.inbox.push_back((id, Arc::new(arrival), now));
    }

    /// Watches and streams that are still open.
    pub(super) fn open(&self) -> impl Iterator<Item = u64> {
        self.streams.iter().copied()
    }
}

//! Causes: a plain record for everything that happened because of something else. `why` is a walk up its parents.

use std::sync::Arc;

use super::time::SimTime;

/// Records per chunk; whole chunks are shared between a world and its checkpoints.
const CHUNK: usize = 1024;

/// The number of a cause; [`CauseId::NONE`] stands for the passing of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseId(u32);

impl CauseId {
    /// No cause but the passing of time.
    pub const NONE: Self = Self(0);

    /// Whether there is a record behind this number.
    #[must_use]
    pub fn is_some(self) -> bool {
        self.0 != 0
    }

    /// The number itself, as shown to people.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

/// One thing that happened, and what made it happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What led to it.
    pub parent: CauseId,
    /// When it happened.
    pub at: SimTime,
    /// Who did it: `kube-scheduler`, `kubelet node-1`, `kubectl`, `fault`.
    pub actor: Arc<str>,
    /// What was done: `create`, `bind`, `signal`, `exit`.
    pub verb: &'static str,
    /// To what: `pods/default/web-1`; empty when there is no object.
    pub object: Arc<str>,
    /// The rest of the sentence; may be empty.
    pub text: Arc<str>,
}

/// The graph of causes of one world.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    chunks: Vec<Arc<Vec<Cause>>>,
    recording: Recording,
}

/// Whether causes are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recording {
    /// Every cause is kept.
    #[default]
    On,
    /// None is, for worlds of hundreds of thousands of Pods.
    Off,
}

impl Trace {
    /// An empty trace.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self { chunks: Vec::new(), recording }
    }

    /// Whether causes are being kept; ask before building a costly text.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.recording == Recording::On
    }

    /// Writes a cause down and returns its number; when recording is off, the parent's.
    pub fn record(&mut self, cause: Cause) -> CauseId {
        if self.recording == Recording::Off {
            return cause.parent;
        }
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => Arc::make_mut(chunk).push(cause),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(cause);
                self.chunks.push(Arc::new(chunk));
            }
        }
        CauseId(u32::try_from(self.len()).unwrap_or(u32::MAX))
    }

    /// The record behind `id`.
    #[must_use]
    pub fn get(&self, id: CauseId) -> Option<&Cause> {
        let index = (id.0 as usize).checked_sub(1)?;
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    /// How many causes have been written down.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether nothing has been written down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// All causes with their numbers, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (CauseId, &Cause)> {
        (0..self.len()).filter_map(|index| {
            let id = CauseId(u32::try_from(index).unwrap_or(u32::MAX) + 1);
            self.get(id).map(|cause| (id, cause))
        })
    }

    /// The chain from `id` up to what began it, nearest first.
    pub fn chain(&self, id: CauseId) -> impl Iterator<Item = (CauseId, &Cause)> {
        let mut next = id;
        std::iter::from_fn(move || {
            let cause = self.get(next)?;
            let here = next;
            next = cause.parent;
            Some((here, cause))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(parent: CauseId, verb: &'static str) -> Cause {
        Cause { parent, at: SimTime::ZERO, actor: "test".into(), verb, object: "".into(), text: "".into() }
    }

    #[test]
    fn the_chain_walks_up_to_the_beginning() {
        let mut trace = Trace::default();
        let apply = trace.record(cause(CauseId::NONE, "apply"));
        let create = trace.record(cause(apply, "create"));
        trace.record(cause(apply, "other"));
        let bind = trace.record(cause(create, "bind"));
        let verbs: Vec<_> = trace.chain(bind).map(|(_, cause)| cause.verb).collect();
        assert_eq!(verbs, ["bind", "create", "apply"]);
    }

    #[test]
    fn a_checkpoint_keeps_its_own_past() {
        let mut trace = Trace::default();
        let first = trace.record(cause(CauseId::NONE, "a"));
        let checkpoint = trace.clone();
        trace.record(cause(first, "b"));
        assert_eq!((checkpoint.len(), trace.len()), (1, 2));
    }
}

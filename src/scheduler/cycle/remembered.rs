//! What is remembered from one cycle to the next: shapes of Pods, and for each kind of Pod what plugins count for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::scheduler::counts::{Memory, Topologies};
use crate::scheduler::framework::Profile;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::preemption::DryRuns;
use crate::scheduler::snapshot::Snapshot;

use super::shape::Shape;

/// So many shapes are remembered; real clusters have few at a time.
const MAX_SHAPES: usize = 16;
/// So many kinds of Pods.
const MAX_KINDS: usize = 256;

/// The memory of an algorithm. A copy of the algorithm begins without.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// By a running number.
    shapes: BTreeMap<u64, (u64, Shape)>,
    /// By the number of what the Pods ask for.
    kinds: BTreeMap<u32, Kind>,
    /// How labels divide the nodes.
    pub topologies: Topologies,
    /// The shape of the Pod for which no node was found just now, if all that matters is known of it.
    pub current: Option<u64>,
    last: u64,
}

/// Pods that ask for the same.
#[derive(Debug)]
struct Kind {
    used: u64,
    shape: u64,
    memory: Memory,
}

impl Clone for Remembered {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Remembered {
    /// Another Pod is being placed.
    pub(super) fn forget_current(&mut self) {
        self.current = None;
    }

    /// What is known of making room for the Pod for which no node was found just now.
    pub(super) fn dry_runs(&mut self, snapshot: &Snapshot) -> Option<&mut DryRuns> {
        let (_, shape) = self.shapes.get_mut(&self.current?)?;
        shape.dry_runs.renew(snapshot.len(), snapshot.budgets.epoch);
        Some(&mut shape.dry_runs)
    }

    /// What is known of Pods like this one, taken out; it goes back with [`put`](Self::put).
    pub(super) fn take(&mut self, profile: &Profile, pod: &Arc<PodInfo>, snapshot: &Snapshot) -> (u64, Shape, Memory) {
        self.last += 1;
        let kind = self.kinds.remove(&pod.demand.number);
        let known = kind.as_ref().map(|kind| kind.shape).filter(|number| self.shapes.contains_key(number));
        let alike = || self.shapes.iter().find(|(_, (_, shape))| shape.is_of(pod)).map(|(number, _)| *number);
        let (number, shape) = match known.or_else(alike).and_then(|number| self.shapes.remove_entry(&number)) {
            Some((number, (_, shape))) => (number, shape),
            None => (self.last, Shape::new(profile, pod, snapshot)),
        };
        (number, shape, kind.map(|kind| kind.memory).unwrap_or_default())
    }

    /// Keeps what is known of Pods like this one, and forgets what was not asked for longest.
    pub(super) fn put(&mut self, pod: &PodInfo, number: u64, shape: Shape, memory: Memory) {
        let used = self.last;
        self.shapes.insert(number, (used, shape));
        self.kinds.insert(pod.demand.number, Kind { used, shape: number, memory });
        if self.shapes.len() > MAX_SHAPES {
            let oldest = self.shapes.iter().min_by_key(|(_, (used, _))| *used).map(|(number, _)| *number);
            oldest.and_then(|number| self.shapes.remove(&number));
        }
        if self.kinds.len() > MAX_KINDS {
            let oldest = self.kinds.iter().min_by_key(|(_, kind)| kind.used).map(|(number, _)| *number);
            oldest.and_then(|number| self.kinds.remove(&number));
        }
    }
}

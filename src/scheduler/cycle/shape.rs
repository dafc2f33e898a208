//! Pods of the same shape ask for the same: what was found out about a node for one of them holds for the next until the
//! node changes. With a thousand like Pods only the node that took the last one is looked at anew.
//!
//! **Invariant.** What is remembered is exactly what would be found out again, so forgetting it changes no decision. A copy
//! of the algorithm begins without memory.

use std::sync::Arc;

use crate::model::core::{NodeAffinity, PodSpec};
use crate::scheduler::framework::{CycleState, Profile, Rejection};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// So many shapes are remembered; real clusters have few at a time.
const MAX_SHAPES: usize = 8;
/// A node that will do.
const FEASIBLE: u16 = u16::MAX;

/// The shapes of the Pods that were placed last, the latest first.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: Vec<Shape>,
    is_current: bool,
}

impl Clone for Shapes {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What is known about Pods of one shape, by the number of the node.
#[derive(Debug)]
pub(super) struct Shape {
    /// One of these Pods.
    pod: Arc<PodInfo>,
    /// The change of each node up to which the rest holds; 0 where nothing is known.
    versions: Vec<u64>,
    /// For each node the number of a pattern, or [`FEASIBLE`].
    verdicts: Vec<u16>,
    patterns: Vec<(usize, Rejection)>,
    scorers: Vec<RawScores>,
}

/// What one plugin counted on each node that will do.
#[derive(Debug)]
pub(super) struct RawScores {
    plugin: usize,
    by_node: Vec<i64>,
}

impl RawScores {
    /// What it counted on the node of that number.
    pub(super) fn at(&self, node: usize) -> i64 {
        self.by_node[node]
    }
}

impl Shapes {
    /// What is known about Pods like this one; it becomes the current shape.
    pub(super) fn recall(
        &mut self,
        profile: &Profile,
        state: &mut CycleState,
        pod: &Arc<PodInfo>,
        snapshot: &Snapshot,
    ) -> &mut Shape {
        let local = profile.scorers().filter_map(|(index, plugin, _)| {
            let point = plugin.as_score().filter(|point| point.is_local())?;
            point.pre_score(state, pod, snapshot).then_some(index)
        });
        let scorers: Vec<usize> = local.collect();
        match self.known.iter().position(|shape| is_alike(&shape.pod, pod)) {
            Some(index) => self.known[..=index].rotate_right(1),
            None => {
                self.known.truncate(MAX_SHAPES - 1);
                self.known.insert(0, Shape::new(Arc::clone(pod), scorers));
            }
        }
        self.is_current = true;
        let shape = &mut self.known[0];
        shape.grow(snapshot.slots());
        shape
    }

    /// The shape of the Pod that is being placed, if it was recalled.
    pub(super) fn current(&self) -> Option<&Shape> {
        self.known.first().filter(|_| self.is_current)
    }

    /// Another Pod is being placed.
    pub(super) fn forget_current(&mut self) {
        self.is_current = false;
    }
}

impl Shape {
    fn new(pod: Arc<PodInfo>, scorers: Vec<usize>) -> Self {
        let scorers = scorers.into_iter().map(|plugin| RawScores { plugin, by_node: Vec::new() });
        Self { pod, versions: Vec::new(), verdicts: Vec::new(), patterns: Vec::new(), scorers: scorers.collect() }
    }

    fn grow(&mut self, nodes: usize) {
        if self.versions.len() < nodes {
            self.versions.resize(nodes, 0);
            self.verdicts.resize(nodes, FEASIBLE);
            for scores in &mut self.scorers {
                scores.by_node.resize(nodes, 0);
            }
        }
    }

    /// The number of the pattern by which local plugins turn the node at `place` down; `None` when none does.
    pub(super) fn rejection(
        &mut self,
        profile: &Profile,
        state: &CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        place: usize,
    ) -> Option<usize> {
        let (node, version) = snapshot.version_at(place);
        if self.versions[node] != version {
            self.versions[node] = version;
            self.verdicts[node] = self.find_out(profile, state, pod, snapshot, place, node);
        }
        let verdict = self.verdicts[node];
        (verdict != FEASIBLE).then_some(usize::from(verdict))
    }

    /// A pattern by its number: the plugin and what it said.
    pub(super) fn pattern(&self, number: usize) -> &(usize, Rejection) {
        &self.patterns[number]
    }

    /// What a plugin counted, if that is remembered.
    pub(super) fn raw_scores(&self, plugin: usize) -> Option<&RawScores> {
        self.scorers.iter().find(|scores| scores.plugin == plugin)
    }

    fn find_out(
        &mut self,
        profile: &Profile,
        state: &CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
        place: usize,
        node: usize,
    ) -> u16 {
        let info = snapshot.at(place);
        if let Err(answer) = profile.filter_local(state, pod, info) {
            let known = self.patterns.iter().position(|one| *one == answer);
            let number = known.unwrap_or_else(|| {
                self.patterns.push(answer);
                self.patterns.len() - 1
            });
            return u16::try_from(number).unwrap_or(FEASIBLE - 1);
        }
        for scores in &mut self.scorers {
            if let Some(point) = profile.plugin(scores.plugin).as_score() {
                scores.by_node[node] = point.score(state, pod, info);
            }
        }
        FEASIBLE
    }
}

/// Whether local plugins cannot tell two Pods apart.
fn is_alike(one: &PodInfo, other: &PodInfo) -> bool {
    let (a, b) = (&one.pod.spec, &other.pod.spec);
    one.requests == other.requests
        && one.non_zero == other.non_zero
        && one.host_ports == other.host_ports
        && one.pod.node_name() == other.pod.node_name()
        && a.node_selector == b.node_selector
        && a.tolerations == b.tolerations
        && node_affinity(a) == node_affinity(b)
}

fn node_affinity(spec: &PodSpec) -> Option<&NodeAffinity> {
    spec.affinity.as_ref()?.node_affinity.as_ref()
}

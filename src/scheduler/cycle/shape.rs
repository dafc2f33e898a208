//! Pods of the same shape are the same to plugins that look at one node at a time: what was found out about a node for one of
//! them holds for the next until the node changes. With a thousand like Pods only the node that took the last one is looked
//! at anew.
//!
//! **Invariant.** What is remembered is exactly what would be found out again, so forgetting it changes no decision.

use std::sync::Arc;

use crate::model::core::{NodeAffinity, PodSpec};
use crate::scheduler::framework::profile::PreFilterResult;
use crate::scheduler::framework::{CycleState, PluginSet, Profile, Rejection};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::preemption::DryRuns;
use crate::scheduler::snapshot::Snapshot;

/// A node that will do.
pub(super) const FEASIBLE: u16 = u16::MAX;

/// What is known about Pods of one shape; lists are by the place of the node in the order of search.
#[derive(Debug)]
pub(super) struct Shape {
    /// One of these Pods.
    pod: Arc<PodInfo>,
    /// What the PreFilter and PreScore plugins that look at the Pod alone have left.
    pub state: CycleState,
    /// Whether such Pods must be placed the plain way: a PreFilter plugin has turned them down or named nodes.
    pub is_plain: bool,
    /// The last Filter plugin that looks at one node at a time and has something to say.
    pub last_local: Option<usize>,
    /// For each node the number of a pattern, or [`FEASIBLE`].
    pub verdicts: Vec<u16>,
    /// Plugins with what they said.
    pub patterns: Vec<(usize, Rejection)>,
    /// The weighted scores of each node that stand for themselves.
    pub fixed: Vec<i64>,
    /// Scores that must be compared first.
    pub relative: Vec<Relative>,
    /// Where room could be made.
    pub dry_runs: DryRuns,
    /// Places of plugins and weights of scores that stand for themselves.
    absolute: Vec<(usize, i64)>,
    /// Filter plugins that look at more than one node at a time.
    wide: PluginSet,
    order_epoch: u64,
    position: u64,
}

/// Raw scores of one plugin.
#[derive(Debug)]
pub(super) struct Relative {
    /// Its place.
    pub plugin: usize,
    /// What it counted on each node that will do.
    pub raw: Vec<i64>,
}

impl Shape {
    pub(super) fn new(profile: &Profile, pod: &Arc<PodInfo>, snapshot: &Snapshot) -> Self {
        let wide = profile.those(|plugin| plugin.as_filter().is_some_and(|point| !point.is_local()));
        let mut state = CycleState::default();
        let result = profile.pre_filter_of(wide.complement(), &mut state, pod, snapshot);
        let (mut absolute, mut relative) = (Vec::new(), Vec::new());
        for (index, plugin, weight) in profile.scorers() {
            let Some(point) = plugin.as_score().filter(|point| point.is_local()) else { continue };
            if point.pre_score(&mut state, pod, snapshot, &[]) {
                match point.is_absolute() {
                    true => absolute.push((index, weight)),
                    false => relative.push(Relative { plugin: index, raw: Vec::new() }),
                }
            }
        }
        let local = profile.those(|plugin| plugin.as_filter().is_some_and(|point| point.is_local()));
        Self {
            pod: Arc::clone(pod),
            is_plain: !matches!(result, PreFilterResult::All),
            last_local: local.intersection(state.skip_filter.complement()).last(),
            state,
            verdicts: Vec::new(),
            patterns: Vec::new(),
            fixed: Vec::new(),
            relative,
            dry_runs: DryRuns::default(),
            absolute,
            wide,
            order_epoch: 0,
            position: 0,
        }
    }

    /// Whether a Pod is of this shape.
    pub(super) fn is_of(&self, pod: &PodInfo) -> bool {
        is_alike(&self.pod, pod)
    }

    /// Brings what is known up to date.
    pub(super) fn follow(&mut self, profile: &Profile, snapshot: &Snapshot) {
        let changes = snapshot.changes();
        let since = changes.since(self.position).filter(|_| self.order_epoch == snapshot.order_epoch());
        match since {
            Some(since) => {
                for (slot, _) in since {
                    if let Some(place) = snapshot.place_of(slot) {
                        self.find_out(profile, snapshot, place);
                    }
                }
            }
            None => {
                let nodes = snapshot.len();
                self.order_epoch = snapshot.order_epoch();
                self.verdicts = vec![FEASIBLE; nodes];
                self.fixed = vec![0; nodes];
                self.relative.iter_mut().for_each(|one| one.raw = vec![0; nodes]);
                self.dry_runs.forget_all();
                (0..nodes).for_each(|place| self.find_out(profile, snapshot, place));
            }
        }
        self.position = changes.position();
    }

    fn find_out(&mut self, profile: &Profile, snapshot: &Snapshot, place: usize) {
        let (pod, node) = (&self.pod, snapshot.at(place));
        self.dry_runs.forget(place);
        let skipped = self.state.skip_filter.union(self.wide);
        let answer = profile.filter_but_with_nominated(skipped, &self.state, pod, node, snapshot);
        self.verdicts[place] = match answer {
            Ok(()) => FEASIBLE,
            Err(answer) => {
                let known = self.patterns.iter().position(|one| *one == answer);
                let number = known.unwrap_or_else(|| {
                    self.patterns.push(answer);
                    self.patterns.len() - 1
                });
                u16::try_from(number).unwrap_or(FEASIBLE - 1)
            }
        };
        if self.verdicts[place] != FEASIBLE {
            return;
        }
        let score =
            |plugin: usize| profile.plugin(plugin).as_score().map_or(0, |point| point.score(&self.state, pod, node));
        self.fixed[place] = self.absolute.iter().map(|(plugin, weight)| weight * score(*plugin)).sum();
        for index in 0..self.relative.len() {
            self.relative[index].raw[place] = score(self.relative[index].plugin);
        }
    }
}

/// Whether plugins that look at one node at a time cannot tell two Pods apart.
fn is_alike(one: &PodInfo, other: &PodInfo) -> bool {
    let (a, b) = (&one.pod.spec, &other.pod.spec);
    let (first, second) = (&one.demand, &other.demand);
    let rules = |spec: &PodSpec| -> Vec<_> {
        let all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
        all.filter_map(|container| container.restart_policy_rules.clone()).collect()
    };
    first.requests == second.requests
        && first.non_zero == second.non_zero
        && first.host_ports == second.host_ports
        && one.priority() == other.priority()
        && one.scheduler_name() == other.scheduler_name()
        && a.preemption_policy == b.preemption_policy
        && a.node_selector == b.node_selector
        && a.tolerations == b.tolerations
        && node_affinity(a) == node_affinity(b)
        && rules(a) == rules(b)
}

fn node_affinity(spec: &PodSpec) -> Option<&NodeAffinity> {
    spec.affinity.as_ref()?.node_affinity.as_ref()
}

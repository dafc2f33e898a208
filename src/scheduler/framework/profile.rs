//! A profile: the plugins, in order, with the weights of those that score.
//!
//! Models `pkg/scheduler/apis/config/v1/default_plugins.go` and `pkg/scheduler/framework/runtime/framework.go`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::plugins;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::cycle_state::CycleState;
use super::event::{ClusterEvent, Hint};
use super::plugin::{Plugin, PostFilterOutcome, PreFilterOutcome, Refusal, Stage};
use super::status::Rejection;

/// Plugins of a profile, by their place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginSet(u64);

impl PluginSet {
    /// Adds one.
    pub fn insert(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    /// Whether one is in.
    #[must_use]
    pub fn contains(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    /// All that are not in.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(!self.0)
    }

    /// Those that are in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The first that is in.
    #[must_use]
    pub fn first(self) -> Option<usize> {
        (self.0 != 0).then(|| self.0.trailing_zeros() as usize)
    }

    /// The last that is in.
    #[must_use]
    pub fn last(self) -> Option<usize> {
        (self.0 != 0).then(|| 63 - self.0.leading_zeros() as usize)
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Plugins in the order in which they run.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The scheduler name that Pods ask for.
    pub scheduler_name: Arc<str>,
    /// Of how many nodes in a hundred the search may be content with; 0 adapts to their number, as Kubernetes does.
    pub percentage_of_nodes_to_score: usize,
    plugins: Vec<(Arc<dyn Plugin>, i64)>,
}

/// What the PreFilter plugins came to.
pub enum PreFilterResult {
    /// Look at all nodes.
    All,
    /// Look at these only, because these plugins said so.
    Only(BTreeSet<Arc<str>>, Vec<&'static str>),
    /// This plugin turned the Pod down.
    Rejected(usize, Rejection),
}

impl Profile {
    /// A profile of these plugins and weights; a weight of 0 is for those that do not score.
    #[must_use]
    pub fn new(scheduler_name: &str, plugins: Vec<(Arc<dyn Plugin>, i64)>) -> Self {
        Self { scheduler_name: scheduler_name.into(), percentage_of_nodes_to_score: 0, plugins }
    }

    /// The profile that a cluster has unless it is told otherwise.
    #[must_use]
    pub fn default_scheduler() -> Self {
        Self::new("default-scheduler", plugins::default_set())
    }

    /// The name of the plugin at a place.
    #[must_use]
    pub fn name_of(&self, index: usize) -> &'static str {
        self.plugins[index].0.name()
    }

    /// The plugin at a place.
    #[must_use]
    pub fn plugin(&self, index: usize) -> &dyn Plugin {
        &*self.plugins[index].0
    }

    /// The plugins in order, each with its place.
    pub fn plugins(&self) -> impl Iterator<Item = (usize, &dyn Plugin)> {
        self.plugins.iter().enumerate().map(|(index, (plugin, _))| (index, &**plugin))
    }

    /// The plugins that score, with their places and weights.
    pub fn scorers(&self) -> impl Iterator<Item = (usize, &dyn Plugin, i64)> {
        let all = self.plugins.iter().enumerate();
        all.map(|(index, (plugin, weight))| (index, &**plugin, *weight))
            .filter(|(_, plugin, weight)| *weight > 0 && plugin.as_score().is_some())
    }

    /// Whether the Pod may be queued.
    ///
    /// # Errors
    /// What holds it back.
    pub fn pre_enqueue(&self, pod: &PodInfo) -> Result<(), (usize, Rejection)> {
        for (index, plugin) in self.plugins() {
            if let Some(point) = plugin.as_pre_enqueue() {
                point.pre_enqueue(pod).map_err(|rejection| (index, rejection))?;
            }
        }
        Ok(())
    }

    /// Runs the PreFilter plugins until one turns the Pod down.
    pub fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterResult {
        self.pre_filter_of(PluginSet::default().complement(), state, pod, snapshot)
    }

    /// Runs the PreFilter plugins that are in `asked` until one turns the Pod down.
    pub fn pre_filter_of(
        &self,
        asked: PluginSet,
        state: &mut CycleState,
        pod: &PodInfo,
        snapshot: &Snapshot,
    ) -> PreFilterResult {
        let mut only: Option<BTreeSet<Arc<str>>> = None;
        let mut by = Vec::new();
        for (index, plugin) in self.plugins().filter(|(index, _)| asked.contains(*index)) {
            let Some(point) = plugin.as_pre_filter() else { continue };
            match point.pre_filter(state, pod, snapshot) {
                PreFilterOutcome::Run => {}
                PreFilterOutcome::Skip => state.skip_filter.insert(index),
                PreFilterOutcome::Reject(rejection) => return PreFilterResult::Rejected(index, rejection),
                PreFilterOutcome::Nodes(nodes) => {
                    let common = only.take().map_or_else(|| nodes.clone(), |before| &before & &nodes);
                    by.push(plugin.name());
                    if common.is_empty() {
                        return PreFilterResult::Rejected(index, Rejection::unresolvable(nothing_in_common(&mut by)));
                    }
                    only = Some(common);
                }
            }
        }
        by.sort_unstable();
        only.map_or(PreFilterResult::All, |nodes| PreFilterResult::Only(nodes, by))
    }

    /// Runs the Filter plugins on a node until one turns it down.
    ///
    /// # Errors
    /// The place of that plugin, and why.
    pub fn filter(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), (usize, Rejection)> {
        self.filter_but(state.skip_filter, state, pod, node)
    }

    /// Runs the Filter plugins that are not in `skipped` on a node until one turns it down.
    ///
    /// # Errors
    /// The place of that plugin, and why.
    pub fn filter_but(
        &self,
        skipped: PluginSet,
        state: &CycleState,
        pod: &PodInfo,
        node: &NodeInfo,
    ) -> Result<(), (usize, Rejection)> {
        for (index, (plugin, _)) in self.plugins.iter().enumerate() {
            if let Some(point) = plugin.as_filter()
                && !skipped.contains(index)
            {
                point.filter(state, pod, node).map_err(|rejection| (index, rejection))?;
            }
        }
        Ok(())
    }

    /// The plugins for which this holds.
    #[must_use]
    pub fn those(&self, holds: impl Fn(&dyn Plugin) -> bool) -> PluginSet {
        let mut set = PluginSet::default();
        self.plugins().filter(|(_, plugin)| holds(*plugin)).for_each(|(index, _)| set.insert(index));
        set
    }

    /// Runs the Filter plugins on a node, first with the Pods for which room is being made there, then without.
    ///
    /// # Errors
    /// The place of the plugin that turned the node down, and why.
    pub fn filter_with_nominated(
        &self,
        state: &CycleState,
        pod: &PodInfo,
        node: &NodeInfo,
        snapshot: &Snapshot,
    ) -> Result<(), (usize, Rejection)> {
        self.filter_but_with_nominated(state.skip_filter, state, pod, node, snapshot)
    }

    /// The same with the Filter plugins that are not in `skipped`.
    ///
    /// # Errors
    /// The place of the plugin that turned the node down, and why.
    pub fn filter_but_with_nominated(
        &self,
        skipped: PluginSet,
        state: &CycleState,
        pod: &PodInfo,
        node: &NodeInfo,
        snapshot: &Snapshot,
    ) -> Result<(), (usize, Rejection)> {
        let matters = |other: &&Arc<PodInfo>| other.priority() >= pod.priority() && other.uid != pod.uid;
        let nominated = snapshot.nominated_on(&node.name);
        if nominated.iter().any(|other| matters(&other)) {
            let (mut state, mut node) = (state.clone(), node.clone());
            for other in nominated.iter().filter(matters) {
                node.add_pod(Arc::clone(other));
                self.add_pod(&mut state, pod, other, &node);
            }
            self.filter_but(skipped, &state, pod, &node)?;
        }
        self.filter_but(skipped, state, pod, node)
    }

    /// Tells the PreFilter plugins that a Pod was added to a node.
    pub fn add_pod(&self, state: &mut CycleState, pod: &PodInfo, added: &PodInfo, node: &NodeInfo) {
        for (_, plugin) in self.plugins() {
            if let Some(point) = plugin.as_pre_filter() {
                point.add_pod(state, pod, added, node);
            }
        }
    }

    /// Tells the PreFilter plugins that a Pod was taken from a node.
    pub fn remove_pod(&self, state: &mut CycleState, pod: &PodInfo, removed: &PodInfo, node: &NodeInfo) {
        for (_, plugin) in self.plugins() {
            if let Some(point) = plugin.as_pre_filter() {
                point.remove_pod(state, pod, removed, node);
            }
        }
    }

    /// Asks the PostFilter plugins until one finds room or fails; the texts of the others are joined.
    #[must_use]
    pub fn post_filter(&self, stage: &Stage<'_>) -> PostFilterOutcome {
        let (mut texts, mut is_nomination_kept) = (Vec::new(), false);
        for (_, plugin) in self.plugins() {
            let Some(point) = plugin.as_post_filter() else { continue };
            match point.post_filter(stage) {
                PostFilterOutcome::Unschedulable(refusal) => {
                    texts.push(refusal.text);
                    is_nomination_kept |= refusal.is_nomination_kept;
                }
                other => return other,
            }
        }
        PostFilterOutcome::Unschedulable(Refusal { text: texts.join(", "), is_nomination_kept })
    }

    /// Whether `event` may help a Pod that the plugins in `rejected_by` turned down.
    #[must_use]
    pub fn may_help(&self, event: &ClusterEvent, pod: &PodInfo, rejected_by: PluginSet) -> bool {
        let concerned = self.plugins().filter(|(index, _)| rejected_by.contains(*index));
        concerned.filter_map(|(_, plugin)| plugin.as_enqueue()).any(|point| point.hint(event, pod) == Hint::Queue)
    }
}

fn nothing_in_common(by: &mut [&'static str]) -> String {
    by.sort_unstable();
    match by {
        [only] => format!("node(s) didn't satisfy plugin {only}"),
        _ => format!("node(s) didn't satisfy plugin(s) [{}] simultaneously", by.join(" ")),
    }
}

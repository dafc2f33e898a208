//! The extension points. A plugin implements those it has something to say at, and points at them in [`Plugin`].

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use crate::model::{Object, ObjectKey};
use crate::scheduler::counts::{Mask, View};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::preemption::{Candidate, DryRuns};
use crate::scheduler::snapshot::Snapshot;

use super::cycle_state::CycleState;
use super::diagnosis::Diagnosis;
use super::event::{ClusterEvent, Hint};
use super::profile::Profile;
use super::status::Rejection;

/// A plugin: its name and the points at which it has a say.
pub trait Plugin: Debug + Send + Sync {
    /// As configuration and messages name it.
    fn name(&self) -> &'static str;
    /// Whether a Pod may enter the queue at all.
    fn as_pre_enqueue(&self) -> Option<&dyn PreEnqueue> {
        None
    }
    /// What is the same for every node.
    fn as_pre_filter(&self) -> Option<&dyn PreFilter> {
        None
    }
    /// Whether a node will do.
    fn as_filter(&self) -> Option<&dyn Filter> {
        None
    }
    /// What to do when no node will.
    fn as_post_filter(&self) -> Option<&dyn PostFilter> {
        None
    }
    /// How well a node will do.
    fn as_score(&self) -> Option<&dyn Score> {
        None
    }
    /// What is set aside on the chosen node.
    fn as_reserve(&self) -> Option<&dyn Reserve> {
        None
    }
    /// What must be done before the Pod is bound.
    fn as_pre_bind(&self) -> Option<&dyn PreBind> {
        None
    }
    /// What it says of all nodes at once.
    fn as_bulk(&self) -> Option<&dyn Bulk> {
        None
    }
    /// Which events may make a Pod schedulable that this plugin turned down.
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        None
    }
}

/// Holds Pods back from the queue.
pub trait PreEnqueue {
    /// # Errors
    /// Why the Pod must wait; no event tells it.
    fn pre_enqueue(&self, pod: &PodInfo) -> Result<(), Rejection>;
}

/// Looks at the Pod once per cycle.
pub trait PreFilter {
    /// Works out what the filter of this plugin needs.
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome;
    /// Preemption, or a nominated Pod, adds a Pod to a node.
    fn add_pod(&self, state: &mut CycleState, pod: &PodInfo, added: &PodInfo, node: &NodeInfo) {
        let _ = (state, pod, added, node);
    }
    /// Preemption takes a Pod from a node.
    fn remove_pod(&self, state: &mut CycleState, pod: &PodInfo, removed: &PodInfo, node: &NodeInfo) {
        let _ = (state, pod, removed, node);
    }
}

/// What a [`PreFilter`] found.
#[derive(Clone, Debug)]
pub enum PreFilterOutcome {
    /// The filter of this plugin has nothing to say about this Pod.
    Skip,
    /// Look at the nodes.
    Run,
    /// Look at these nodes only.
    Nodes(BTreeSet<Arc<str>>),
    /// No node will do.
    Reject(Rejection),
}

/// Looks at one node.
pub trait Filter {
    /// # Errors
    /// Why the node will not do.
    fn filter(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection>;
    /// Whether it looks at nothing but this node and, of the Pod, its requests, host ports, tolerations, node selector, node
    /// affinity, node name, priority and containers; so that its answer holds for Pods of the same shape until the node
    /// changes.
    fn is_local(&self) -> bool {
        false
    }
}

/// Is asked when no node will do.
pub trait PostFilter {
    /// Looks for a way out.
    fn post_filter(&self, stage: &Stage<'_>) -> PostFilterOutcome;
}

/// What a [`PostFilter`] may look at.
pub struct Stage<'a> {
    /// The profile that turned the Pod down.
    pub profile: &'a Profile,
    /// What the PreFilter plugins left, as far as they came.
    pub state: &'a CycleState,
    /// The Pod.
    pub pod: &'a Arc<PodInfo>,
    /// The cluster.
    pub snapshot: &'a Snapshot,
    /// Which node said what.
    pub diagnosis: &'a Diagnosis,
    /// A number to begin a search of the nodes at.
    pub offset: usize,
    /// What is known already of making room for Pods like this one.
    pub dry_runs: Option<&'a RefCell<DryRuns>>,
}

impl Stage<'_> {
    /// The state with what plugins leave in PreFilter that had no need of it so far.
    #[must_use]
    pub fn complete_state(&self) -> CycleState {
        let mut state = self.state.clone();
        if state.is_partial {
            state = CycleState::default();
            self.profile.pre_filter(&mut state, self.pod, self.snapshot);
        }
        state
    }
}

/// What a [`PostFilter`] came to.
#[derive(Clone, Debug)]
pub enum PostFilterOutcome {
    /// Room can be made.
    Room(Candidate),
    /// No way out.
    Unschedulable(Refusal),
    /// The plugin itself failed; no other is asked.
    Error(String),
}

/// No way out, and what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// What goes into the message.
    pub text: String,
    /// Whether a node on which room is being made for the Pod stays promised to it.
    pub is_nomination_kept: bool,
}

/// Scores feasible nodes.
pub trait Score {
    /// Whether there is anything to score for this Pod; `feasible` are the places of the nodes that will do.
    fn pre_score(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot, feasible: &[usize]) -> bool {
        let _ = (state, pod, snapshot, feasible);
        true
    }
    /// The raw score of a node.
    fn score(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64;
    /// Whether the raw score looks at no more than a local [`Filter`] does.
    fn is_local(&self) -> bool {
        false
    }
    /// Brings raw scores, one for each feasible node, into 0 to 100.
    fn normalize(&self, state: &CycleState, scores: &mut [i64]) {
        let _ = (state, scores);
    }
    /// Whether [`normalize`](Self::normalize) leaves them as they are.
    fn is_absolute(&self) -> bool {
        false
    }
}

/// Says of all nodes at once, from counts that are kept up to date, exactly what PreFilter, Filter and Score of the plugin
/// say of each.
pub trait Bulk {
    /// What Filter says, domain by domain. The first mask with an answer counts.
    fn masks(&self, view: &mut View<'_>) -> Vec<Mask> {
        let _ = view;
        Vec::new()
    }
    /// Adds `weight` times the normalised score of each feasible node to its total.
    fn score(&self, view: &mut View<'_>, feasible: &[usize], weight: i64, totals: &mut [i64]) {
        let _ = (view, feasible, weight, totals);
    }
}

/// Sets something aside on the chosen node.
pub trait Reserve {
    /// Sets it aside.
    fn reserve(&self, pod: &PodInfo, node: &NodeInfo, volumes: &mut crate::scheduler::volumes::Volumes) -> VolumeWork;
    /// Gives it back.
    fn unreserve(&self, work: &VolumeWork, volumes: &mut crate::scheduler::volumes::Volumes);
}

/// What must be written, and waited for, before a Pod is bound.
#[derive(Clone, Debug, Default)]
pub struct VolumeWork {
    /// Volumes and claims as they shall be.
    pub updates: Vec<Object>,
    /// Volumes that are set aside.
    pub assumed: Vec<Arc<str>>,
    /// Claims that must be bound first.
    pub awaited: Vec<ObjectKey>,
}

/// Waits for something before a Pod is bound.
pub trait PreBind {
    /// Whether it has come about.
    fn is_done(&self, work: &VolumeWork, volumes: &crate::scheduler::volumes::Volumes) -> bool;
}

/// Knows which events help.
pub trait Enqueue {
    /// Whether `event` may make `pod` schedulable, which this plugin turned down.
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint;
}

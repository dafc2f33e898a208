//! The question itself: whether a Pod, possibly a changed copy, would pass every filter on a node, possibly a changed copy.
//! What is the same for all nodes is worked out once per copy of the Pod.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::Pod;
use crate::scheduler::framework::profile::PreFilterResult;
use crate::scheduler::framework::{CycleState, Profile};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::Counterfactual;

/// A Pod that waits, and the cluster.
pub(super) struct Question<'a> {
    pub profile: &'a Profile,
    pub snapshot: &'a Snapshot,
    pub pod: &'a Arc<PodInfo>,
    asked: Asked,
}

/// What the PreFilter plugins said of a Pod.
pub(super) struct Asked {
    pub state: CycleState,
    only: Option<BTreeSet<Arc<str>>>,
    rejected: Option<String>,
}

impl<'a> Question<'a> {
    pub(super) fn new(profile: &'a Profile, snapshot: &'a Snapshot, pod: &'a Arc<PodInfo>) -> Self {
        let asked = ask(profile, snapshot, pod);
        Self { profile, snapshot, pod, asked }
    }

    /// What the PreFilter plugins said of the Pod as it is.
    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Whether the Pod as it is would pass on a node, possibly a changed copy.
    pub(super) fn fits(&self, node: &NodeInfo) -> bool {
        self.asked.is_open(node)
            && self.profile.filter_with_nominated(&self.asked.state, self.pod, node, self.snapshot).is_ok()
    }

    /// Whether the Pod would pass on a node if another Pod were not there.
    pub(super) fn fits_without(&self, other: &PodInfo, node: &NodeInfo) -> bool {
        let (mut state, mut without) = (self.asked.state.clone(), node.clone());
        without.remove_pod(&other.uid);
        self.profile.remove_pod(&mut state, self.pod, other, &without);
        self.asked.is_open(node)
            && self.profile.filter_with_nominated(&state, self.pod, &without, self.snapshot).is_ok()
    }

    /// The nodes that would take a changed copy of the Pod.
    pub(super) fn everywhere(&self, pod: &PodInfo) -> Vec<Arc<str>> {
        let asked = ask(self.profile, self.snapshot, pod);
        let takes = |node: &&Arc<NodeInfo>| {
            asked.is_open(node) && self.profile.filter_with_nominated(&asked.state, pod, node, self.snapshot).is_ok()
        };
        self.snapshot.nodes().filter(takes).map(|node| Arc::clone(&node.name)).collect()
    }

    /// Whether a changed copy of the Pod would pass on a node.
    pub(super) fn takes(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        self.asked.is_open(node)
            && self.profile.filter_with_nominated(&self.asked.state, pod, node, self.snapshot).is_ok()
    }

    /// What keeps the Pod from every node before any is looked at.
    pub(super) fn held_back(&self) -> Option<String> {
        self.asked.rejected.clone()
    }

    /// A changed copy of the Pod.
    pub(super) fn changed(&self, change: impl FnOnce(&mut Pod)) -> PodInfo {
        let mut pod = (*self.pod.pod).clone();
        change(&mut pod);
        PodInfo::new(Arc::new(pod))
    }

    pub(super) fn without_claims(&self, reason: String) -> Option<Counterfactual> {
        let nodes = self.everywhere(&self.changed(|pod| pod.spec_mut().volumes = None));
        (!nodes.is_empty()).then_some(Counterfactual::WithClaimsBound { reason, nodes })
    }
}

impl Asked {
    fn is_open(&self, node: &NodeInfo) -> bool {
        self.rejected.is_none() && self.only.as_ref().is_none_or(|only| only.contains(&node.name))
    }
}

fn ask(profile: &Profile, snapshot: &Snapshot, pod: &PodInfo) -> Asked {
    let mut state = CycleState::default();
    let (only, rejected) = match profile.pre_filter(&mut state, pod, snapshot) {
        PreFilterResult::All => (None, None),
        PreFilterResult::Only(nodes, _) => (Some(nodes), None),
        PreFilterResult::Rejected(_, rejection) => (None, Some(rejection.message())),
    };
    Asked { state, only, rejected }
}

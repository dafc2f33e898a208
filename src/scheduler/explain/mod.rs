//! What would have to be different for a Pod to find a node: the filters are run again on changed copies, so every answer
//! has been tried.
//!
//! Answers are few, whatever the size of the cluster: nodes that would take the Pod for the same reason make one answer.
//!
//! Reading order: this file, `sentence`, `question`, `pod_changes`, `node_changes`.

mod node_changes;
mod pod_changes;
mod question;
mod sentence;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::component::Scheduler;
use super::framework::Profile;
use super::pod_info::PodInfo;
use super::snapshot::Snapshot;

use question::Question;

/// One difference that would let the Pod in. `Display` says it in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counterfactual {
    /// It may be looked at only after its gates are gone.
    WithoutGates {
        /// The gates.
        gates: Vec<String>,
    },
    /// It asks for no more of each resource than is left.
    RequestAtMost {
        /// The node.
        node: Arc<str>,
        /// Each resource with the amount, as one would write it.
        amounts: Vec<(String, String)>,
    },
    /// It tolerates taints.
    Tolerating {
        /// The taints, as kubectl writes them.
        taints: Vec<String>,
        /// Where it would fit.
        nodes: Vec<Arc<str>>,
    },
    /// A node is uncordoned.
    Uncordoned {
        /// The node.
        node: Arc<str>,
    },
    /// A node has labels.
    Labelled {
        /// The node.
        node: Arc<str>,
        /// The labels, as `key=value`.
        labels: Vec<String>,
    },
    /// It does not insist on labels of its node.
    WithoutSelector {
        /// Where it would fit.
        nodes: Vec<Arc<str>>,
    },
    /// It bears a greater difference between domains.
    MaxSkewAtLeast {
        /// The label that names the domains.
        key: String,
        /// The least difference that is enough.
        skew: i32,
        /// Where it would fit.
        nodes: Vec<Arc<str>>,
    },
    /// It does not insist on the company, or the absence, of other Pods.
    WithoutPodAffinity {
        /// Whether it wants to be away.
        is_anti: bool,
        /// The label that names the place.
        key: String,
        /// Where it would fit.
        nodes: Vec<Arc<str>>,
    },
    /// It does not want ports of its node.
    WithoutHostPorts {
        /// The ports.
        ports: Vec<i32>,
        /// Where it would fit.
        nodes: Vec<Arc<str>>,
    },
    /// Another Pod is gone.
    AfterDeleting {
        /// The Pod, as `namespace/name`.
        pod: String,
        /// Where it would fit.
        node: Arc<str>,
    },
    /// It is more important than others, which would have to go.
    PriorityAbove {
        /// The greatest priority of those that would go.
        priority: i32,
        /// Where it would fit.
        node: Arc<str>,
        /// Who would go, as `namespace/name`.
        victims: Vec<String>,
    },
    /// It has no claims to wait for.
    WithClaimsBound {
        /// What keeps it back now.
        reason: String,
        /// Where it would fit.
        nodes: Vec<Arc<str>>,
    },
}

impl Scheduler {
    /// What would let a waiting Pod in; empty when it is not waiting here, when it fits already, or when no single
    /// difference helps.
    #[must_use]
    pub fn counterfactuals(&self, namespace: &str, name: &str) -> Vec<Counterfactual> {
        let waiting = self.queue().iter().map(|queued| &queued.info);
        let mut named = waiting.filter(|pod| pod.namespace() == namespace && pod.name() == name);
        named.next().map_or_else(Vec::new, |pod| {
            let profile = self.profiles().of(pod).unwrap_or(self.profiles().first());
            explain(profile, self.snapshot(), pod)
        })
    }
}

/// What would let `pod` in.
#[must_use]
pub fn explain(profile: &Profile, snapshot: &Snapshot, pod: &Arc<PodInfo>) -> Vec<Counterfactual> {
    let mut snapshot = snapshot.clone();
    snapshot.refresh();
    let gates: Vec<String> = pod.pod.spec.scheduling_gates.iter().flatten().map(|gate| gate.name.clone()).collect();
    if !gates.is_empty() {
        return vec![Counterfactual::WithoutGates { gates }];
    }
    let question = Question::new(profile, &snapshot, pod);
    if let Some(reason) = question.held_back() {
        return question.without_claims(reason).into_iter().collect();
    }
    if snapshot.nodes().any(|node| question.fits(node)) {
        return Vec::new();
    }
    let mut found: BTreeSet<Counterfactual> = BTreeSet::new();
    found.extend(question.smaller());
    found.extend(question.tolerant());
    found.extend(question.uncordoned());
    found.extend(question.labelled());
    found.extend(question.without_selector());
    found.extend(question.skewed());
    found.extend(question.without_pod_affinity());
    found.extend(question.without_host_ports());
    found.extend(question.after_deleting());
    found.extend(question.more_important());
    found.into_iter().collect()
}

#[cfg(test)]
mod tests;

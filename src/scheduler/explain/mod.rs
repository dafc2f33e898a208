//! What would have to be different for a Pod to find a node: the filters are run again on changed copies, so every answer
//! has been tried.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::model::Pod;
use crate::model::core::{NodeSelectorRequirement, Taint, Toleration};
use crate::model::quantity::Quantity;
use crate::model::toleration::taint_text;

use super::component::Scheduler;
use super::framework::profile::PreFilterResult;
use super::framework::{CycleState, Profile};
use super::node_info::NodeInfo;
use super::plugins::node_resources_fit::shortages;
use super::plugins::node_unschedulable::TAINT_KEY;
use super::plugins::taint_toleration::untolerated;
use super::pod_info::PodInfo;
use super::snapshot::Snapshot;

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
    /// Another Pod is gone.
    AfterDeleting {
        /// The Pod, as `namespace/name`.
        pod: String,
        /// Where it would fit.
        node: Arc<str>,
    },
    /// It has no claims to wait for.
    WithClaimsBound {
        /// What keeps it back now.
        reason: String,
        /// Where it would fit.
        nodes: Vec<Arc<str>>,
    },
}

impl fmt::Display for Counterfactual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutGates { gates } => {
                write!(f, "it would be looked at if its scheduling gates were removed: {}", gates.join(", "))
            }
            Self::RequestAtMost { node, amounts } => {
                let amounts: Vec<_> = amounts.iter().map(|(name, amount)| format!("{name} ≤ {amount}")).collect();
                write!(f, "it would fit {node} if it requested {}", amounts.join(" and "))
            }
            Self::Tolerating { taints, nodes } => {
                write!(f, "it would fit {} if it tolerated {}", list(nodes), taints.join(" and "))
            }
            Self::Uncordoned { node } => write!(f, "it would fit {node} if {node} were uncordoned"),
            Self::Labelled { node, labels } => {
                write!(f, "it would fit {node} if {node} had the label {}", labels.join(" and "))
            }
            Self::WithoutSelector { nodes } => {
                write!(f, "it would fit {} if it did not ask for labels of its node", list(nodes))
            }
            Self::AfterDeleting { pod, node } => write!(f, "it would fit {node} after deleting {pod}"),
            Self::WithClaimsBound { reason, nodes } => {
                write!(f, "it would fit {} if its claims were bound; now: {reason}", list(nodes))
            }
        }
    }
}

impl Scheduler {
    /// What would let a waiting Pod in; empty when it is not waiting here, when it fits already, or when no single
    /// difference helps.
    #[must_use]
    pub fn counterfactuals(&self, namespace: &str, name: &str) -> Vec<Counterfactual> {
        let waiting = self.queue().iter().map(|queued| &queued.info);
        let mut named = waiting.filter(|pod| pod.namespace() == namespace && pod.name() == name);
        named.next().map_or_else(Vec::new, |pod| explain(self.profile(), self.snapshot(), pod))
    }
}

/// What would let `pod` in.
#[must_use]
pub fn explain(profile: &Profile, snapshot: &Snapshot, pod: &Arc<PodInfo>) -> Vec<Counterfactual> {
    let mut snapshot = snapshot.clone();
    snapshot.refresh();
    let question = Question { profile, snapshot: &snapshot, pod };
    let gates: Vec<String> = pod.pod.spec.scheduling_gates.iter().flatten().map(|gate| gate.name.clone()).collect();
    if !gates.is_empty() {
        return vec![Counterfactual::WithoutGates { gates }];
    }
    if let Some(reason) = question.held_back() {
        return question.without_claims(reason).into_iter().collect();
    }
    if snapshot.nodes().any(|node| question.fits(pod, node)) {
        return Vec::new();
    }
    let mut found: BTreeSet<Counterfactual> = BTreeSet::new();
    found.extend(question.smaller());
    found.extend(question.tolerant());
    found.extend(snapshot.nodes().filter_map(|node| question.uncordoned(node)));
    found.extend(snapshot.nodes().filter_map(|node| question.labelled(node)));
    found.extend(question.without_selector());
    found.extend(snapshot.nodes().filter_map(|node| question.after_deleting(node)));
    found.into_iter().collect()
}

/// How much would have to be given up, on which node, and what would be left of each resource.
type Offer = (i64, Arc<str>, Vec<(String, i64)>);

struct Question<'a> {
    profile: &'a Profile,
    snapshot: &'a Snapshot,
    pod: &'a Arc<PodInfo>,
}

impl Question<'_> {
    /// Whether a Pod, possibly a changed copy, would pass every filter on a node, possibly a changed copy.
    fn fits(&self, pod: &PodInfo, node: &NodeInfo) -> bool {
        let mut state = CycleState::default();
        let is_open = match self.profile.pre_filter(&mut state, pod, self.snapshot) {
            PreFilterResult::All => true,
            PreFilterResult::Only(nodes, _) => nodes.contains(&node.name),
            PreFilterResult::Rejected(..) => false,
        };
        is_open && self.profile.filter_with_nominated(&state, pod, node, self.snapshot).is_ok()
    }

    /// Whether the Pod would pass every filter on a node if another Pod were not there.
    fn fits_without(&self, other: &PodInfo, node: &NodeInfo) -> bool {
        let (mut state, mut without) = (CycleState::default(), node.clone());
        without.remove_pod(&other.uid);
        if !matches!(self.profile.pre_filter(&mut state, self.pod, self.snapshot), PreFilterResult::All) {
            return false;
        }
        self.profile.remove_pod(&mut state, self.pod, other, &without);
        self.profile.filter_with_nominated(&state, self.pod, &without, self.snapshot).is_ok()
    }

    fn everywhere(&self, pod: &PodInfo) -> Vec<Arc<str>> {
        self.snapshot.nodes().filter(|node| self.fits(pod, node)).map(|node| Arc::clone(&node.name)).collect()
    }

    fn changed(&self, change: impl FnOnce(&mut Pod)) -> PodInfo {
        let mut pod = (*self.pod.pod).clone();
        change(&mut pod);
        PodInfo::new(Arc::new(pod))
    }

    /// What keeps the Pod from every node before any is looked at.
    fn held_back(&self) -> Option<String> {
        match self.profile.pre_filter(&mut CycleState::default(), self.pod, self.snapshot) {
            PreFilterResult::Rejected(_, rejection) => Some(rejection.message()),
            _ => None,
        }
    }

    fn without_claims(&self, reason: String) -> Option<Counterfactual> {
        let free = self.changed(|pod| pod.spec_mut().volumes = None);
        let nodes = self.everywhere(&free);
        (!nodes.is_empty()).then_some(Counterfactual::WithClaimsBound { reason, nodes })
    }

    /// The node where the least would have to be given up; only what falls short there is named.
    fn smaller(&self) -> Option<Counterfactual> {
        let offers = self.snapshot.nodes().filter_map(|node| self.smaller_on(node));
        let (_, node, amounts) = offers.min_by_key(|(given_up, ..)| *given_up)?;
        let shown = amounts.into_iter().map(|(name, amount)| {
            let text = amount_text(&name, amount);
            (name, text)
        });
        Some(Counterfactual::RequestAtMost { node, amounts: shown.collect() })
    }

    /// How much would have to be given up on this node, in thousandths of what was asked for.
    fn smaller_on(&self, node: &Arc<NodeInfo>) -> Option<Offer> {
        let (mut smaller, mut amounts, mut given_up) = ((**self.pod).clone(), Vec::new(), 0);
        for shortage in shortages(self.pod, node) {
            if shortage.free <= 0 {
                return None;
            }
            let wanted = self.pod.requests.amount(shortage.resource);
            given_up += (i128::from(wanted - shortage.free) * 1_000 / i128::from(wanted.max(1))) as i64;
            smaller.requests.set(shortage.resource, shortage.free);
            amounts.push((shortage.resource.to_owned(), shortage.free));
        }
        (!amounts.is_empty() && self.fits(&smaller, node)).then(|| (given_up, Arc::clone(&node.name), amounts))
    }

    /// For each set of taints that keeps the Pod from some node, and nothing else does.
    fn tolerant(&self) -> Vec<Counterfactual> {
        let not_cordon = |taint: &&Taint| taint.key != TAINT_KEY;
        let sets = self.snapshot.nodes().map(|node| untolerated(self.pod, node).filter(not_cordon).cloned().collect());
        let mut distinct: Vec<Vec<Taint>> = Vec::new();
        for set in sets.filter(|set: &Vec<Taint>| !set.is_empty()) {
            if !distinct.contains(&set) {
                distinct.push(set);
            }
        }
        let tried = distinct.into_iter().map(|taints| {
            let tolerations = taints.iter().map(toleration_of);
            let tolerant = self.changed(|pod| {
                pod.spec_mut().tolerations.get_or_insert_default().extend(tolerations);
            });
            let nodes = self.everywhere(&tolerant);
            Counterfactual::Tolerating { taints: taints.iter().map(taint_text).collect(), nodes }
        });
        tried.filter(|one| !matches!(one, Counterfactual::Tolerating { nodes, .. } if nodes.is_empty())).collect()
    }

    fn uncordoned(&self, node: &Arc<NodeInfo>) -> Option<Counterfactual> {
        let object = node.node.as_ref().filter(|_| node.is_unschedulable)?;
        let mut open = (**object).clone();
        if let Some(spec) = &mut open.spec {
            spec.unschedulable = None;
            spec.taints.get_or_insert_default().retain(|taint| taint.key != TAINT_KEY);
        }
        let mut info = (**node).clone();
        info.set_node(Arc::new(open));
        self.fits(self.pod, &info).then(|| Counterfactual::Uncordoned { node: Arc::clone(&node.name) })
    }

    fn labelled(&self, node: &Arc<NodeInfo>) -> Option<Counterfactual> {
        let object = node.node.as_ref()?;
        let lacking: Vec<(String, String)> =
            self.wanted_labels().into_iter().filter(|(key, value)| node.labels().get(key) != Some(value)).collect();
        let mut labelled = (**object).clone();
        labelled.metadata.labels.get_or_insert_default().extend(lacking.iter().cloned());
        let mut info = (**node).clone();
        info.set_node(Arc::new(labelled));
        let labels = lacking.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let helps = !lacking.is_empty() && self.fits(self.pod, &info);
        helps.then(|| Counterfactual::Labelled { node: Arc::clone(&node.name), labels })
    }

    /// Labels that the selector asks for, or the first term of the required affinity with the first value of each list.
    fn wanted_labels(&self) -> Vec<(String, String)> {
        let spec = &self.pod.pod.spec;
        let mut wanted: Vec<(String, String)> =
            spec.node_selector.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let required = affinity.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref());
        let term = required.and_then(|required| required.node_selector_terms.first());
        wanted.extend(term.and_then(|term| term.match_expressions.as_ref()).into_iter().flatten().filter_map(label_of));
        wanted
    }

    fn without_selector(&self) -> Option<Counterfactual> {
        let spec = &self.pod.pod.spec;
        let has_affinity = spec.affinity.as_ref().is_some_and(|affinity| affinity.node_affinity.is_some());
        let has_selector = spec.node_selector.as_ref().is_some_and(|selector| !selector.is_empty());
        if !has_affinity && !has_selector {
            return None;
        }
        let nodes = self.everywhere(&self.changed(|pod| {
            let spec = pod.spec_mut();
            spec.node_selector = None;
            if let Some(affinity) = &mut spec.affinity {
                affinity.node_affinity = None;
            }
        }));
        (!nodes.is_empty()).then_some(Counterfactual::WithoutSelector { nodes })
    }

    /// The smallest single Pod on a node whose going would be enough.
    fn after_deleting(&self, node: &Arc<NodeInfo>) -> Option<Counterfactual> {
        let mut candidates: Vec<&Arc<PodInfo>> = node.pods.iter().collect();
        candidates.sort_by_key(|pod| (pod.requests.milli_cpu, pod.requests.memory, pod.full_name()));
        let pod = candidates.iter().find(|other| self.fits_without(other, node))?;
        Some(Counterfactual::AfterDeleting { pod: pod.full_name(), node: Arc::clone(&node.name) })
    }
}

fn label_of(expression: &NodeSelectorRequirement) -> Option<(String, String)> {
    let value = match expression.operator.as_str() {
        "In" => expression.values.as_ref()?.first()?.clone(),
        "Exists" => String::new(),
        _ => return None,
    };
    Some((expression.key.clone(), value))
}

fn toleration_of(taint: &Taint) -> Toleration {
    Toleration {
        key: Some(taint.key.clone()),
        operator: Some("Equal".into()),
        value: taint.value.clone(),
        effect: Some(taint.effect.clone()),
        ..Toleration::default()
    }
}

/// An amount as one would write it in a manifest.
fn amount_text(resource: &str, amount: i64) -> String {
    match resource {
        "cpu" => Quantity::from_milli(amount).to_string(),
        "memory" | "ephemeral-storage" => Quantity::from_bytes(amount).to_string(),
        _ => amount.to_string(),
    }
}

/// `node-1`, `node-1 and node-2`, `node-1, node-2 and 3 more`.
fn list(nodes: &[Arc<str>]) -> String {
    match nodes {
        [] => "no node".to_owned(),
        [only] => only.to_string(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests;

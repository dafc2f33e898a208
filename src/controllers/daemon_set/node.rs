//! Which nodes a DaemonSet means.
//!
//! Models `pkg/controller/daemon/daemon_controller.go`, `NodeShouldRunDaemonPod`.

use crate::client::Delta;
use crate::model::apps::DaemonSet;
use crate::model::core::{Node, PodSpec, Toleration};
use crate::model::node_selector::NodeTerms;
use crate::model::{Meta, Resource, toleration};

use super::pods;

/// Whether a Pod of the set belongs on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Runs,
    /// None is started there, and one that is there may stay: a taint that only keeps newcomers away.
    Stays,
    /// It does not.
    Not,
}

/// Whether a Pod of `set` belongs on `node`.
#[must_use]
pub fn fit(set: &DaemonSet, node: &Node) -> Fit {
    let Some(spec) = set.spec.as_ref().and_then(|spec| spec.template.spec.as_ref()) else { return Fit::Not };
    let is_named = spec.node_name.as_deref().is_none_or(|name| name.is_empty() || name == node.metadata.name());
    if !is_named || !is_selected(spec, node) {
        return Fit::Not;
    }
    let tolerations = pods::tolerations(spec);
    match (tolerates(&tolerations, node, "NoExecute"), tolerates(&tolerations, node, "NoSchedule")) {
        (true, true) => Fit::Runs,
        (true, false) => Fit::Stays,
        (false, _) => Fit::Not,
    }
}

fn is_selected(spec: &PodSpec, node: &Node) -> bool {
    let labels = node.metadata.label_map();
    let selected = spec.node_selector.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    selected
        && required.is_none_or(|terms| NodeTerms::new(&terms.node_selector_terms).matches(node.metadata.name(), labels))
}

fn tolerates(tolerations: &[Toleration], node: &Node, effect: &str) -> bool {
    let mut taints =
        node.spec.iter().flat_map(|spec| spec.taints.iter().flatten()).filter(|taint| taint.effect == effect);
    taints.all(|taint| toleration::is_tolerated(tolerations, taint))
}

/// Whether a change of a node may change where Pods belong. Source: `shouldIgnoreNodeUpdate`.
#[must_use]
pub fn matters(delta: &Delta) -> bool {
    let (Some(old), Some(new)) = (delta.old.as_ref().and_then(Node::of), delta.new.as_ref().and_then(Node::of)) else {
        return true;
    };
    let taints = |node: &Node| node.spec.as_ref().and_then(|spec| spec.taints.clone());
    old.metadata.labels != new.metadata.labels || taints(old) != taints(new)
}

//! The taints that a node's conditions bring about.
//!
//! Models `pkg/controller/nodelifecycle`, `doNoScheduleTaintingPass` and `SwapNodeControllerTaint`.

use crate::engine::SimTime;
use crate::model::core::{Node, Taint};
use crate::model::node::NodeExt;
use crate::model::time;

use super::health::{Readiness, readiness};

/// The node reports that it is not ready. Source: `core/v1/well_known_taints.go`.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The node does not report.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Conditions that keep Pods away while they are True, and their taints.
const PRESSURES: [(&str, &str); 4] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
];

/// What happens to the taints that evict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Evict {
    /// They stay as they are.
    #[default]
    AsIs,
    /// The one of this key is set, the other taken off.
    With(&'static str),
    /// Both are taken off.
    Off,
}

/// The key of the evicting taint that belongs to a readiness.
#[must_use]
pub fn evicting_key(readiness: Readiness) -> Option<&'static str> {
    match readiness {
        Readiness::True => None,
        Readiness::False => Some(NOT_READY),
        Readiness::Unknown => Some(UNREACHABLE),
    }
}

/// The other of the two evicting keys.
#[must_use]
pub fn opposite(key: &str) -> &'static str {
    if key == NOT_READY { UNREACHABLE } else { NOT_READY }
}

/// Whether the node has this taint with effect NoExecute.
#[must_use]
pub fn has_evicting(node: &Node, key: &str) -> bool {
    node.taints().iter().any(|taint| taint.key == key && taint.effect == "NoExecute")
}

/// The taints that a node should have; `None` when it has them. New ones come last.
#[must_use]
pub fn wanted(node: &Node, evict: Evict, now: SimTime) -> Option<Vec<Taint>> {
    let keep_away = keep_away(node);
    let ours = |key: &str| {
        [NOT_READY, UNREACHABLE, UNSCHEDULABLE].contains(&key) || PRESSURES.iter().any(|(_, taint)| *taint == key)
    };
    let stays = |taint: &&Taint| match taint.effect.as_str() {
        "NoSchedule" if ours(&taint.key) => keep_away.contains(&taint.key.as_str()),
        "NoExecute" if [NOT_READY, UNREACHABLE].contains(&taint.key.as_str()) => match evict {
            Evict::AsIs => true,
            Evict::With(key) => taint.key == key,
            Evict::Off => false,
        },
        _ => true,
    };
    let mut taints: Vec<Taint> = node.taints().iter().filter(stays).cloned().collect();
    let mut add = |key: &str, effect: &str| {
        if !taints.iter().any(|taint| taint.key == key && taint.effect == effect) {
            let (key, effect) = (key.to_owned(), effect.to_owned());
            taints.push(Taint { key, effect, time_added: Some(time::time(now)), value: None });
        }
    };
    keep_away.iter().for_each(|key| add(key, "NoSchedule"));
    if let Evict::With(key) = evict {
        add(key, "NoExecute");
    }
    (taints != node.taints()).then_some(taints)
}

/// Why no Pod should be put on the node: the keys of its NoSchedule taints.
fn keep_away(node: &Node) -> Vec<&'static str> {
    let mut keys = Vec::new();
    match node.condition("Ready").map(|_| readiness(node)) {
        Some(Readiness::False) => keys.push(NOT_READY),
        Some(Readiness::Unknown) => keys.push(UNREACHABLE),
        _ => {}
    }
    let is_true = |type_: &str| node.condition(type_).is_some_and(|condition| condition.status == "True");
    keys.extend(PRESSURES.iter().filter(|(type_, _)| is_true(type_)).map(|(_, taint)| *taint));
    if node.is_unschedulable() {
        keys.push(UNSCHEDULABLE);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::core::{NodeCondition, NodeSpec, NodeStatus};

    fn node(ready: &str, pressure: &str, unschedulable: bool) -> Node {
        let condition = |type_: &str, status: &str| NodeCondition {
            type_: type_.into(),
            status: status.into(),
            ..NodeCondition::default()
        };
        let conditions = Some(vec![condition("Ready", ready), condition("MemoryPressure", pressure)]);
        Node {
            spec: Some(NodeSpec { unschedulable: Some(unschedulable), ..NodeSpec::default() }),
            status: Some(NodeStatus { conditions, ..NodeStatus::default() }),
            ..Node::default()
        }
    }

    fn shown(taints: Option<Vec<Taint>>) -> Vec<String> {
        taints.iter().flatten().map(|taint| format!("{}:{}", taint.key, taint.effect)).collect()
    }

    #[test]
    fn conditions_bring_taints_and_take_them_away() {
        assert_eq!(wanted(&node("True", "False", false), Evict::AsIs, SimTime::ZERO), None);
        let mut lost = node("Unknown", "Unknown", true);
        let taints = wanted(&lost, Evict::With(UNREACHABLE), SimTime::ZERO);
        assert_eq!(
            shown(taints.clone()),
            [
                "node.kubernetes.io/unreachable:NoSchedule",
                "node.kubernetes.io/unschedulable:NoSchedule",
                "node.kubernetes.io/unreachable:NoExecute"
            ]
        );
        lost = node("True", "True", false);
        lost.spec.get_or_insert_default().taints = taints;
        let taints = wanted(&lost, Evict::Off, SimTime::ZERO);
        assert_eq!(shown(taints), ["node.kubernetes.io/memory-pressure:NoSchedule"]);
    }

    #[test]
    fn taints_of_others_stay() {
        let mut node = node("False", "False", false);
        let own = Taint { key: "gpu".into(), effect: "NoExecute".into(), ..Taint::default() };
        node.spec.get_or_insert_default().taints = Some(vec![own]);
        let taints = wanted(&node, Evict::AsIs, SimTime::ZERO);
        assert_eq!(shown(taints), ["gpu:NoExecute", "node.kubernetes.io/not-ready:NoSchedule"]);
    }
}

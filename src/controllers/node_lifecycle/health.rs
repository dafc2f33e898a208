//! When a node was last heard of, and what its conditions say when that is too long ago.
//!
//! Models `pkg/controller/nodelifecycle/node_lifecycle_controller.go`, `tryUpdateNodeHealth`.

use crate::engine::{SimDuration, SimTime};
use crate::model::coordination::Lease;
use crate::model::core::{Node, NodeCondition};
use crate::model::metav1::{MicroTime, Time};
use crate::model::node::NodeExt;
use crate::model::{Meta, time};

/// How long a node may be silent. Source: `cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go`.
pub const MONITOR_GRACE: SimDuration = SimDuration::from_secs(50);
/// How long one may be that has never reported.
pub const STARTUP_GRACE: SimDuration = SimDuration::from_secs(60);
/// The conditions that become Unknown, in the order in which missing ones are added.
const CONDITIONS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// What is remembered of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    heartbeat: Option<Time>,
    has_condition: bool,
    renewed: Option<MicroTime>,
    /// When this controller last saw a sign of life, by its own clock.
    pub probed_at: SimTime,
}

/// The status of a node's Ready condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Readiness {
    /// `True`.
    True,
    /// `False`.
    False,
    /// `Unknown`, or no condition at all.
    Unknown,
}

/// The readiness that the node's status tells.
#[must_use]
pub fn readiness(node: &Node) -> Readiness {
    match node.condition("Ready").map(|condition| condition.status.as_str()) {
        Some("True") => Readiness::True,
        Some("False") => Readiness::False,
        _ => Readiness::Unknown,
    }
}

impl Health {
    /// What is known of a node after another look at it and its lease.
    #[must_use]
    pub fn observed(before: Option<&Self>, node: &Node, lease: Option<&Lease>, now: SimTime) -> Self {
        let condition = node.condition("Ready");
        let heartbeat = condition.and_then(|condition| condition.last_heartbeat_time.clone());
        let has_condition = condition.is_some();
        let probed_at = match before {
            // A node that never reported is counted from its birth.
            None if !has_condition => node.metadata.created_at(),
            None => now,
            Some(before) if before.has_condition != has_condition => now,
            Some(before) if has_condition && before.heartbeat != heartbeat => now,
            Some(before) => before.probed_at,
        };
        let seen = before.and_then(|before| before.renewed.clone());
        let renewed = lease.and_then(|lease| lease.spec.as_ref()?.renew_time.clone());
        let is_renewed = renewed.as_ref().is_some_and(|renewed| seen.as_ref().is_none_or(|seen| seen.0 < renewed.0));
        let probed_at = if is_renewed { now } else { probed_at };
        Self { heartbeat, has_condition, renewed: renewed.or(seen), probed_at }
    }

    /// Whether the node has been silent for too long.
    #[must_use]
    pub fn is_overdue(&self, now: SimTime) -> bool {
        let grace = if self.has_condition { MONITOR_GRACE } else { STARTUP_GRACE };
        now > self.probed_at + grace
    }
}

/// The node with conditions that say that it is not heard of; `None` when its Ready condition says so already.
#[must_use]
pub fn silent(node: &Node, now: SimTime) -> Option<Node> {
    if node.condition("Ready").is_some_and(|condition| condition.status == "Unknown") {
        return None;
    }
    let mut silent = node.clone();
    let conditions = silent.status.get_or_insert_default().conditions.get_or_insert_default();
    for type_ in CONDITIONS {
        match conditions.iter_mut().find(|condition| condition.type_ == type_) {
            None => conditions.push(NodeCondition {
                type_: type_.to_owned(),
                status: "Unknown".to_owned(),
                reason: Some("NodeStatusNeverUpdated".to_owned()),
                message: Some("Kubelet never posted node status.".to_owned()),
                last_heartbeat_time: node.metadata.creation_timestamp.clone(),
                last_transition_time: Some(time::time(now)),
            }),
            Some(condition) if condition.status != "Unknown" => {
                condition.status = "Unknown".to_owned();
                condition.reason = Some("NodeStatusUnknown".to_owned());
                condition.message = Some("Kubelet stopped posting node status.".to_owned());
                condition.last_transition_time = Some(time::time(now));
            }
            Some(_) => {}
        }
    }
    Some(silent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coordination::LeaseSpec;
    use crate::model::core::NodeStatus;

    fn node(heartbeat: u64) -> Node {
        let ready = NodeCondition {
            type_: "Ready".into(),
            status: "True".into(),
            last_heartbeat_time: Some(time::time(SimTime::from_secs(heartbeat))),
            ..NodeCondition::default()
        };
        let status = NodeStatus { conditions: Some(vec![ready]), ..NodeStatus::default() };
        Node { status: Some(status), ..Node::default() }
    }

    fn lease(renewed: u64) -> Lease {
        let spec =
            LeaseSpec { renew_time: Some(time::micro_time(SimTime::from_secs(renewed))), ..LeaseSpec::default() };
        Lease { spec: Some(spec), ..Lease::default() }
    }

    #[test]
    fn a_lease_or_a_status_is_a_sign_of_life() {
        let at = SimTime::from_secs;
        let first = Health::observed(None, &node(1), Some(&lease(1)), at(10));
        let second = Health::observed(Some(&first), &node(1), Some(&lease(11)), at(15));
        assert_eq!(second.probed_at, at(15));
        let third = Health::observed(Some(&second), &node(1), Some(&lease(11)), at(60));
        assert_eq!(third.probed_at, at(15));
        assert!(!third.is_overdue(at(65)));
        assert!(third.is_overdue(at(66)));
        let fourth = Health::observed(Some(&third), &node(300), Some(&lease(11)), at(70));
        assert!(!fourth.is_overdue(at(70)));
    }

    #[test]
    fn a_node_that_never_reported_has_a_minute() {
        let health = Health::observed(None, &Node::default(), None, SimTime::from_secs(5));
        assert!(!health.is_overdue(SimTime::from_secs(60)));
        assert!(health.is_overdue(SimTime::from_secs(61)));
        let silent = silent(&Node::default(), SimTime::from_secs(61)).unwrap();
        let reasons: Vec<_> =
            silent.status.unwrap().conditions.unwrap().into_iter().filter_map(|condition| condition.reason).collect();
        assert_eq!(reasons, ["NodeStatusNeverUpdated"; 4]);
    }
}

//! Accessors of the Node.

use k8s_openapi::api::core::v1::{Node, NodeCondition, Taint};

/// What the rest of the house asks of a Node.
pub trait NodeExt {
    /// The condition of that type.
    fn condition(&self, type_: &str) -> Option<&NodeCondition>;
    /// Whether its Ready condition is True.
    fn is_ready(&self) -> bool;
    /// Whether it was cordoned.
    fn is_unschedulable(&self) -> bool;
    /// Its taints.
    fn taints(&self) -> &[Taint];
}

impl NodeExt for Node {
    fn condition(&self, type_: &str) -> Option<&NodeCondition> {
        self.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == type_)
    }

    fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|condition| condition.status == "True")
    }

    fn is_unschedulable(&self) -> bool {
        self.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true))
    }

    fn taints(&self) -> &[Taint] {
        self.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
    }
}

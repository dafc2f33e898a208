//! TaintNodesByCondition: a new Node takes no Pods before it has said that it is ready.
//!
//! Source: `plugin/pkg/admission/nodetaint/admission.go`.

use crate::model::core::{Node, Taint};

const NOT_READY: &str = "node.kubernetes.io/not-ready";

pub(super) fn admit(node: &mut Node) {
    let taints = node.spec.get_or_insert_default().taints.get_or_insert_default();
    if taints.iter().all(|taint| taint.key != NOT_READY || taint.effect != "NoSchedule") {
        taints.push(Taint { key: NOT_READY.into(), effect: "NoSchedule".into(), ..Taint::default() });
    }
}

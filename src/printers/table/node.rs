//! Rows of Nodes.

use std::collections::BTreeSet;

use super::{Column, NONE, age, column, name, text_or, wide};
use crate::engine::SimTime;
use crate::model::core::Node;
use crate::model::node::NodeExt;
use crate::model::{Meta, metav1};

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Status"),
    column("Roles"),
    column("Age"),
    column("Version"),
    wide("Internal-IP"),
    wide("External-IP"),
    wide("OS-Image"),
    wide("Kernel-Version"),
    wide("Container-Runtime"),
];

/// Labels whose key begins so name a role of the node.
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
/// The older label whose value names a role.
const ROLE_LABEL: &str = "kubernetes.io/role";
/// What stands where the kubelet has not reported yet.
const UNKNOWN: &str = "<unknown>";

pub(super) fn cells(node: &Node, now: SimTime) -> Vec<String> {
    let info = node.status.as_ref().and_then(|status| status.node_info.as_ref());
    let text = |field: fn(&crate::model::core::NodeSystemInfo) -> &String| info.map(|info| field(info).as_str());
    let kernel = match (text(|info| &info.kernel_version), text(|info| &info.architecture)) {
        (Some(kernel), Some(architecture)) if !kernel.is_empty() && !architecture.is_empty() => {
            format!("{kernel} ({architecture})")
        }
        (kernel, _) => text_or(kernel, UNKNOWN),
    };
    vec![
        name(&node.metadata),
        status(node),
        text_or(Some(&roles(&node.metadata).join(",")), NONE),
        age(&node.metadata, now),
        text_or(text(|info| &info.kubelet_version), ""),
        address(node, "InternalIP"),
        address(node, "ExternalIP"),
        text_or(text(|info| &info.os_image), UNKNOWN),
        kernel,
        text_or(text(|info| &info.container_runtime_version), UNKNOWN),
    ]
}

fn status(node: &Node) -> String {
    let ready = match node.condition("Ready") {
        Some(condition) if condition.status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    if node.is_unschedulable() { format!("{ready},SchedulingDisabled") } else { ready.to_owned() }
}

fn address(node: &Node, type_: &str) -> String {
    let mut addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
    let found = addresses.find(|address| address.type_ == type_);
    found.map_or_else(|| NONE.into(), |address| address.address.clone())
}

/// The role that a label gives, if it gives one.
fn role_of<'a>((key, value): (&'a str, &'a str)) -> Option<&'a str> {
    match key.strip_prefix(ROLE_PREFIX) {
        Some("") => None,
        Some(role) => Some(role),
        None => (key == ROLE_LABEL && !value.is_empty()).then_some(value),
    }
}

/// The roles of a node, sorted.
#[must_use]
pub fn roles(meta: &metav1::ObjectMeta) -> Vec<&str> {
    let labels = meta.label_map().iter().map(|(key, value)| (key.as_str(), value.as_str()));
    labels.filter_map(role_of).collect::<BTreeSet<_>>().into_iter().collect()
}

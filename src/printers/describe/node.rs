//! Nodes.

use super::node_resources;
use super::related::{NODE_LEASES, Related};
use super::text::{Text, or_none};
use crate::model::coordination::Lease;
use crate::model::core::{Node, NodeStatus};
use crate::model::node::NodeExt;
use crate::model::{Meta, Pod, metav1};
use crate::printers::date::{rfc1123, rfc1123_micro};
use crate::printers::table::node_roles;

pub(super) fn describe(text: &mut Text, node: &Node, related: &Related<'_>) {
    let meta = &node.metadata;
    text.field(0, "Name", meta.name());
    text.field(0, "Roles", or_none(&node_roles(meta).join(",")));
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    text.field(0, "CreationTimestamp", rfc1123(meta.creation_timestamp.as_ref()));
    text.taints(node.taints());
    text.field(0, "Unschedulable", node.is_unschedulable());
    let own_lease = |lease: &&std::sync::Arc<Lease>| {
        lease.metadata.namespace() == NODE_LEASES && lease.metadata.name() == meta.name()
    };
    match related.of::<Lease>().find(own_lease) {
        Some(lease) => describe_lease(text, lease),
        None => {
            let missing = format!("leases.coordination.k8s.io \"{}\" not found", meta.name());
            text.field(0, "Lease", format_args!("Failed to get lease: {missing}"));
        }
    }
    let status = node.status.clone().unwrap_or_default();
    conditions(text, &status);
    text.line(0, "Addresses:");
    for address in status.addresses.iter().flatten() {
        text.field(1, &address.type_, &address.address);
    }
    for (title, resources) in [("Capacity", &status.capacity), ("Allocatable", &status.allocatable)] {
        if let Some(resources) = resources.as_ref().filter(|resources| !resources.is_empty()) {
            text.line(0, format_args!("{title}:"));
            for (resource, amount) in resources {
                text.field(1, resource, &amount.0);
            }
        }
    }
    system_info(text, &status);
    let spec = node.spec.clone().unwrap_or_default();
    text.optional(0, "PodCIDR", spec.pod_cidr.as_deref());
    text.optional(0, "PodCIDRs", spec.pod_cidrs.map(|all| all.join(",")).as_deref());
    text.optional(0, "ProviderID", spec.provider_id.as_deref());
    let here = |pod: &&std::sync::Arc<Pod>| pod.node_name() == meta.name() && !pod.is_terminal();
    let pods: Vec<_> = related.of::<Pod>().filter(here).collect();
    node_resources::describe(text, &status, &pods);
}

/// When the kubelet last said that it lives.
fn describe_lease(text: &mut Text, lease: &Lease) {
    let spec = lease.spec.clone().unwrap_or_default();
    let time = |at: Option<&metav1::MicroTime>| at.map_or_else(|| "<unset>".into(), rfc1123_micro);
    text.line(0, "Lease:");
    text.field(1, "HolderIdentity", spec.holder_identity.as_deref().unwrap_or("<unset>"));
    text.field(1, "AcquireTime", time(spec.acquire_time.as_ref()));
    text.field(1, "RenewTime", time(spec.renew_time.as_ref()));
}

fn conditions(text: &mut Text, status: &NodeStatus) {
    let Some(conditions) = status.conditions.as_ref().filter(|conditions| !conditions.is_empty()) else { return };
    text.line(0, "Conditions:");
    text.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
    text.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for condition in conditions {
        let heartbeat = rfc1123(condition.last_heartbeat_time.as_ref());
        let transition = rfc1123(condition.last_transition_time.as_ref());
        let reason = condition.reason.as_deref().unwrap_or_default();
        let message = condition.message.as_deref().unwrap_or_default();
        let (type_, holds) = (&condition.type_, &condition.status);
        text.line(1, format_args!("{type_} \t{holds} \t{heartbeat} \t{transition} \t{reason} \t{message}"));
    }
}

fn system_info(text: &mut Text, status: &NodeStatus) {
    let info = status.node_info.clone().unwrap_or_default();
    text.line(0, "System Info:");
    for (name, value) in [
        ("Machine ID", info.machine_id),
        ("System UUID", info.system_uuid),
        ("Boot ID", info.boot_id),
        ("Kernel Version", info.kernel_version),
        ("OS Image", info.os_image),
        ("Operating System", info.operating_system),
        ("Architecture", info.architecture),
        ("Container Runtime Version", info.container_runtime_version),
        ("Kubelet Version", info.kubelet_version),
    ] {
        text.field(1, name, value);
    }
}

//! Pods.

use super::text::{Text, or_none};
use super::{container, volume};
use crate::model::core::{Container, PodSpec};
use crate::model::selector::format_typed;
use crate::model::{Meta, Pod, metav1};
use crate::printers::date::rfc1123;

pub(super) fn describe(text: &mut Text, pod: &Pod) {
    head(text, pod);
    state(text, pod);
    let spec = pod.whole_spec();
    if let Some(resources) = &spec.resources {
        text.line(0, "Resources:");
        container::resources(text, resources, 1);
    }
    let status = &pod.status;
    if let Some(containers) = spec.init_containers.as_deref().filter(|containers| !containers.is_empty()) {
        container::describe(text, "Init Containers", containers, status.init_container_statuses.as_deref(), Some(pod));
    }
    container::describe(text, "Containers", &spec.containers, status.container_statuses.as_deref(), Some(pod));
    if let Some(containers) = spec.ephemeral_containers.as_deref().filter(|containers| !containers.is_empty()) {
        let containers: Vec<Container> = containers.iter().map(plain_container).collect();
        let statuses = status.ephemeral_container_statuses.as_deref();
        container::describe(text, "Ephemeral Containers", &containers, statuses, Some(pod));
    }
    conditions(text, pod);
    volume::describe(text, spec.volumes.as_deref(), "");
    text.field(0, "QoS Class", status.qos_class.as_deref().unwrap_or_default());
    text.labels("Node-Selectors", spec.node_selector.as_ref());
    text.tolerations("Tolerations", spec.tolerations.as_deref());
    spread(text, &spec, "");
}

fn head(text: &mut Text, pod: &Pod) {
    let spec = &pod.spec;
    text.field(0, "Name", pod.metadata.name());
    text.field(0, "Namespace", pod.metadata.namespace());
    if let Some(priority) = spec.priority {
        text.field(0, "Priority", priority);
    }
    text.optional(0, "Priority Class Name", spec.priority_class_name.as_deref());
    text.optional(0, "Runtime Class Name", spec.runtime_class_name.as_deref());
    text.optional(0, "Service Account", spec.service_account_name.as_deref());
    match pod.node_name() {
        "" => text.field(0, "Node", "<none>"),
        node => text.field(0, "Node", format_args!("{node}/{}", pod.status.host_ip.as_deref().unwrap_or_default())),
    }
    if let Some(at) = &pod.status.start_time {
        text.field(0, "Start Time", rfc1123(Some(at)));
    }
    text.labels("Labels", pod.metadata.labels.as_ref());
    text.annotations("Annotations", pod.metadata.annotations.as_ref());
}

fn state(text: &mut Text, pod: &Pod) {
    if pod.is_terminal() {
        text.field(0, "Status", pod.phase());
    } else {
        text.status(&pod.metadata, pod.phase());
        if pod.metadata.is_terminating() {
            let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
            text.field(0, "Termination Grace Period", format_args!("{grace}s"));
        }
    }
    text.optional(0, "Reason", pod.status.reason.as_deref());
    text.optional(0, "Message", pod.status.message.as_deref());
    let profile = pod.spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    if let Some(profile) = profile {
        text.field(0, "SeccompProfile", &profile.type_);
        text.optional(0, "LocalhostProfile", profile.localhost_profile.as_deref());
    }
    text.field(0, "IP", pod.ip());
    match pod.status.pod_ips.as_deref().filter(|ips| !ips.is_empty()) {
        None => text.field(0, "IPs", "<none>"),
        Some(ips) => {
            text.line(0, "IPs:");
            ips.iter().for_each(|ip| text.field(1, "IP", &ip.ip));
        }
    }
    controlled_by(text, &pod.metadata);
    text.optional(0, "NominatedNodeName", pod.status.nominated_node_name.as_deref());
}

/// Who manages the object, if anyone does.
pub(super) fn controlled_by(text: &mut Text, meta: &metav1::ObjectMeta) {
    if let Some(owner) = meta.controller() {
        text.field(0, "Controlled By", format_args!("{}/{}", owner.kind, owner.name));
    }
}

fn conditions(text: &mut Text, pod: &Pod) {
    let gates = pod.spec.readiness_gates.as_deref().unwrap_or_default();
    if !gates.is_empty() {
        text.line(0, "Readiness Gates:");
        text.line(1, "Type\tStatus");
        for gate in gates {
            let status = pod.condition(&gate.condition_type).map_or("", |condition| condition.status.as_str());
            text.line(1, format_args!("{} \t{} ", gate.condition_type, or_none(status)));
        }
    }
    let conditions = pod.status.conditions.as_deref().unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus");
        for condition in conditions {
            text.line(1, format_args!("{} \t{} ", condition.type_, condition.status));
        }
    }
}

/// How the Pods of a group are to be spread.
pub(super) fn spread(text: &mut Text, spec: &PodSpec, space: &str) {
    let mut constraints: Vec<_> = spec.topology_spread_constraints.iter().flatten().collect();
    if constraints.is_empty() {
        return;
    }
    constraints.sort_by_key(|constraint| &constraint.topology_key);
    let line = |constraint: &crate::model::core::TopologySpreadConstraint| {
        let (key, otherwise, skew) = (&constraint.topology_key, &constraint.when_unsatisfiable, constraint.max_skew);
        let selector = constraint.label_selector.as_ref();
        let selector = selector.map_or_else(String::new, |it| format!(" for selector {}", format_typed(Some(it))));
        format!("{key}:{otherwise} when max skew {skew} is exceeded{selector}")
    };
    text.multiline(&format!("{space}Topology Spread Constraints"), constraints.into_iter().map(line));
}

/// An ephemeral container has the fields of an ordinary one and is described like one.
fn plain_container(ephemeral: &crate::model::core::EphemeralContainer) -> Container {
    let ephemeral = ephemeral.clone();
    Container {
        name: ephemeral.name,
        image: ephemeral.image,
        command: ephemeral.command,
        args: ephemeral.args,
        env: ephemeral.env,
        env_from: ephemeral.env_from,
        ports: ephemeral.ports,
        resources: ephemeral.resources,
        security_context: ephemeral.security_context,
        volume_mounts: ephemeral.volume_mounts,
        volume_devices: ephemeral.volume_devices,
        ..Container::default()
    }
}

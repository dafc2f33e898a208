//! Rows of Pods.

use super::{Column, NONE, age, column, name, text_or, wide};
use crate::engine::SimTime;
use crate::model::Pod;
use crate::printers::PodSummary;

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Ready"),
    column("Status"),
    column("Restarts"),
    column("Age"),
    wide("IP"),
    wide("Node"),
    wide("Nominated Node"),
    wide("Readiness Gates"),
];

pub(super) fn cells(pod: &Pod, now: SimTime) -> Vec<String> {
    let summary = PodSummary::of(pod);
    let pod_ip = pod.status.pod_ips.iter().flatten().next().map_or_else(|| pod.ip(), |ip| ip.ip.as_str());
    vec![
        name(&pod.metadata),
        format!("{}/{}", summary.ready, summary.containers),
        summary.status.clone(),
        summary.restarts_text(now),
        age(&pod.metadata, now),
        text_or(Some(pod_ip), NONE),
        text_or(Some(pod.node_name()), NONE),
        text_or(pod.status.nominated_node_name.as_deref(), NONE),
        readiness_gates(pod),
    ]
}

fn readiness_gates(pod: &Pod) -> String {
    let gates = pod.spec.readiness_gates.as_deref().unwrap_or_default();
    if gates.is_empty() {
        return NONE.into();
    }
    let open = |gate: &&crate::model::core::PodReadinessGate| {
        pod.condition(&gate.condition_type).is_some_and(|condition| condition.status == "True")
    };
    format!("{}/{}", gates.iter().filter(open).count(), gates.len())
}

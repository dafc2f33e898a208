//! Marks: what the words of a cluster mean to the eye. One place decides what is good, on its way, worth a look, broken.

use crate::model::core::Node;
use crate::model::node::NodeExt;
use crate::model::{Meta, Pod};
use crate::printers::PodSummary;

use super::theme::Meaning;

/// A Pod's word of the STATUS column, and what it means.
#[must_use]
pub fn pod(pod: &Pod) -> (String, Meaning) {
    let summary = PodSummary::of(pod);
    let meaning = match summary.status.as_str() {
        "Running" if summary.ready < summary.containers => Meaning::Busy,
        "Pending" if pod.node_name().is_empty() => Meaning::Warning,
        other => word(other),
    };
    (summary.status, meaning)
}

/// What a word of a status column means.
#[must_use]
pub fn word(status: &str) -> Meaning {
    match status {
        "Running" | "Ready" | "Bound" | "Active" | "Available" | "Normal" => Meaning::Good,
        "Pending" | "ContainerCreating" | "PodInitializing" | "Released" | "NotReady" => Meaning::Busy,
        "Completed" | "Succeeded" | "Terminating" => Meaning::Gone,
        "Warning" | "SchedulingGated" | "Unknown" | "Lost" => Meaning::Warning,
        other if other.starts_with("Init:") && other.contains('/') => Meaning::Busy,
        other if other.starts_with("Ready,") => Meaning::Warning,
        other if other.starts_with("NotReady") => Meaning::Bad,
        other if is_failure(other) => Meaning::Bad,
        _ => Meaning::Text,
    }
}

fn is_failure(status: &str) -> bool {
    ["Err", "BackOff", "Fail", "OOMKilled", "Error", "Evicted", "Signal:", "ExitCode:", "Invalid", "NodeLost"]
        .iter()
        .any(|part| status.contains(part))
}

/// What a Node's conditions say: `Ready`, `NotReady`, with `SchedulingDisabled` behind it when it is cordoned.
#[must_use]
pub fn node(node: &Node) -> (String, Meaning) {
    let ready = match node.condition("Ready").map(|condition| condition.status.as_str()) {
        Some("True") => "Ready",
        Some("Unknown") | None => "NotReady",
        Some(_) => "NotReady",
    };
    let meaning = match (ready, node.is_unschedulable()) {
        ("Ready", false) => Meaning::Good,
        ("Ready", true) => Meaning::Warning,
        _ => Meaning::Bad,
    };
    let status = if node.is_unschedulable() { format!("{ready},SchedulingDisabled") } else { ready.to_owned() };
    (status, meaning)
}

/// Whether a Pod is on its way out.
#[must_use]
pub fn is_leaving(pod: &Pod) -> bool {
    pod.metadata.is_terminating()
}

/// The annotation of the mirror of a static Pod. Source: `pkg/kubelet/types/pod_update.go`, `ConfigMirrorAnnotationKey`.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Whether a Pod is a component of the control plane that its kubelet runs from a file: the masters' rows show it better.
#[must_use]
pub fn is_static(pod: &Pod) -> bool {
    pod.metadata.annotation(MIRROR).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_an_operator_takes_them_for() {
        let meanings = [
            "Running",
            "CrashLoopBackOff",
            "ImagePullBackOff",
            "Init:0/2",
            "Init:Error",
            "Completed",
            "Ready,SchedulingDisabled",
        ];
        let expected =
            [Meaning::Good, Meaning::Bad, Meaning::Bad, Meaning::Busy, Meaning::Bad, Meaning::Gone, Meaning::Warning];
        assert_eq!(meanings.map(word), expected);
    }
}

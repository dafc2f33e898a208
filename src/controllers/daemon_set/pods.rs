//! What a Pod of a DaemonSet is.
//!
//! Models `pkg/controller/daemon/util/daemonset_util.go`.

use crate::controllers::history::LABEL;
use crate::controllers::pod_template::PodTemplate;
use crate::model::apps::DaemonSet;
use crate::model::core::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Toleration,
};
use crate::model::{Kind, Meta, Pod};

/// Source: `extensions.DaemonSetTemplateGenerationKey`, `apps.DeprecatedTemplateGeneration`.
const GENERATION_LABEL: &str = "pod-template-generation";
const GENERATION: &str = "deprecated.daemonset.template.generation";

/// What every Pod of a DaemonSet puts up with, in the order in which it is added.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
const NETWORK: (&str, &str) = ("node.kubernetes.io/network-unavailable", "NoSchedule");

/// The tolerations of a Pod with this spec.
#[must_use]
pub fn tolerations(spec: &PodSpec) -> Vec<Toleration> {
    let mut all = spec.tolerations.clone().unwrap_or_default();
    let network = (spec.host_network == Some(true)).then_some(NETWORK);
    for (key, effect) in TOLERATED.into_iter().chain(network) {
        let toleration = Toleration {
            key: Some(key.into()),
            operator: Some("Exists".into()),
            effect: Some(effect.into()),
            ..Toleration::default()
        };
        if !all.contains(&toleration) {
            all.push(toleration);
        }
    }
    all
}

/// The Pod of `set` for a node, of the revision with this hash.
#[must_use]
pub fn pod(set: &DaemonSet, node: &str, hash: &str) -> Pod {
    let template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    let mut pod = PodTemplate::new(&template, Kind::DaemonSet, &set.metadata).pod();
    let labels = pod.metadata.labels.get_or_insert_default();
    labels.insert(LABEL.into(), hash.to_owned());
    if let Some(generation) = set.metadata.annotation(GENERATION) {
        labels.insert(GENERATION_LABEL.into(), generation.to_owned());
    }
    let spec = pod.spec_mut();
    spec.tolerations = Some(tolerations(spec));
    pin(spec, node);
    pod
}

/// Replaces what the Pod requires of nodes by their very name. Source: `ReplaceDaemonSetPodNodeNameNodeAffinity`.
fn pin(spec: &mut PodSpec, node: &str) {
    let name = NodeSelectorRequirement {
        key: "metadata.name".into(),
        operator: "In".into(),
        values: Some(vec![node.to_owned()]),
    };
    let affinity: &mut Affinity = spec.affinity.get_or_insert_default();
    let nodes: &mut NodeAffinity = affinity.node_affinity.get_or_insert_default();
    let required = nodes.required_during_scheduling_ignored_during_execution.get_or_insert_with(NodeSelector::default);
    if required.node_selector_terms.is_empty() {
        required.node_selector_terms.push(NodeSelectorTerm::default());
    }
    for term in &mut required.node_selector_terms {
        term.match_fields = Some(vec![name.clone()]);
    }
    // Source: the old terms are replaced whole, since they were looked at when the node was chosen.
    required.node_selector_terms = vec![NodeSelectorTerm { match_fields: Some(vec![name]), match_expressions: None }];
}

/// The node that a Pod is for, bound or not.
#[must_use]
pub fn node_of(pod: &Pod) -> Option<&str> {
    if !pod.node_name().is_empty() {
        return Some(pod.node_name());
    }
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let terms = &affinity.required_during_scheduling_ignored_during_execution.as_ref()?.node_selector_terms;
    let fields = terms.iter().flat_map(|term| term.match_fields.iter().flatten());
    let named = fields.filter(|field| field.key == "metadata.name");
    named.flat_map(|field| field.values.iter().flatten()).next().map(String::as_str)
}

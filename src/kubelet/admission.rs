//! Admission on the node: the kubelet's own last check before it takes a Pod.
//!
//! Models `pkg/kubelet/lifecycle/predicate.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::EventType;
use crate::model::core::Node;
use crate::model::node_selector::NodeTerms;
use crate::model::resources::Resources;
use crate::model::toleration::is_tolerated;
use crate::model::{Meta, Pod, Quantity};

use super::pod_worker::{Ending, PodWorker, Source};
use super::shared::Scope;

/// Why a Pod is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `OutOfcpu`, `NodeAffinity`…
    pub reason: String,
    /// The sentence.
    pub message: String,
}

/// Whether a Pod may run here beside `others`.
///
/// # Errors
/// The reason and message of its refusal.
pub fn admit<'a>(
    worker: &PodWorker,
    others: impl Iterator<Item = &'a PodWorker> + Clone,
    scope: &Scope<'_, '_>,
) -> Result<(), Refusal> {
    let pod = &worker.pod;
    fits(&worker.requests, others.clone(), &scope.shared.config.allocatable)?;
    if let Some(node) = scope.node() {
        matches_node(pod, node)?;
        let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
        let is_static = matches!(worker.source, Source::File { .. });
        let tolerations = pod.spec.tolerations.as_deref().unwrap_or_default();
        let repels = taints.iter().any(|taint| taint.effect == "NoExecute" && !is_tolerated(tolerations, taint));
        if repels && !is_static {
            return Err(predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate"));
        }
    }
    free_ports(pod, others.map(|other| &other.pod))
}

fn predicate(name: &str, why: &str) -> Refusal {
    Refusal { reason: name.to_owned(), message: format!("Predicate {name} failed: {why}") }
}

/// Whether there is room for `wanted` beside `others`.
///
/// # Errors
/// `OutOfcpu` and its like.
pub(super) fn fits<'a>(
    wanted: &Resources,
    others: impl Iterator<Item = &'a PodWorker>,
    allocatable: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    let mut used = Resources::default();
    let mut count = 0;
    for other in others {
        used.add(&other.requests);
        count += 1;
    }
    for (name, text) in allocatable {
        let Ok(capacity) = Quantity::parse(text) else { continue };
        let capacity = if name == "cpu" { capacity.milli_value() } else { capacity.value() };
        let (requested, used) = if name == "pods" { (1, count) } else { (wanted.amount(name), used.amount(name)) };
        if requested > 0 && used + requested > capacity {
            let message = format!(
                "Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}"
            );
            return Err(Refusal { reason: format!("OutOf{name}"), message });
        }
    }
    Ok(())
}

fn matches_node(pod: &Pod, node: &Node) -> Result<(), Refusal> {
    let refused = || predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    let labels = node.metadata.label_map();
    let mut selector = pod.spec.node_selector.iter().flatten();
    if selector.any(|(key, value)| labels.get(key) != Some(value)) {
        return Err(refused());
    }
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    match required {
        Some(required) if !NodeTerms::new(&required.node_selector_terms).matches(node.metadata.name(), labels) => {
            Err(refused())
        }
        _ => Ok(()),
    }
}

fn free_ports<'a>(pod: &Pod, others: impl Iterator<Item = &'a Arc<Pod>>) -> Result<(), Refusal> {
    let ports = |pod: &Pod| -> Vec<(i32, String, String)> {
        let all = pod.spec.containers.iter().flat_map(|container| container.ports.as_deref().unwrap_or_default());
        let taken = all.filter_map(|port| {
            let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
            let ip = port.host_ip.clone().filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".to_owned());
            Some((port.host_port.filter(|number| *number > 0)?, protocol, ip))
        });
        taken.collect()
    };
    let wanted = ports(pod);
    if wanted.is_empty() {
        return Ok(());
    }
    let clash = |one: &(i32, String, String), two: &(i32, String, String)| {
        one.0 == two.0 && one.1 == two.1 && (one.2 == two.2 || one.2 == "0.0.0.0" || two.2 == "0.0.0.0")
    };
    let mut taken = others.flat_map(|other| ports(other));
    if taken.any(|other| wanted.iter().any(|mine| clash(mine, &other))) {
        return Err(predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports"));
    }
    Ok(())
}

impl PodWorker {
    /// The Pod is refused: it has failed before it began.
    pub fn refuse(&mut self, refusal: &Refusal, scope: &mut Scope<'_, '_>) {
        scope.pod_event(&self.pod, EventType::Warning, &refusal.reason, refusal.message.as_str());
        let message = format!("Pod was rejected: {}", refusal.message);
        let (reason, message) = (refusal.reason.as_str().into(), message.into());
        self.end(Ending { reason, message, grace: None, is_disruption: false, is_refusal: true }, scope);
    }
}

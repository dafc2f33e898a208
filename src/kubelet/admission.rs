//! Admission on the node: the kubelet's own last check before it takes a Pod.
//!
//! Models `pkg/kubelet/lifecycle/predicate.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::EventType;
use crate::model::core::{Container, NodeSelectorRequirement, NodeSelectorTerm, Toleration};
use crate::model::{Meta, Pod, Quantity};

use super::container_config::amount;
use super::pod_worker::{Ending, PodWorker, Source};
use super::shared::Scope;

/// Resources that are compared in thousandths.
const CPU: &str = "cpu";

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
    pod: &Pod,
    source: &Source,
    others: impl Iterator<Item = &'a Arc<Pod>> + Clone,
    scope: &Scope<'_, '_>,
) -> Result<(), Refusal> {
    fits(pod, others.clone(), &scope.shared.config.allocatable)?;
    if let Some(node) = scope.node() {
        matches_node(pod, &node.metadata.labels.clone().unwrap_or_default(), node.metadata.name())?;
        let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
        let is_static = matches!(source, Source::File { .. });
        let tolerations = pod.spec.tolerations.as_deref().unwrap_or_default();
        let repels = taints.iter().filter(|taint| taint.effect == "NoExecute").any(|taint| {
            !tolerations.iter().any(|toleration| {
                tolerates(toleration, &taint.key, taint.value.as_deref().unwrap_or_default(), &taint.effect)
            })
        });
        if repels && !is_static {
            return Err(predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate"));
        }
    }
    free_ports(pod, others)
}

fn predicate(name: &str, why: &str) -> Refusal {
    Refusal { reason: name.to_owned(), message: format!("Predicate {name} failed: {why}") }
}

fn fits<'a>(
    pod: &Pod,
    others: impl Iterator<Item = &'a Arc<Pod>> + Clone,
    allocatable: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    for (name, text) in allocatable {
        let Ok(capacity) = Quantity::parse(text) else { continue };
        let unit = |quantity: Quantity| if name == CPU { quantity.milli_value() } else { quantity.value() };
        let (requested, used) = if name == "pods" {
            (1, i64::try_from(others.clone().count()).unwrap_or(i64::MAX))
        } else {
            (unit(request(pod, name)), others.clone().map(|other| unit(request(other, name))).sum())
        };
        let capacity = unit(capacity);
        if requested > 0 && used + requested > capacity {
            let message = format!(
                "Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}"
            );
            return Err(Refusal { reason: format!("OutOf{name}"), message });
        }
    }
    Ok(())
}

/// What a Pod asks for: the sum over its containers and sidecars, or the largest init container if that is more.
fn request(pod: &Pod, name: &str) -> Quantity {
    let of = |container: &Container| amount(container.resources.as_ref(), false, name).unwrap_or_default();
    let mut sum = pod.spec.containers.iter().map(of).fold(Quantity::ZERO, |sum, one| sum + one);
    let mut peak = Quantity::ZERO;
    let mut sidecars = Quantity::ZERO;
    for init in pod.spec.init_containers.as_deref().unwrap_or_default() {
        if init.restart_policy.as_deref() == Some("Always") {
            sidecars += of(init);
            peak = peak.max(sidecars);
        } else {
            peak = peak.max(sidecars + of(init));
        }
    }
    sum += sidecars;
    sum.max(peak)
}

fn matches_node(pod: &Pod, labels: &BTreeMap<String, String>, name: &str) -> Result<(), Refusal> {
    let refused = || predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    let selector = pod.spec.node_selector.iter().flatten();
    if selector.clone().any(|(key, value)| labels.get(key) != Some(value)) {
        return Err(refused());
    }
    let required = pod
        .spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.node_affinity.as_ref())
        .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    match required {
        Some(required) if !required.node_selector_terms.iter().any(|term| term_matches(term, labels, name)) => {
            Err(refused())
        }
        _ => Ok(()),
    }
}

/// Whether a node with these labels and this name matches a term; a term without requirements matches nothing.
#[must_use]
pub fn term_matches(term: &NodeSelectorTerm, labels: &BTreeMap<String, String>, name: &str) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let has_any = !expressions.is_empty() || !fields.is_empty();
    has_any
        && expressions.iter().all(|one| requirement_matches(one, labels.get(&one.key).map(String::as_str)))
        && fields.iter().all(|one| one.key == "metadata.name" && requirement_matches(one, Some(name)))
}

fn requirement_matches(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = || value.is_some_and(|value| values.iter().any(|one| one == value));
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = values.first().and_then(|text| number(text));
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => value.and_then(number).zip(bound).is_some_and(|(value, bound)| value > bound),
        "Lt" => value.and_then(number).zip(bound).is_some_and(|(value, bound)| value < bound),
        _ => false,
    }
}

fn tolerates(toleration: &Toleration, key: &str, value: &str, effect: &str) -> bool {
    let any_effect = toleration.effect.as_deref().is_none_or(|wanted| wanted.is_empty() || wanted == effect);
    let wanted = toleration.key.as_deref().unwrap_or_default();
    let exists = toleration.operator.as_deref() == Some("Exists");
    let same_key = wanted == key || (wanted.is_empty() && exists);
    any_effect && same_key && (exists || toleration.value.as_deref().unwrap_or_default() == value)
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
        self.end(Ending { reason, message, grace: None, is_disruption: false }, scope);
    }
}

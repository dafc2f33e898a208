//! Warnings about Pods and templates of Pods.
//!
//! Source: `pkg/api/pod/warnings.go`, `pkg/api/node/util.go`.

use std::collections::BTreeMap;

use crate::model::core::{Container, ContainerPort, EnvVar, NodeSelectorTerm, PodAffinityTerm, PodSpec};
use crate::model::metav1::ObjectMeta;
use crate::model::quantity::Quantity;

/// Labels of nodes that have other names by now. Source: `deprecatedNodeLabels`.
const NODE_LABELS: [(&str, &str); 5] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
];
/// Annotations that became fields. Source: `deprecatedAnnotations`.
const ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
];
const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";

fn node_label(key: &str) -> Option<&'static str> {
    NODE_LABELS.iter().find(|(label, _)| *label == key).map(|(_, message)| *message)
}

/// Adds the warnings about a Pod; `place` is where its template stands, empty for a Pod itself.
pub(super) fn about(place: &str, meta: &ObjectMeta, spec: &PodSpec, all: &mut Vec<String>) {
    let prefix = if place.is_empty() { String::new() } else { format!("{place}.") };
    let at = format!("{prefix}spec");
    node_labels(&at, spec, all);
    for (key, message) in ANNOTATIONS {
        if meta.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(key)) {
            all.push(format!("{prefix}metadata.annotations[{key}]: {message}"));
        }
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        if volume.git_repo.is_some() {
            let place = format!("{at}.volumes[{index}].gitRepo");
            all.push(format!("{place}: deprecated in v1.11, and disabled by default in v1.33+"));
        }
    }
    let aliases = spec.host_aliases.iter().flatten().map(|alias| alias.ip.as_str());
    duplicates(aliases, |index, ip| format!("{at}.hostAliases[{index}].ip: duplicate ip \"{ip}\""), all);
    let secrets = || spec.image_pull_secrets.iter().flatten().map(|secret| secret.name.as_str());
    duplicates(secrets(), |index, name| format!("{at}.imagePullSecrets[{index}].name: duplicate name \"{name}\""), all);
    for (index, _) in secrets().enumerate().filter(|(_, name)| name.is_empty()) {
        all.push(format!("{at}.imagePullSecrets[{index}].name: invalid empty name \"\""));
    }
    let init = spec.init_containers.iter().flatten().enumerate();
    let init = init.map(|(index, one)| (format!("{at}.initContainers[{index}]"), one));
    let plain = spec.containers.iter().enumerate();
    let containers: Vec<_> = init.chain(plain.map(|(index, one)| (format!("{at}.containers[{index}]"), one))).collect();
    for (place, container) in &containers {
        fractions(place, container, all);
        hidden_variables(place, container.env.as_deref().unwrap_or_default(), all);
    }
    ports(&containers, all);
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let place = format!("{at}.terminationGracePeriodSeconds");
        all.push(format!("{place}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    affinity(&at, spec, all);
}

fn node_labels(at: &str, spec: &PodSpec, all: &mut Vec<String>) {
    for key in spec.node_selector.iter().flatten().map(|(key, _)| key) {
        all.extend(node_label(key).map(|message| format!("{at}.nodeSelector[{key}]: {message}")));
    }
    let mut term = |place: String, term: &NodeSelectorTerm| {
        for (index, one) in term.match_expressions.iter().flatten().enumerate() {
            let told = |message| format!("{place}.matchExpressions[{index}].key: {} is {message}", one.key);
            all.extend(node_label(&one.key).map(told));
        }
    };
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref());
    for (index, one) in required.iter().flat_map(|one| &one.node_selector_terms).enumerate() {
        let place = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
        term(format!("{at}.{place}[{index}]"), one);
    }
    let preferred = affinity.and_then(|one| one.preferred_during_scheduling_ignored_during_execution.as_ref());
    for (index, one) in preferred.into_iter().flatten().enumerate() {
        let place = "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution";
        term(format!("{at}.{place}[{index}].preference"), &one.preference);
    }
    for (index, one) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        let place = format!("{at}.topologySpreadConstraints[{index}]");
        let key = &one.topology_key;
        all.extend(node_label(key).map(|message| format!("{place}.topologyKey: {key} is {message}")));
        if one.label_selector.is_none() {
            all.push(format!("{place}.labelSelector: {NO_SELECTOR}"));
        }
    }
}

/// Every item that was there before.
fn duplicates<'a>(items: impl Iterator<Item = &'a str>, text: impl Fn(usize, &str) -> String, all: &mut Vec<String>) {
    let mut seen = Vec::new();
    for (index, item) in items.enumerate() {
        if seen.contains(&item) {
            all.push(text(index, item));
        }
        seen.push(item);
    }
}

/// Amounts of bytes that are no whole numbers.
fn fractions(place: &str, container: &Container, all: &mut Vec<String>) {
    let Some(resources) = &container.resources else { return };
    for resource in ["memory", "ephemeral-storage"] {
        for (field, amounts) in [("limits", &resources.limits), ("requests", &resources.requests)] {
            let amount = amounts.as_ref().and_then(|amounts| Quantity::parse(&amounts.get(resource)?.0).ok());
            if let Some(amount) = amount.filter(|amount| amount.milli_value() % 1000 != 0) {
                let place = format!("{place}.resources.{field}[{resource}]");
                all.push(format!("{place}: fractional byte value \"{amount}\" is invalid, must be an integer"));
            }
        }
    }
}

/// Variables that take the place of an earlier one without building upon it.
fn hidden_variables(place: &str, variables: &[EnvVar], all: &mut Vec<String>) {
    for (index, one) in variables.iter().enumerate() {
        let is_known = variables[..index].iter().any(|earlier| earlier.name == one.name);
        let reference = format!("$({})", one.name);
        let value = one.value.as_deref().unwrap_or_default();
        let hides = one.value_from.is_some() || value == reference || !value.contains(&reference);
        if is_known && hides {
            let name = &one.name;
            all.push(format!(
                "{place}.env[{index}]: hides previous definition of \"{name}\", which may be dropped when using apply"
            ));
        }
    }
}

fn ports(containers: &[(String, &Container)], all: &mut Vec<String>) {
    if containers.iter().flat_map(|(_, one)| one.ports.iter().flatten()).count() < 2 {
        return;
    }
    let listed = || {
        let of = |(place, container): &'_ (String, &Container)| -> Vec<(String, ContainerPort)> {
            let ports = container.ports.iter().flatten().cloned().enumerate();
            ports.map(|(index, port)| (format!("{place}.ports[{index}]"), port)).collect()
        };
        containers.iter().flat_map(of).collect::<Vec<_>>()
    };
    let mut seen: BTreeMap<(i32, String), Vec<(String, ContainerPort)>> = BTreeMap::new();
    for (place, port) in listed() {
        let others = seen.entry((port.container_port, port.protocol.clone().unwrap_or_default())).or_default();
        for (other_place, other) in others.iter() {
            let host = |port: &ContainerPort| (port.host_ip.clone().unwrap_or_default(), port.host_port.unwrap_or(0));
            let (mine, theirs) = (host(&port), host(other));
            if mine == theirs {
                all.push(format!("{place}: duplicate port definition with {other_place}"));
            } else if mine.1 == 0 || theirs.1 == 0 {
                all.push(format!("{place}: overlapping port definition with {other_place}"));
            } else if mine.1 == theirs.1 && mine.0.is_empty() != theirs.0.is_empty() {
                all.push(format!("{place}: dangerously ambiguous port definition with {other_place}"));
            }
        }
        others.push((place, port));
    }
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for (place, port) in listed() {
        let Some(name) = port.name.filter(|name| !name.is_empty()) else { continue };
        match named.get(&name) {
            Some(other) => all.push(format!(
                "{place}: duplicate port name \"{name}\" with {other}, services and probes that select ports by name will use {other}"
            )),
            None => drop(named.insert(name, place)),
        }
    }
}

fn affinity(at: &str, spec: &PodSpec, all: &mut Vec<String>) {
    let Some(affinity) = &spec.affinity else { return };
    let mut check = |place: String, term: &PodAffinityTerm| {
        if term.label_selector.is_none() {
            all.push(format!("{place}.labelSelector: {NO_SELECTOR}"));
        }
    };
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let near = affinity.pod_affinity.as_ref().map(|one| {
        let required = one.required_during_scheduling_ignored_during_execution.as_deref();
        ("podAffinity", required, one.preferred_during_scheduling_ignored_during_execution.as_deref())
    });
    let far = affinity.pod_anti_affinity.as_ref().map(|one| {
        let required = one.required_during_scheduling_ignored_during_execution.as_deref();
        ("podAntiAffinity", required, one.preferred_during_scheduling_ignored_during_execution.as_deref())
    });
    for (which, required, preferred) in near.into_iter().chain(far) {
        for (index, term) in required.unwrap_or_default().iter().enumerate() {
            check(format!("{at}.affinity.{which}.{REQUIRED}[{index}]"), term);
        }
        for (index, term) in preferred.unwrap_or_default().iter().enumerate() {
            check(format!("{at}.affinity.{which}.{PREFERRED}[{index}].podAffinityTerm"), &term.pod_affinity_term);
        }
    }
}

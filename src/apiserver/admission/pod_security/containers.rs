//! The containers of a Pod as the checks look at them: init containers, containers, ephemeral containers.
//!
//! Source: `pod-security-admission/policy/{visitor,helpers}.go`.

use std::collections::BTreeSet;

use crate::model::core::{ContainerPort, Lifecycle, PodSpec, Probe, SecurityContext};

/// What the checks want to know of a container.
pub(super) struct View<'a> {
    pub(super) name: &'a str,
    pub(super) context: Option<&'a SecurityContext>,
    pub(super) ports: &'a [ContainerPort],
    pub(super) probes: [Option<&'a Probe>; 3],
    pub(super) lifecycle: Option<&'a Lifecycle>,
}

/// All containers, in the order in which they are named.
pub(super) fn all(spec: &PodSpec) -> Vec<View<'_>> {
    let plain = spec.init_containers.iter().flatten().chain(&spec.containers).map(|one| View {
        name: &one.name,
        context: one.security_context.as_ref(),
        ports: one.ports.as_deref().unwrap_or_default(),
        probes: [one.liveness_probe.as_ref(), one.readiness_probe.as_ref(), one.startup_probe.as_ref()],
        lifecycle: one.lifecycle.as_ref(),
    });
    let ephemeral = spec.ephemeral_containers.iter().flatten().map(|one| View {
        name: &one.name,
        context: one.security_context.as_ref(),
        ports: one.ports.as_deref().unwrap_or_default(),
        probes: [one.liveness_probe.as_ref(), one.readiness_probe.as_ref(), one.startup_probe.as_ref()],
        lifecycle: one.lifecycle.as_ref(),
    });
    plain.chain(ephemeral).collect()
}

/// `container "a"` or `containers "a", "b"`.
pub(super) fn named(names: &[&str]) -> String {
    format!("{} {}", plural("container", "containers", names.len()), quoted(names))
}

/// `"a", "b"`.
pub(super) fn quoted(items: &[&str]) -> String {
    items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
}

/// The same of a set, in its order.
pub(super) fn quoted_set(items: &BTreeSet<&str>) -> String {
    quoted(&items.iter().copied().collect::<Vec<_>>())
}

/// The word for so many.
pub(super) fn plural(one: &'static str, many: &'static str, count: usize) -> &'static str {
    if count == 1 { one } else { many }
}

/// Who set something that is not allowed: `pod`, `containers "a", "b"`, or both with "and"; `None` when nobody did.
pub(super) fn setters(pod: bool, containers: &[&str]) -> Option<String> {
    let mut setters = Vec::new();
    if pod {
        setters.push("pod".to_owned());
    }
    if !containers.is_empty() {
        setters.push(named(containers));
    }
    (!setters.is_empty()).then(|| setters.join(" and "))
}

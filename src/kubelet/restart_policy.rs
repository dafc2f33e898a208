//! Whether a container that ended is started again.
//!
//! Models `pkg/kubelet/container/helpers.go`, `ShouldContainerBeRestarted`, and the container-level rules of
//! `pkg/api/v1/pod/util.go`.

use crate::model::Pod;
use crate::model::core::Container;

/// Whether `container` must be started again after `exit_code`. A Pod that is being deleted starts nothing.
#[must_use]
pub fn restarts(pod: &Pod, container: &Container, exit_code: i32) -> bool {
    if pod.metadata.deletion_timestamp.is_some() {
        return false;
    }
    for rule in container.restart_policy_rules.as_deref().unwrap_or_default() {
        let Some(codes) = &rule.exit_codes else { continue };
        let listed = codes.values.as_deref().unwrap_or_default().contains(&exit_code);
        // `RestartAllContainers` restarts this one too.
        if listed == (codes.operator == "In") {
            return true;
        }
    }
    match policy(pod, container) {
        "Never" => false,
        "OnFailure" => exit_code != 0,
        _ => true,
    }
}

/// The policy that holds for a container: its own, or the Pod's.
#[must_use]
pub fn policy<'a>(pod: &'a Pod, container: &'a Container) -> &'a str {
    container.restart_policy.as_deref().or(pod.spec.restart_policy.as_deref()).unwrap_or("Always")
}

/// Whether an init container that failed is tried again: `Always` counts as `OnFailure` for it.
#[must_use]
pub fn restarts_init(pod: &Pod, container: &Container, exit_code: i32) -> bool {
    exit_code != 0 && restarts(pod, container, exit_code)
}

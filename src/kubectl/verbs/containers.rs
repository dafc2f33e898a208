//! Which container of a Pod is meant, and how kubectl says which one it took.
//!
//! Source: `kubectl/pkg/cmd/util/podcmd/podcmd.go`.

use crate::kubectl::failure::Failure;
use crate::kubectl::session::Session;
use crate::model::{Meta, Pod};

/// The annotation that names the container people usually mean.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The names of all containers, as errors list them: `a, b, setup (init)`.
fn all_names(pod: &Pod) -> String {
    let spec = &pod.spec;
    let mut names: Vec<String> = spec.containers.iter().map(|container| container.name.clone()).collect();
    names.extend(spec.init_containers.iter().flatten().map(|container| format!("{} (init)", container.name)));
    names.extend(spec.ephemeral_containers.iter().flatten().map(|container| format!("{} (ephem)", container.name)));
    names.join(", ")
}

fn exists(pod: &Pod, name: &str) -> bool {
    let spec = &pod.spec;
    spec.containers.iter().chain(spec.init_containers.iter().flatten()).any(|container| container.name == name)
        || spec.ephemeral_containers.iter().flatten().any(|container| container.name == name)
}

/// The container of this name, or the default one; says which if there was a choice, unless `is_quiet`.
///
/// # Errors
/// When there is no such container.
pub fn choose(session: &mut Session<'_>, pod: &Pod, wanted: Option<&str>, is_quiet: bool) -> Result<String, Failure> {
    if let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) {
        if exists(pod, wanted) {
            return Ok(wanted.to_owned());
        }
        let (name, all) = (pod.metadata.name(), all_names(pod));
        return Err(Failure::text_of(format!("container {wanted} is not valid for pod {name} out of: {all}")));
    }
    if let Some(usual) = pod.metadata.annotation(DEFAULT_CONTAINER).filter(|usual| !usual.is_empty()) {
        if exists(pod, usual) {
            return Ok(usual.to_owned());
        }
        session.err_line(&format!("Default container name {usual:?} not found in pod {}", pod.metadata.name()));
    }
    let none = || Failure::text_of(format!("pod {} does not have any containers", pod.metadata.name()));
    let first = pod.spec.containers.first().ok_or_else(none)?.name.clone();
    let all = all_names(pod);
    if all.contains(", ") && !is_quiet {
        session.err_line(&format!("Defaulted container {first:?} out of: {all}"));
    }
    Ok(first)
}

/// The names of all containers in the order in which `--all-containers` takes them.
#[must_use]
pub fn in_log_order(pod: &Pod) -> Vec<String> {
    let spec = &pod.spec;
    let init = spec.init_containers.iter().flatten().map(|container| container.name.clone());
    let plain = spec.containers.iter().map(|container| container.name.clone());
    let ephemeral = spec.ephemeral_containers.iter().flatten().map(|container| container.name.clone());
    init.chain(plain).chain(ephemeral).collect()
}

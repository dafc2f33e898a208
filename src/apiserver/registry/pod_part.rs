//! Parts of a Pod that change through doors of their own: its ephemeral containers, and what its containers may use.
//!
//! Source: `pkg/registry/core/pod/strategy.go` (`podEphemeralContainersStrategy`, `podResizeStrategy`),
//! `ValidatePodEphemeralContainersUpdate`, `ValidatePodResize`. What a kubelet makes of them is its own affair.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::field::Errors;
use crate::apiserver::status::Status;
use crate::model::core::{Container, EphemeralContainer, ResourceRequirements};
use crate::model::metav1::WireQuantity;
use crate::model::{Meta, Object, Pod};

use super::{qos, resources};

/// Amounts by resource.
type Amounts = BTreeMap<String, WireQuantity>;
/// The annotation of a Pod that a kubelet made from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// The stored Pod with the ephemeral containers that were sent.
///
/// # Errors
/// 422 when one that is there is changed or taken away.
pub(in crate::apiserver) fn with_ephemeral_containers(sent: &Object, old: &Object) -> Result<Object, Box<Status>> {
    let (Object::Pod(sent), Object::Pod(old)) = (sent, old) else { return Ok(old.clone()) };
    let mut pod = Pod::clone(old);
    let mut containers = sent.spec.ephemeral_containers.clone();
    containers.iter_mut().flatten().for_each(default);
    pod.spec_mut().ephemeral_containers = containers;
    let mut errors = Errors::default();
    let present = pod.spec.ephemeral_containers.as_deref().unwrap_or_default();
    for before in old.spec.ephemeral_containers.iter().flatten() {
        let why = match present.iter().find(|one| one.name == before.name) {
            None => "removed",
            Some(after) if after != before => "changed",
            Some(_) => continue,
        };
        let detail = format!("existing ephemeral containers {:?} may not be {why}\n", before.name);
        errors.forbidden("spec.ephemeralContainers", &detail);
    }
    check_names(&pod, &mut errors);
    finish(pod, old, errors)
}

/// The stored Pod with the resources that were sent; whatever else was sent is passed over.
///
/// # Errors
/// 422 when its class of service would be another, or when something else than CPU and memory would change.
pub(in crate::apiserver) fn resized(sent: &Object, old: &Object) -> Result<Object, Box<Status>> {
    let (Object::Pod(sent), Object::Pod(old)) = (sent, old) else { return Ok(old.clone()) };
    let mut pod = Pod::clone(old);
    let spec = pod.spec_mut();
    take_resources(&mut spec.containers, &sent.spec.containers);
    let inits = sent.spec.init_containers.as_deref().unwrap_or_default();
    take_resources(spec.init_containers.as_deref_mut().unwrap_or_default(), inits);
    let mut errors = Errors::default();
    check_resize(&pod, old, &mut errors);
    finish(pod, old, errors)
}

/// Source: `dropNonResizeUpdates`.
fn take_resources(into: &mut [Container], sent: &[Container]) {
    for container in into {
        if let Some(wanted) = sent.iter().find(|one| one.name == container.name) {
            container.resources.clone_from(&wanted.resources);
            container.resize_policy.clone_from(&wanted.resize_policy);
        }
    }
}

/// Source: `ValidatePodResize`.
fn check_resize(pod: &Pod, old: &Pod, errors: &mut Errors) {
    if old.metadata.annotation(MIRROR).is_some() {
        errors.forbidden("", "static pods cannot be resized");
        return;
    }
    let lists = |pod: &Pod| [pod.spec.init_containers.clone().unwrap_or_default(), pod.spec.containers.clone()];
    let pairs = || ["initContainers", "containers"].into_iter().zip(lists(pod).into_iter().zip(lists(old)));
    for (list, (news, _)) in pairs() {
        for (index, new) in news.iter().enumerate() {
            resources::validate(new.resources.as_ref(), &format!("spec.{list}[{index}].resources"), errors);
        }
    }
    let before = old.status.qos_class.as_deref().unwrap_or_else(|| qos::class_of(&old.spec));
    if before != qos::class_of(&pod.spec) {
        errors.invalid("spec", before, "Pod QOS Class may not change as a result of resizing");
    }
    for (list, (news, olds)) in pairs() {
        for (index, (new, old)) in news.iter().zip(&olds).enumerate() {
            let field = format!("spec.{list}[{index}].resources");
            let gone = |pick: fn(&ResourceRequirements) -> Option<&Amounts>| {
                let held = |one: &Container| one.resources.as_ref().and_then(pick).cloned().unwrap_or_default();
                let left = held(new);
                held(old).keys().any(|name| !left.contains_key(name))
            };
            if gone(|all| all.requests.as_ref()) {
                errors.forbidden(format_args!("{field}.requests"), "resource requests cannot be removed");
            }
            if gone(|all| all.limits.as_ref()) {
                errors.forbidden(format_args!("{field}.limits"), "resource limits cannot be removed");
            }
        }
    }
    for (list, (news, olds)) in pairs() {
        for (index, (new, old)) in news.iter().zip(&olds).enumerate() {
            let is_init = list == "initContainers";
            let restarts = || new.resize_policy.iter().flatten().any(|one| one.restart_policy == "RestartContainer");
            if !is_init && rest_of(new) != rest_of(old) {
                errors.forbidden("spec", "only cpu and memory resources are mutable");
            } else if is_init && rest_of(new) != rest_of(old) {
                let detail = "only cpu and memory resources for init or sidecar containers are mutable";
                errors.forbidden(format_args!("spec.{list}[{index}]"), detail);
            } else if is_init && new != old && new.restart_policy.as_deref() != Some("Always") && restarts() {
                let detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
                errors.forbidden(format_args!("spec.{list}[{index}]"), detail);
            }
        }
    }
}

/// A container without its CPU and memory.
fn rest_of(container: &Container) -> Container {
    let mut container = container.clone();
    let resources = container.resources.get_or_insert_default();
    for list in [&mut resources.requests, &mut resources.limits] {
        let list = list.get_or_insert_default();
        list.remove("cpu");
        list.remove("memory");
    }
    container
}

fn finish(mut pod: Pod, old: &Arc<Pod>, errors: Errors) -> Result<Object, Box<Status>> {
    if !errors.is_empty() {
        return Err(Box::new(errors.into_status(crate::model::Kind::Pod, old.metadata.name())));
    }
    if pod.spec == old.spec {
        return Ok(Object::Pod(Arc::clone(old)));
    }
    pod.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
    Ok(pod.into())
}

fn default(container: &mut EphemeralContainer) {
    container.termination_message_path.get_or_insert_with(|| "/dev/termination-log".into());
    container.termination_message_policy.get_or_insert_with(|| "File".into());
    let image = container.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let is_latest = !image.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    container.image_pull_policy.get_or_insert_with(|| if is_latest { "Always" } else { "IfNotPresent" }.into());
}

/// Names are unique among all containers of a Pod.
fn check_names(pod: &Pod, errors: &mut Errors) {
    let mut names: Vec<&str> = pod.spec.containers.iter().map(|one| one.name.as_str()).collect();
    names.extend(pod.spec.init_containers.iter().flatten().map(|one| one.name.as_str()));
    for (index, container) in pod.spec.ephemeral_containers.iter().flatten().enumerate() {
        let field = |name: &str| format!("spec.ephemeralContainers[{index}].{name}");
        if container.name.is_empty() {
            errors.required(field("name"), "");
        } else if names.contains(&container.name.as_str()) {
            errors.duplicate(field("name"), container.name.as_str());
        }
        if container.image.as_ref().is_none_or(String::is_empty) {
            errors.required(field("image"), "");
        }
        if let Some(target) = container.target_container_name.as_deref().filter(|name| !name.is_empty())
            && !pod
                .spec
                .containers
                .iter()
                .chain(pod.spec.init_containers.iter().flatten())
                .any(|one| one.name == target)
        {
            errors.not_found(field("targetContainerName"), target);
        }
        names.push(&container.name);
    }
}

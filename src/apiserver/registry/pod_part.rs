//! Parts of a Pod that change through doors of their own: its ephemeral containers, and what its containers may use.
//!
//! Source: `pkg/registry/core/pod/strategy.go` (`podEphemeralContainersStrategy`, `podResizeStrategy`),
//! `ValidatePodEphemeralContainersUpdate`, `ValidatePodResize`. A kubelet starts ephemeral containers.
//! Stored, not simulated: no kubelet of podlab resizes a running container.

use std::sync::Arc;

use crate::apiserver::field::Errors;
use crate::apiserver::status::Status;
use crate::model::core::EphemeralContainer;
use crate::model::{Meta, Object, Pod};

use super::qos;

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

/// The stored Pod with the resources that were sent.
///
/// # Errors
/// 422 when its class of service would be another.
pub(in crate::apiserver) fn resized(sent: &Object, old: &Object) -> Result<Object, Box<Status>> {
    let (Object::Pod(sent), Object::Pod(old)) = (sent, old) else { return Ok(old.clone()) };
    let mut pod = Pod::clone(old);
    let wanted = &sent.spec.containers;
    for container in &mut pod.spec_mut().containers {
        if let Some(wanted) = wanted.iter().find(|one| one.name == container.name) {
            container.resources.clone_from(&wanted.resources);
            container.resize_policy.clone_from(&wanted.resize_policy);
        }
    }
    let mut errors = Errors::default();
    let class = qos::class_of(&pod.spec);
    if old.status.qos_class.as_deref().is_some_and(|before| before != class) {
        errors.invalid("spec", class, "Pod QOS Class may not change as a result of resizing");
    }
    finish(pod, old, errors)
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

//! Ephemeral containers: started once when they appear in a Pod that runs, and never again.
//!
//! To the rest of the kubelet they are containers at the end of the Pod's list, in slots of a role of their own. Models the
//! parts of `pkg/kubelet/kuberuntime/kuberuntime_manager.go` that speak of `EphemeralContainersToStart`.

use std::sync::Arc;

use crate::machine::ContainerId;
use crate::model::Pod;
use crate::model::core::{Container, EphemeralContainer};

use super::pod_worker::PodWorker;
use super::slot::{Role, Slot};

/// The Pod with its ephemeral containers behind the others.
#[must_use]
pub fn merged(pod: Arc<Pod>) -> Arc<Pod> {
    let Some(ephemeral) = pod.spec.ephemeral_containers.as_ref().filter(|all| !all.is_empty()) else { return pod };
    let added: Vec<Container> = ephemeral.iter().map(as_container).collect();
    let mut pod = Pod::clone(&pod);
    pod.spec_mut().containers.extend(added);
    Arc::new(pod)
}

/// How many of the containers of a merged Pod are ephemeral.
#[must_use]
pub fn count(pod: &Pod) -> usize {
    pod.spec.ephemeral_containers.as_ref().map_or(0, Vec::len)
}

fn as_container(from: &EphemeralContainer) -> Container {
    let from = from.clone();
    Container {
        name: from.name,
        image: from.image,
        command: from.command,
        args: from.args,
        working_dir: from.working_dir,
        env: from.env,
        env_from: from.env_from,
        volume_mounts: from.volume_mounts,
        image_pull_policy: from.image_pull_policy,
        security_context: from.security_context,
        stdin: from.stdin,
        stdin_once: from.stdin_once,
        tty: from.tty,
        termination_message_path: from.termination_message_path,
        termination_message_policy: from.termination_message_policy,
        // It ends once, whatever the policy of its Pod.
        restart_policy: Some("Never".to_owned()),
        ..Container::default()
    }
}

impl PodWorker {
    /// Slots for ephemeral containers that are new.
    pub(super) fn add_ephemeral_slots(&mut self) {
        let known = self.slots.iter().filter(|slot| slot.role == Role::Ephemeral).count();
        let all = self.pod.spec.containers.len();
        self.slots.extend((all - count(&self.pod) + known..all).map(|index| Slot::new(Role::Ephemeral, index)));
    }

    /// The container whose processes an ephemeral one sees.
    pub(super) fn target_of(&self, slot: &Slot) -> Option<ContainerId> {
        let name = &slot.spec(&self.pod).name;
        let mut ephemeral = self.pod.spec.ephemeral_containers.iter().flatten();
        let target = ephemeral.find(|one| one.name == *name)?.target_container_name.clone()?;
        self.slots.iter().find(|other| other.spec(&self.pod).name == target)?.current
    }
}

//! A kubelet that begins anew: finds what its machine still runs and goes on from there.
//!
//! Models what `syncPod` learns from the runtime's own list after a restart of the kubelet.

use crate::machine::{ContainerId, ContainerState};
use crate::model::Meta;

use super::pod_worker::PodWorker;
use super::shared::Scope;

/// Takes over what the machine has of a Pod; returns whether there was anything.
pub fn take_over(worker: &mut PodWorker, scope: &mut Scope<'_, '_>) -> bool {
    let uid = worker.pod.metadata.uid();
    let mut sandboxes: Vec<_> = scope
        .machine
        .sandboxes()
        .filter(|sandbox| &*sandbox.config.uid == uid)
        .map(|sandbox| (sandbox.id, sandbox.is_ready, sandbox.config.ip))
        .collect();
    let newest = sandboxes.pop();
    worker.old_homes = sandboxes.into_iter().map(|(id, ..)| id).collect();
    let Some((id, is_ready, ip)) = newest else { return false };
    match ip.filter(|_| is_ready) {
        Some(ip) => {
            if !worker.is_host_network() {
                scope.shared.ipam.keep(ip);
            }
            worker.settle(id, ip, scope);
        }
        None => worker.old_homes.push(id),
    }
    take_containers(worker, scope);
    true
}

fn take_containers(worker: &mut PodWorker, scope: &mut Scope<'_, '_>) {
    let uid = worker.pod.metadata.uid().to_owned();
    let mine = scope.machine.sandboxes().filter(|sandbox| *sandbox.config.uid == *uid);
    let found: Vec<(ContainerId, String, ContainerState)> = mine
        .flat_map(|sandbox| sandbox.containers.values())
        .map(|container| (container.id, container.config.name.to_string(), container.state))
        .collect();
    for (id, name, _) in &found {
        let Some(slot) = worker.slots.iter_mut().find(|slot| slot.spec(&worker.pod).name == *name) else { continue };
        slot.last = slot.current.replace(*id);
        scope.shared.owners.containers.insert(*id, worker.number);
    }
    for slot in 0..worker.slots.len() {
        if worker.slots[slot].is_running(scope.machine) {
            worker.arm_probes(slot, scope);
        }
    }
}

//! Eviction: when memory or disk of the node run short, one Pod at a time has to go.
//!
//! Models `pkg/kubelet/eviction/`: hard thresholds of `memory.available` and `nodefs.available`, and the size limits of local
//! storage. **Not modelled:** soft thresholds, inodes, process ids, image garbage collection.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::EventType;
use crate::machine::{Claim, Machine};
use crate::model::Quantity;

use super::container_config::amount;
use super::node_status::NodeAgent;
use super::pod_worker::{Ending, PodWorker, Source, Stage};
use super::qos::SYSTEM_CRITICAL;
use super::shared::{PodNumber, Scope};

/// A hard threshold leaves a second of grace. Source: `pkg/kubelet/eviction/eviction_manager.go`.
const HARD_GRACE: u64 = 1;

/// Looks whether something runs short, and which Pod has to go.
pub fn look(
    node: &mut NodeAgent,
    workers: &BTreeMap<PodNumber, PodWorker>,
    scope: &mut Scope<'_, '_>,
) -> Option<(PodNumber, Ending)> {
    if let Some(found) = workers.values().find_map(|worker| over_limit(worker, scope.machine)) {
        return Some(found);
    }
    let capacity = scope.machine.config().memory_bytes;
    let available = capacity.saturating_sub(scope.machine.memory_used());
    let threshold = scope.shared.config.limits.eviction_memory;
    let is_short = available < threshold;
    if is_short != node.memory_pressure {
        node.memory_pressure = is_short;
        node.report(scope);
    }
    if !is_short {
        return None;
    }
    scope.node_event(EventType::Warning, "EvictionThresholdMet", "Attempting to reclaim memory");
    let victim = workers.values().filter(|worker| may_go(worker)).max_by_key(|worker| rank(worker, scope.machine))?;
    let mut message = format!(
        "The node was low on resource: memory. Threshold quantity: {}, available: {}Ki. ",
        shown(threshold),
        available >> 10
    );
    for slot in &victim.slots {
        let spec = slot.spec(&victim.pod);
        let used = slot.current.map_or(0, |id| scope.machine.container_usage(id).memory_bytes);
        let request = amount(spec.resources.as_ref(), false, "memory").unwrap_or_default();
        if i64::try_from(used).unwrap_or(i64::MAX) > request.value() {
            message += &format!(
                "Container {} was using {}Ki, request is {request}, has larger consumption of memory. ",
                spec.name,
                used >> 10
            );
        }
    }
    Some((victim.number, ending(&message, true)))
}

fn ending(message: &str, is_disruption: bool) -> Ending {
    Ending {
        reason: "Evicted".into(),
        message: message.into(),
        grace: Some(HARD_GRACE),
        is_disruption,
        is_refusal: false,
    }
}

fn shown(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{}Mi", bytes >> 20) } else { format!("{}Ki", bytes >> 10) }
}

/// Static and critical Pods are spared.
fn may_go(worker: &PodWorker) -> bool {
    worker.stage == Stage::Sync && worker.source == Source::Api && worker.pod.priority() < SYSTEM_CRITICAL
}

/// Who goes first: use above request, then low priority, then by how much it is above.
fn rank(worker: &PodWorker, machine: &Machine) -> (bool, i32, i64) {
    let used = worker.home.map_or(0, |home| machine.sandbox_usage(home.id).memory_bytes);
    let of = |container| amount(container, false, "memory").map_or(0, Quantity::value);
    let requested: i64 = worker.pod.spec.containers.iter().map(|container| of(container.resources.as_ref())).sum();
    let above = i64::try_from(used).unwrap_or(i64::MAX) - requested;
    (above > 0, -worker.pod.priority(), above)
}

/// A Pod that filled an emptyDir beyond its limit, or a container that wrote more than its own.
fn over_limit(worker: &PodWorker, machine: &Machine) -> Option<(PodNumber, Ending)> {
    if worker.stage != Stage::Sync {
        return None;
    }
    for volume in worker.pod.spec.volumes.as_deref().unwrap_or_default() {
        let Some(limit) = volume.empty_dir.as_ref().and_then(|empty| empty.size_limit.as_ref()) else { continue };
        let Some(mounted) = worker.volumes.mounted.get(volume.name.as_str()) else { continue };
        let Claim::Pod(handle) = &mounted.claim else { continue };
        let used = machine.volume(handle).filter(|it| !it.options.in_memory).map_or(0, |volume| volume.used);
        let most = Quantity::parse(&limit.0).map_or(i64::MAX, Quantity::value);
        if i64::try_from(used).unwrap_or(i64::MAX) > most {
            let message = format!("Usage of EmptyDir volume \"{}\" exceeds the limit \"{}\". ", volume.name, limit.0);
            return Some((worker.number, ending(&message, false)));
        }
    }
    for slot in &worker.slots {
        let spec = slot.spec(&worker.pod);
        let Some(limit) = amount(spec.resources.as_ref(), true, "ephemeral-storage") else { continue };
        let used = slot.current.map_or(0, |id| machine.container_usage(id).disk_bytes);
        if i64::try_from(used).unwrap_or(i64::MAX) > limit.value() {
            let message = format!("Container {} exceeded its local ephemeral storage limit \"{limit}\". ", spec.name);
            return Some((worker.number, ending(&message, false)));
        }
    }
    None
}

/// The Pod has to go.
pub fn evict(worker: &mut PodWorker, ending: Ending, scope: &mut Scope<'_, '_>) {
    let message = Arc::clone(&ending.message);
    scope.pod_event(&worker.pod, EventType::Warning, "Evicted", message);
    worker.end(ending, scope);
}

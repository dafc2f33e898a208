//! # VolumeZone
//! A volume with labels of a zone or region is reached from there only.
//!
//! Models `pkg/scheduler/framework/plugins/volumezone/volume_zone.go`.

use crate::model::{Kind, Meta};
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// Why a node will not do.
pub const REASON: &str = "node(s) had no available volume zone";

/// The labels of volumes that tie them to places, each with its present name on nodes.
const LABELS: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct VolumeZone;

/// The labels that nodes must have, each with the values that will do.
struct Places(Vec<Place>);

/// A label, its present name, and the values that will do.
type Place = (&'static str, &'static str, Vec<String>);

impl Plugin for VolumeZone {
    fn name(&self) -> &'static str {
        "VolumeZone"
    }
    fn as_pre_filter(&self) -> Option<&dyn PreFilter> {
        Some(self)
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PreFilter for VolumeZone {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        if !pod.demand.has_volumes {
            return PreFilterOutcome::Skip;
        }
        match places(pod, snapshot) {
            Ok(places) if places.is_empty() => PreFilterOutcome::Skip,
            Ok(places) => {
                state.write(Places(places));
                PreFilterOutcome::Run
            }
            Err(text) => PreFilterOutcome::Reject(Rejection::unresolvable(text)),
        }
    }
}

impl Filter for VolumeZone {
    /// A node without any such label is taken to be in the only zone there is.
    fn filter(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let Some(Places(places)) = state.read() else { return Ok(()) };
        let labels = node.labels();
        if !LABELS.iter().any(|(label, _)| labels.contains_key(*label)) {
            return Ok(());
        }
        let is_there = |(label, present, values): &Place| {
            labels.get(*label).or_else(|| labels.get(*present)).is_some_and(|value| values.contains(value))
        };
        if places.iter().all(is_there) { Ok(()) } else { Err(Rejection::unresolvable(REASON)) }
    }
}

impl Enqueue for VolumeZone {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        let is_ours = |name: &str| claims(pod).any(|own| own == name);
        match event {
            ClusterEvent::NodeAdded(_) => Hint::Queue,
            ClusterEvent::NodeUpdated(old, new) => (old.labels() != new.labels()).into(),
            ClusterEvent::Storage(Kind::PersistentVolumeClaim, claim) => {
                (claim.namespace() == pod.namespace() && is_ours(claim.name())).into()
            }
            ClusterEvent::Storage(Kind::PersistentVolume | Kind::StorageClass, _) => Hint::Queue,
            _ => Hint::Skip,
        }
    }
}

fn claims(pod: &PodInfo) -> impl Iterator<Item = &str> {
    let volumes = pod.pod.spec.volumes.iter().flatten();
    volumes.filter_map(|volume| Some(&*volume.persistent_volume_claim.as_ref()?.claim_name))
}

/// What the bound volumes of a Pod ask of nodes, or why it must wait.
fn places(pod: &PodInfo, snapshot: &Snapshot) -> Result<Vec<Place>, String> {
    let volumes = &snapshot.volumes;
    let mut places = Vec::new();
    for name in claims(pod) {
        let claim =
            volumes.claim(pod.namespace(), name).ok_or_else(|| format!("persistentvolumeclaim {name:?} not found"))?;
        let spec = claim.spec.as_ref();
        let volume = spec.and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default();
        if volume.is_empty() {
            let class = spec.and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
            if class.is_empty() {
                return Err("PersistentVolumeClaim had no pv name and storageClass name".to_owned());
            }
            let found =
                volumes.class(class).ok_or_else(|| format!("storageclass.storage.k8s.io {class:?} not found"))?;
            match found.volume_binding_mode.as_deref() {
                None => return Err(format!("VolumeBindingMode not set for StorageClass {class:?}")),
                Some("WaitForFirstConsumer") => continue,
                Some(_) => return Err("PersistentVolume had no name".to_owned()),
            }
        }
        let volume = volumes.volume(volume).ok_or_else(|| format!("persistentvolume {volume:?} not found"))?;
        for (label, present) in LABELS {
            if let Some(value) = volume.metadata.label(label) {
                places.push((label, present, value.split("__").map(str::to_owned).collect()));
            }
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::Kind;
    use crate::scheduler::fixture::{message, node, object, pod, snapshot};

    #[test]
    fn a_volume_of_one_zone_is_not_reached_from_another() {
        let zone = "topology.kubernetes.io/zone";
        let mut two =
            snapshot(&[node("a-1", "1", "1Gi").label(zone, "a"), node("b-1", "4", "4Gi").label(zone, "b")], &[]);
        let claim = json!({"metadata": {"name": "data", "namespace": "default", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "pv-1"}, "status": {"phase": "Bound"}});
        two.volumes.set(&object(Kind::PersistentVolumeClaim, claim));
        two.volumes.set(&object(
            Kind::PersistentVolume,
            json!({"metadata": {"name": "pv-1", "labels": {zone: "a"}}, "spec": {}}),
        ));
        assert_eq!(message(&two, &pod("db").claim("data")), "placed on a-1");
        insta::assert_snapshot!(message(&two, &pod("db").claim("data").requests("2", "0")), @"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had no available volume zone. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
    }
}

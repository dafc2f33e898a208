//! # NodeVolumeLimits
//! A CSI driver can attach only so many volumes to a node, as the node's CSINode says.
//!
//! Models `pkg/scheduler/framework/plugins/nodevolumelimits/csi.go`.
//!
//! **Not modelled:** volumes of old clouds that are migrated to CSI drivers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::core::{PersistentVolumeClaim, Volume};
use crate::model::{Kind, Meta};
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;
use crate::scheduler::volumes::Volumes;

/// Why a node will not do.
pub const REASON: &str = "node(s) exceed max volume count";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct NodeVolumeLimits;

/// A volume by its driver and its handle.
type Attached = (String, String);

/// What the Pod would have attached, and what the drivers of each node can do.
struct Wanted {
    volumes: BTreeSet<Attached>,
    all: Arc<Volumes>,
}

impl Plugin for NodeVolumeLimits {
    fn name(&self) -> &'static str {
        "NodeVolumeLimits"
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

impl PreFilter for NodeVolumeLimits {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        let has_limits = pod.demand.has_volumes && snapshot.volumes.has_limits();
        let volumes = if has_limits { attached(pod, &snapshot.volumes) } else { BTreeSet::new() };
        if volumes.is_empty() {
            return PreFilterOutcome::Skip;
        }
        state.write(Wanted { volumes, all: Arc::new(snapshot.volumes.clone()) });
        PreFilterOutcome::Run
    }
}

impl Filter for NodeVolumeLimits {
    fn filter(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let Some(Wanted { volumes, all }) = state.read() else { return Ok(()) };
        let limits = all.limits(&node.name);
        if limits.is_empty() {
            return Ok(());
        }
        let held: BTreeSet<Attached> = node.pods.iter().flat_map(|pod| attached(pod, all)).collect();
        let mut by_driver: BTreeMap<&str, i64> = BTreeMap::new();
        for (driver, _) in held.union(volumes) {
            *by_driver.entry(driver).or_default() += 1;
        }
        let adds = |driver: &str| volumes.difference(&held).any(|(one, _)| one == driver);
        let exceeds = |(driver, count): (&str, i64)| {
            adds(driver) && limits.iter().any(|(one, limit)| one == driver && count > *limit)
        };
        if by_driver.into_iter().any(exceeds) { Err(Rejection::unschedulable(REASON)) } else { Ok(()) }
    }
}

impl Enqueue for NodeVolumeLimits {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::NodeAdded(_) => Hint::Queue,
            ClusterEvent::PodDeleted(gone) => gone.demand.has_volumes.into(),
            ClusterEvent::Storage(Kind::CSINode, _) => Hint::Queue,
            ClusterEvent::Storage(Kind::PersistentVolumeClaim, claim) => (claim.namespace() == pod.namespace()).into(),
            _ => Hint::Skip,
        }
    }
}

/// The volumes of CSI drivers that a Pod has or will have.
fn attached(pod: &PodInfo, volumes: &Volumes) -> BTreeSet<Attached> {
    if !pod.demand.has_volumes {
        return BTreeSet::new();
    }
    let claim_of = |volume: &Volume| {
        let name = match (&volume.persistent_volume_claim, &volume.ephemeral) {
            (Some(source), _) => source.claim_name.clone(),
            (None, Some(_)) => format!("{}-{}", pod.name(), volume.name),
            _ => return None,
        };
        volumes.claim(pod.namespace(), &name)
    };
    let claims = pod.pod.spec.volumes.iter().flatten().filter_map(claim_of);
    claims.filter_map(|claim| driver_and_handle(claim, volumes)).collect()
}

/// A claim that is not bound yet counts for the driver that will make its volume.
fn driver_and_handle(claim: &PersistentVolumeClaim, volumes: &Volumes) -> Option<Attached> {
    let spec = claim.spec.as_ref()?;
    let bound = spec.volume_name.as_deref().and_then(|name| volumes.volume(name));
    if let Some(volume) = bound {
        let source = volume.spec.as_ref()?.csi.as_ref()?;
        return Some((source.driver.clone(), source.volume_handle.clone()));
    }
    let class = volumes.class(spec.storage_class_name.as_deref()?)?;
    let handle = format!("{}-{}/{}", class.provisioner, claim.metadata.namespace(), claim.metadata.name());
    Some((class.provisioner.clone(), handle))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::Kind;
    use crate::scheduler::fixture::{message, node, object, pod, snapshot};

    #[test]
    fn a_driver_attaches_only_so_many() {
        let mut one = snapshot(&[node("node-1", "2", "4Gi")], &[pod("first").claim("a").on("node-1")]);
        for name in ["a", "b"] {
            let claim = json!({"metadata": {"name": name, "namespace": "default", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
                "spec": {"volumeName": name}, "status": {"phase": "Bound"}});
            one.volumes.set(&object(Kind::PersistentVolumeClaim, claim));
            let volume = json!({"metadata": {"name": name}, "spec": {"csi": {"driver": "example.com/disk", "volumeHandle": name}}});
            one.volumes.set(&object(Kind::PersistentVolume, volume));
        }
        let drivers = json!([{"name": "example.com/disk", "nodeID": "n", "allocatable": {"count": 1}}]);
        one.volumes.set(&object(Kind::CSINode, json!({"metadata": {"name": "node-1"}, "spec": {"drivers": drivers}})));
        assert_eq!(message(&one, &pod("same").claim("a")), "placed on node-1");
        assert!(message(&one, &pod("other").claim("b")).contains("1 node(s) exceed max volume count."));
    }
}

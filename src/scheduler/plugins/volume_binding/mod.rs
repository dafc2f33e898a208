//! # VolumeBinding
//! A Pod goes only where its volumes can be: claims that are bound must reach the node, claims that wait for their first
//! consumer must find a volume there, or a provisioner to make one.
//!
//! Models `pkg/scheduler/framework/plugins/volumebinding`.
//!
//! **Not modelled:** storage capacity tracking, CSI migration.

mod claims;
mod matching;

use crate::model::core::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use crate::model::node_selector::NodeTerms;
use crate::model::{Kind, Meta, Object};
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreBind, PreFilter, PreFilterOutcome, Rejection, Reserve,
    VolumeWork,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;
use crate::scheduler::volumes::Volumes;

use claims::{ClaimSet, is_bound};
use matching::{Found, find};

/// Why a node will not do: no volume for a claim that waits for its first consumer.
pub const REASON_NO_VOLUME: &str = "node(s) didn't find available persistent volumes to bind";
/// Why a node will not do: a bound volume cannot be reached from it.
pub const REASON_NODE_CONFLICT: &str = "node(s) didn't match PersistentVolume's node affinity";
/// Why a node will not do: a claim is bound to a volume that is not there.
pub const REASON_NO_SUCH_VOLUME: &str = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
/// Why no node will do: a claim is not bound yet and does not wait for a Pod.
pub const REASON_UNBOUND: &str = "pod has unbound immediate PersistentVolumeClaims";

/// Marks the node that a volume is to be made for.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Marks a binding that no person made.
const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct VolumeBinding;

impl Plugin for VolumeBinding {
    fn name(&self) -> &'static str {
        "VolumeBinding"
    }
    fn as_pre_filter(&self) -> Option<&dyn PreFilter> {
        Some(self)
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_reserve(&self) -> Option<&dyn Reserve> {
        Some(self)
    }
    fn as_pre_bind(&self) -> Option<&dyn PreBind> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PreFilter for VolumeBinding {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        match ClaimSet::of(pod, &snapshot.volumes) {
            Ok(claims) if claims.is_empty() => PreFilterOutcome::Skip,
            Ok(claims) => {
                state.write(claims);
                PreFilterOutcome::Run
            }
            Err(rejection) => PreFilterOutcome::Reject(rejection),
        }
    }
}

impl Filter for VolumeBinding {
    /// A volume that is out of reach and a claim without a volume are told together, as both are found out.
    fn filter(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let Some(claims) = state.read::<ClaimSet>() else { return Ok(()) };
        let mut reasons = Vec::new();
        if claims.bound.iter().any(|bound| bound.volume.as_ref().is_some_and(|volume| !reaches(volume, node))) {
            reasons.push(REASON_NODE_CONFLICT.into());
        }
        if find(&claims.delayed, node).is_none() {
            reasons.push(REASON_NO_VOLUME.into());
        }
        if claims.bound.iter().any(|bound| bound.volume.is_none()) {
            reasons.push(REASON_NO_SUCH_VOLUME.into());
        }
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(Rejection { reasons, ..Rejection::unresolvable("") }),
        }
    }
}

impl Reserve for VolumeBinding {
    fn reserve(&self, pod: &PodInfo, node: &NodeInfo, volumes: &mut Volumes) -> VolumeWork {
        let mut work = VolumeWork::default();
        let Ok(claims) = ClaimSet::of(pod, volumes) else { return work };
        for (claim, found) in find(&claims.delayed, node).unwrap_or_default() {
            work.awaited.push(Object::from((*claim).clone()).key());
            match found {
                Found::Volume(volume) => {
                    volumes.assume(volume.metadata.name(), &claim);
                    work.assumed.push(volume.metadata.name().into());
                    work.updates.push(bound_to(&volume, &claim).into());
                }
                Found::Provisioner => work.updates.push(provisioned_on(&claim, &node.name).into()),
            }
        }
        work
    }

    fn unreserve(&self, work: &VolumeWork, volumes: &mut Volumes) {
        for volume in &work.assumed {
            volumes.release(volume);
        }
    }
}

impl PreBind for VolumeBinding {
    fn is_done(&self, work: &VolumeWork, volumes: &Volumes) -> bool {
        let bound = |key: &crate::model::ObjectKey| {
            volumes.claim(&key.namespace, &key.name).is_some_and(|claim| is_bound(claim))
        };
        work.awaited.iter().all(bound)
    }
}

impl Enqueue for VolumeBinding {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::NodeAdded(_) => Hint::Queue,
            ClusterEvent::NodeUpdated(old, new) => (old.labels() != new.labels()).into(),
            ClusterEvent::Storage(Kind::PersistentVolumeClaim, claim) => {
                let is_ours = |name: String| name == claim.name();
                (claim.namespace() == pod.namespace() && claims::names(pod).any(is_ours)).into()
            }
            ClusterEvent::Storage(..) => Hint::Queue,
            _ => Hint::Skip,
        }
    }
}

/// Whether a volume can be had on a node.
fn reaches(volume: &PersistentVolume, node: &NodeInfo) -> bool {
    let affinity = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref());
    let required = affinity.and_then(|affinity| affinity.required.as_ref());
    required.is_none_or(|terms| NodeTerms::new(&terms.node_selector_terms).matches(&node.name, node.labels()))
}

fn bound_to(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> PersistentVolume {
    let mut volume = volume.clone();
    let reference = ObjectReference {
        api_version: Some("v1".into()),
        kind: Some("PersistentVolumeClaim".into()),
        namespace: claim.metadata.namespace.clone(),
        name: claim.metadata.name.clone(),
        uid: claim.metadata.uid.clone(),
        resource_version: claim.metadata.resource_version.clone(),
        field_path: None,
    };
    volume.spec.get_or_insert_default().claim_ref = Some(reference);
    volume.metadata.annotations.get_or_insert_default().insert(BOUND_BY_CONTROLLER.into(), "yes".into());
    volume
}

fn provisioned_on(claim: &PersistentVolumeClaim, node: &str) -> PersistentVolumeClaim {
    let mut claim = claim.clone();
    claim.metadata.annotations.get_or_insert_default().insert(SELECTED_NODE.into(), node.into());
    claim
}

#[cfg(test)]
mod tests;

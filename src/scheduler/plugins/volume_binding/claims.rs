//! The claims of a Pod, sorted by what they need: bound ones, and those that wait for their first consumer.

use std::sync::Arc;

use crate::model::Meta;
use crate::model::core::{PersistentVolume, PersistentVolumeClaim, Volume};
use crate::model::storage::StorageClass;
use crate::scheduler::framework::Rejection;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::volumes::Volumes;

use super::REASON_UNBOUND;

/// Set when both sides of a binding have been written.
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";

/// The claims of one Pod.
#[derive(Clone, Debug, Default)]
pub(super) struct ClaimSet {
    /// Claims that are bound.
    pub bound: Vec<Bound>,
    /// Claims that wait for their first consumer.
    pub delayed: Vec<Delayed>,
}

/// A bound claim.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// Its volume, if it is there.
    pub volume: Option<Arc<PersistentVolume>>,
}

/// A claim that waits, with what it could take.
#[derive(Clone, Debug)]
pub(super) struct Delayed {
    /// The claim.
    pub claim: Arc<PersistentVolumeClaim>,
    /// Its class.
    pub class: Arc<StorageClass>,
    /// The volumes that nobody else has.
    pub open: Vec<Arc<PersistentVolume>>,
}

impl ClaimSet {
    /// The claims of a Pod.
    ///
    /// # Errors
    /// What keeps the Pod from every node: a claim that is missing, lost, going away, or not bound in time.
    pub(super) fn of(pod: &PodInfo, volumes: &Volumes) -> Result<Self, Rejection> {
        let mut set = Self::default();
        let mut has_unbound = false;
        for volume in pod.pod.spec.volumes.iter().flatten() {
            let Some(name) = name_of(pod, volume) else { continue };
            let claim = usable(pod, volume, &name, volumes)?;
            if is_bound(claim) {
                set.bound.push(Bound { volume: volumes.volume(volume_name(claim)).cloned() });
            } else if let Some(class) = delaying_class(claim, volumes)? {
                let open = volumes.open_to(claim).cloned().collect();
                set.delayed.push(Delayed { claim: Arc::clone(claim), class: Arc::clone(class), open });
            } else {
                has_unbound = true;
            }
        }
        if has_unbound { Err(Rejection::unresolvable(REASON_UNBOUND)) } else { Ok(set) }
    }

    /// Whether the Pod has no claims.
    pub(super) fn is_empty(&self) -> bool {
        self.bound.is_empty() && self.delayed.is_empty()
    }
}

/// The names of the claims of a Pod.
pub(super) fn names(pod: &PodInfo) -> impl Iterator<Item = String> {
    pod.pod.spec.volumes.iter().flatten().filter_map(|volume| name_of(pod, volume))
}

/// Whether both sides of the binding have been written.
pub(super) fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    !volume_name(claim).is_empty() && claim.metadata.annotation(BIND_COMPLETED).is_some()
}

fn volume_name(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default()
}

fn name_of(pod: &PodInfo, volume: &Volume) -> Option<String> {
    match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(source), _) => Some(source.claim_name.clone()),
        (None, Some(_)) => Some(format!("{}-{}", pod.name(), volume.name)),
        _ => None,
    }
}

fn usable<'a>(
    pod: &PodInfo,
    volume: &Volume,
    name: &str,
    volumes: &'a Volumes,
) -> Result<&'a Arc<PersistentVolumeClaim>, Rejection> {
    let Some(claim) = volumes.claim(pod.namespace(), name) else {
        let text = if volume.ephemeral.is_some() {
            format!("waiting for ephemeral volume controller to create the persistentvolumeclaim {name:?}")
        } else {
            format!("persistentvolumeclaim {name:?} not found")
        };
        return Err(Rejection::unresolvable(text));
    };
    if claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Lost") {
        let volume = volume_name(claim);
        let text = format!("persistentvolumeclaim {name:?} bound to non-existent persistentvolume {volume:?}");
        return Err(Rejection::unresolvable(text));
    }
    if claim.metadata.is_terminating() {
        return Err(Rejection::unresolvable(format!("persistentvolumeclaim {name:?} is being deleted")));
    }
    Ok(claim)
}

/// The class of a claim, if it says to wait for the first consumer. A claim that names its volume waits for nobody.
fn delaying_class<'a>(
    claim: &PersistentVolumeClaim,
    volumes: &'a Volumes,
) -> Result<Option<&'a Arc<StorageClass>>, Rejection> {
    let name = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
    let Some(class) = volumes.class(name) else { return Ok(None) };
    match class.volume_binding_mode.as_deref() {
        None => Err(Rejection::unresolvable(format!("VolumeBindingMode not set for StorageClass {name:?}"))),
        Some("WaitForFirstConsumer") if volume_name(claim).is_empty() => Ok(Some(class)),
        Some(_) => Ok(None),
    }
}

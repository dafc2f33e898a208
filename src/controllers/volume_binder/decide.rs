//! What to do about a claim or a volume.
//!
//! Models `pkg/controller/volume/persistentvolume/pv_controller.go`, `syncClaim` and `syncVolume`.

use std::sync::Arc;

use crate::client::{Caches, EventType};
use crate::model::core::{PersistentVolume, PersistentVolumeClaim, Volume};
use crate::model::storage::StorageClass;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};

use super::matching::{claim_class, default_class, find, is_bound_to, mismatch, volume_phase};
use super::step::{BIND_COMPLETED, BOUND_BY_CONTROLLER, Pair, Step};

/// The scheduler's choice for a claim that waits for a consumer. Source: `component-helpers/storage/volume`.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Who made a volume.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The objects that it concerns.
    pub pair: Pair,
    /// Step by step.
    pub steps: Vec<Step>,
    /// What to tell at once, about which object.
    pub told: Vec<(Object, EventType, &'static str, String)>,
    /// It is to be tried again.
    pub fails: bool,
    /// Before anything is done the API server is asked whether this claim is really gone.
    pub ask: bool,
}

fn text(value: Option<&String>) -> &str {
    value.map(String::as_str).unwrap_or_default()
}

/// What to do about a claim.
#[must_use]
pub fn for_claim(claim: &Arc<PersistentVolumeClaim>, caches: &Caches) -> Decision {
    let mut decision = Decision::default();
    decision.pair.claim = Some(Arc::clone(claim));
    let name = text(claim.spec.as_ref().and_then(|spec| spec.volume_name.as_ref()));
    let volume = caches.get::<PersistentVolume>("", name).filter(|_| !name.is_empty());
    decision.pair.volume = volume.cloned();
    if claim.metadata.annotation(BIND_COMPLETED).is_some() {
        bound_claim(claim, name, volume, &mut decision);
    } else if name.is_empty() {
        unbound_claim(claim, caches, &mut decision);
    } else {
        claim_with_choice(claim, volume, &mut decision);
    }
    decision
}

fn bind() -> Vec<Step> {
    vec![Step::BindVolume, Step::VolumePhase("Bound", None), Step::BindClaim, Step::ClaimPhase("Bound", None)]
}

fn bound_claim(
    claim: &PersistentVolumeClaim,
    name: &str,
    volume: Option<&Arc<PersistentVolume>>,
    decision: &mut Decision,
) {
    let lost = |reason: &'static str, text: &str| {
        vec![Step::ClaimPhase("Lost", Some((EventType::Warning, reason, text.to_owned())))]
    };
    let owner = volume.and_then(|volume| volume.spec.as_ref()?.claim_ref.as_ref());
    decision.steps = match (volume, owner) {
        _ if name.is_empty() => {
            lost("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
        }
        (None, _) => lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!"),
        (Some(_), None) => bind(),
        (Some(_), Some(owner)) if owner.uid.as_deref() == Some(claim.metadata.uid()) => bind(),
        _ => lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly"),
    };
}

fn claim_with_choice(
    claim: &Arc<PersistentVolumeClaim>,
    volume: Option<&Arc<PersistentVolume>>,
    decision: &mut Decision,
) {
    decision.steps = vec![Step::ClaimPhase("Pending", None)];
    // One that does not exist yet may come.
    let Some(volume) = volume else { return };
    let is_free = volume.spec.as_ref().is_none_or(|spec| spec.claim_ref.is_none());
    let name = volume.metadata.name();
    let about = Object::from(Arc::clone(claim));
    if is_free && let Some(why) = mismatch(volume, claim) {
        let text = format!("Cannot bind to requested volume \"{name}\": {why}");
        decision.told.push((about, EventType::Warning, "VolumeMismatch", text));
    } else if is_free || is_bound_to(volume, claim) {
        decision.steps = bind();
    } else if claim.metadata.annotation(BOUND_BY_CONTROLLER).is_none() {
        let text = format!("volume \"{name}\" already bound to a different claim.");
        decision.told.push((about, EventType::Warning, "FailedBinding", text));
    } else {
        decision.steps.clear();
        decision.fails = true;
    }
}

fn unbound_claim(claim: &Arc<PersistentVolumeClaim>, caches: &Caches, decision: &mut Decision) {
    let class = caches.get::<StorageClass>("", claim_class(claim));
    let delayed = class.is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"));
    if let Some(volume) = find(claim, caches.all::<PersistentVolume>(), delayed) {
        decision.pair.volume = Some(Arc::clone(volume));
        decision.steps = bind();
        return;
    }
    let has_none = claim.spec.as_ref().is_none_or(|spec| spec.storage_class_name.is_none());
    if has_none && let Some(class) = default_class(caches.all::<StorageClass>()) {
        decision.steps = vec![Step::Class(class.metadata.name().to_owned())];
        return;
    }
    let about = Object::from(Arc::clone(claim));
    let mut tell = |kind, reason, text: String| decision.told.push((about.clone(), kind, reason, text));
    if delayed && claim.metadata.annotation(SELECTED_NODE).is_none() {
        let (reason, text) = waits_for(claim, caches);
        tell(EventType::Normal, reason, text);
    } else if claim_class(claim).is_empty() {
        let text = "no persistent volumes available for this claim and no storage class is set";
        tell(EventType::Normal, "FailedBinding", text.to_owned());
    } else {
        provision(claim, class, decision);
        return;
    }
    decision.steps = vec![Step::ClaimPhase("Pending", None)];
}

/// What a claim that waits for its first consumer says.
fn waits_for(claim: &PersistentVolumeClaim, caches: &Caches) -> (&'static str, String) {
    let uses = |pod: &&Arc<Pod>| {
        let volumes = pod.spec.volumes.as_deref().unwrap_or_default();
        let source = |volume: &Volume| {
            volume.persistent_volume_claim.as_ref().is_some_and(|source| source.claim_name == claim.metadata.name())
        };
        pod.node_name().is_empty() && volumes.iter().any(source)
    };
    let pods: Vec<&str> =
        caches.list::<Pod>(claim.metadata.namespace()).filter(uses).map(|pod| pod.metadata.name()).collect();
    match &pods[..] {
        [] => ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_owned()),
        [pod] => ("WaitForPodScheduled", format!("waiting for pod {pod} to be scheduled")),
        _ => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", pods.join(","))),
    }
}

fn provision(claim: &Arc<PersistentVolumeClaim>, class: Option<&Arc<StorageClass>>, decision: &mut Decision) {
    let about = Object::from(Arc::clone(claim));
    let Some(class) = class else {
        let text = format!("storageclass.storage.k8s.io \"{}\" not found", claim_class(claim));
        decision.told.push((about, EventType::Warning, "ProvisioningFailed", text));
        decision.fails = true;
        return;
    };
    let provisioner = &class.provisioner;
    if provisioner.starts_with("kubernetes.io/") {
        // The provisioners that were part of the controller manager are gone.
        let text = format!("no volume plugin matched name: {provisioner}");
        decision.told.push((about, EventType::Warning, "ProvisioningFailed", text));
        decision.fails = true;
        return;
    }
    let text = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system \
         administrator. If volume creation is delayed, please verify that the provisioner is running and correctly \
         registered."
    );
    decision.told.push((about, EventType::Normal, "ExternalProvisioning", text));
    decision.steps = vec![Step::Provisioner(provisioner.clone())];
}

/// What to do about a volume.
#[must_use]
pub fn for_volume(volume: &Arc<PersistentVolume>, caches: &Caches) -> Decision {
    let mut decision = Decision::default();
    decision.pair.volume = Some(Arc::clone(volume));
    let reference = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
    let Some(reference) = reference.filter(|reference| !text(reference.uid.as_ref()).is_empty()) else {
        decision.steps = vec![Step::VolumePhase("Available", None)];
        return decision;
    };
    let claim = caches.get::<PersistentVolumeClaim>(text(reference.namespace.as_ref()), text(reference.name.as_ref()));
    let Some(claim) = claim.filter(|claim| claim.metadata.uid == reference.uid) else {
        // A claim that the cache does not know may be too new for it.
        decision.ask = !matches!(volume_phase(volume), "Released" | "Failed");
        decision.steps = release(volume);
        return decision;
    };
    let name = text(claim.spec.as_ref().and_then(|spec| spec.volume_name.as_ref()));
    if name == volume.metadata.name() {
        decision.steps = vec![Step::VolumePhase("Bound", None)];
    } else if !name.is_empty() {
        let made_for_it = volume.metadata.annotation(PROVISIONED_BY).is_some() && reclaim_policy(volume) == "Delete";
        let free = vec![Step::UnbindVolume, Step::VolumePhase("Available", None)];
        decision.steps = if made_for_it { release(volume) } else { free };
    }
    decision
}

fn reclaim_policy(volume: &PersistentVolume) -> &str {
    let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    policy.unwrap_or("Retain")
}

/// A volume whose claim is gone: kept or deleted, as its policy says.
fn release(volume: &PersistentVolume) -> Vec<Step> {
    let mut steps = Vec::new();
    // A failure stays to be seen while it is tried again.
    if volume_phase(volume) != "Failed" {
        steps.push(Step::VolumePhase("Released", None));
    }
    let failed =
        |reason: &'static str, text: String| Step::VolumePhase("Failed", Some((EventType::Warning, reason, text)));
    match reclaim_policy(volume) {
        "Delete" if volume.metadata.annotation(PROVISIONED_BY).is_some_and(|by| !by.starts_with("kubernetes.io/")) => {}
        "Delete" => steps.push(match undeletable(volume) {
            Some(why) => failed("VolumeFailedDelete", why),
            None => Step::DeleteVolume,
        }),
        "Recycle" => {
            let text = format!("no recyclable volume plugin matched for volume \"{}\"", volume.metadata.name());
            steps.push(failed("VolumeFailedRecycle", text));
        }
        _ => {}
    }
    steps
}

/// Why the data of a volume cannot be deleted from here. Source: `pkg/volume/hostpath/host_path.go`, `Delete`.
fn undeletable(volume: &PersistentVolume) -> Option<String> {
    let path = volume.spec.as_ref().and_then(|spec| spec.host_path.as_ref()).map(|source| source.path.as_str());
    match path {
        Some(path) if path.find("/tmp/").is_some_and(|at| path.len() > at + "/tmp/".len()) => None,
        Some(path) => Some(format!("host_path deleter only supports /tmp/.+ but received provided {path}")),
        None => {
            let name = volume.metadata.name();
            Some(format!(
                "error getting deleter volume plugin for volume \"{name}\": no deletable volume plugin matched"
            ))
        }
    }
}

/// The claim that a volume names, if its binding is not complete: it is looked at when the volume changes.
#[must_use]
pub fn claim_to_finish(volume: &PersistentVolume, caches: &Caches) -> Option<ObjectKey> {
    let reference = volume.spec.as_ref()?.claim_ref.as_ref()?;
    let (namespace, name) = (text(reference.namespace.as_ref()), text(reference.name.as_ref()));
    let claim = caches.get::<PersistentVolumeClaim>(namespace, name)?;
    let unfinished = claim.spec.as_ref().is_some_and(|spec| text(spec.volume_name.as_ref()).is_empty());
    unfinished.then(|| ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name))
}

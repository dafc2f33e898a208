//! The writes by which claims and volumes are joined and parted, each made on the newest state of its object.
//!
//! Models `pkg/controller/volume/persistentvolume/pv_controller.go`, `bind` and what it calls.

use std::sync::Arc;

use crate::client::{Ctx, EventType, Request, Subresource, Verb, reference};
use crate::model::core::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use crate::model::{Kind, Meta, Object, time};

use super::matching::{is_bound_to, volume_phase};

/// The claim, or the volume, was bound by this controller and not by a person. Source: `component-helpers/storage/volume`.
pub const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// The claim has been bound once.
pub const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// Who is to make a volume for the claim.
const PROVISIONER: [&str; 2] =
    ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];

/// A text to tell once a step was made.
pub type Told = (EventType, &'static str, String);

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The volume names the claim.
    BindVolume,
    /// The volume forgets the claim, or, if a person reserved it, only which one of that name.
    UnbindVolume,
    /// The volume is in this phase.
    VolumePhase(&'static str, Option<Told>),
    /// The claim names the volume.
    BindClaim,
    /// The claim is in this phase.
    ClaimPhase(&'static str, Option<Told>),
    /// The claim names who is to make its volume.
    Provisioner(String),
    /// The claim gets a class.
    Class(String),
    /// The volume goes.
    DeleteVolume,
}

/// The two objects of a step, as last seen.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// The volume.
    pub volume: Option<Arc<PersistentVolume>>,
    /// The claim.
    pub claim: Option<Arc<PersistentVolumeClaim>>,
}

impl Pair {
    /// Takes in the newer state of one of the two.
    pub fn replace(&mut self, object: &Object) {
        match object {
            Object::PersistentVolume(volume) => self.volume = Some(Arc::clone(volume)),
            Object::PersistentVolumeClaim(claim) => self.claim = Some(Arc::clone(claim)),
            _ => {}
        }
    }

    /// The call that makes a step; `None` when it is made already.
    #[must_use]
    pub fn request(&self, step: &Step, ctx: &Ctx<'_>) -> Option<Request> {
        let update = |object: Object| ctx.request_with(Verb::Update, object);
        let (volume, claim) = (self.volume.as_deref(), self.claim.as_deref());
        match step {
            Step::BindVolume => Some(update(bind_volume(volume?, claim?)?.into())),
            Step::UnbindVolume => Some(update(unbind_volume(volume?)?.into())),
            Step::VolumePhase(phase, told) => {
                let volume = with_phase(volume?, phase, told.as_ref(), ctx)?;
                Some(update(volume.into()).part(Subresource::Status))
            }
            Step::BindClaim => Some(update(bind_claim(claim?, volume?)?.into())),
            Step::ClaimPhase(phase, _) => {
                let volume = volume.filter(|_| *phase == "Bound");
                Some(update(claim_status(claim?, phase, volume)?.into()).part(Subresource::Status))
            }
            Step::Provisioner(name) => Some(update(with_provisioner(claim?, name)?.into())),
            Step::Class(name) => {
                let mut claim = claim?.clone();
                claim.spec.get_or_insert_default().storage_class_name = Some(name.clone());
                Some(update(claim.into()))
            }
            Step::DeleteVolume => Some(ctx.deletion(Kind::PersistentVolume, &volume?.metadata)),
        }
    }
}

/// The reference by which a volume names a claim.
#[must_use]
fn claim_reference(claim: &PersistentVolumeClaim) -> ObjectReference {
    reference(&Object::from(claim.clone()))
}

fn bind_volume(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> Option<PersistentVolume> {
    let mut bound = volume.clone();
    let by_controller = !is_bound_to(volume, claim);
    let spec = bound.spec.get_or_insert_default();
    let named = spec.claim_ref.as_ref().is_some_and(|named| named.uid.as_deref() == Some(claim.metadata.uid()));
    if !named || by_controller {
        spec.claim_ref = Some(claim_reference(claim));
    }
    let marked = volume.metadata.annotation(BOUND_BY_CONTROLLER).is_some();
    if by_controller && !marked {
        mark(&mut bound.metadata.annotations, BOUND_BY_CONTROLLER);
    }
    (bound != *volume).then_some(bound)
}

fn unbind_volume(volume: &PersistentVolume) -> Option<PersistentVolume> {
    let mut free = volume.clone();
    let by_controller = free.metadata.annotations.as_mut().and_then(|all| all.remove(BOUND_BY_CONTROLLER)).is_some();
    let spec = free.spec.get_or_insert_default();
    if by_controller {
        spec.claim_ref = None;
    } else if let Some(reference) = &mut spec.claim_ref {
        reference.uid = None;
    }
    (free != *volume).then_some(free)
}

fn with_phase(volume: &PersistentVolume, phase: &str, told: Option<&Told>, ctx: &Ctx<'_>) -> Option<PersistentVolume> {
    if volume_phase(volume) == phase {
        return None;
    }
    let mut volume = volume.clone();
    let status = volume.status.get_or_insert_default();
    status.phase = Some(phase.to_owned());
    status.message = told.map(|(_, _, text)| text.clone());
    status.last_phase_transition_time = Some(time::time(ctx.now));
    Some(volume)
}

fn bind_claim(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> Option<PersistentVolumeClaim> {
    let mut bound = claim.clone();
    let spec = bound.spec.get_or_insert_default();
    if spec.volume_name.as_deref() != Some(volume.metadata.name()) {
        spec.volume_name = Some(volume.metadata.name().to_owned());
        if claim.metadata.annotation(BOUND_BY_CONTROLLER).is_none() {
            mark(&mut bound.metadata.annotations, BOUND_BY_CONTROLLER);
        }
    }
    if claim.metadata.annotation(BIND_COMPLETED).is_none() {
        mark(&mut bound.metadata.annotations, BIND_COMPLETED);
    }
    (bound != *claim).then_some(bound)
}

fn mark(annotations: &mut Option<std::collections::BTreeMap<String, String>>, key: &str) {
    annotations.get_or_insert_default().insert(key.to_owned(), "yes".to_owned());
}

fn claim_status(
    claim: &PersistentVolumeClaim,
    phase: &str,
    volume: Option<&PersistentVolume>,
) -> Option<PersistentVolumeClaim> {
    let mut told = claim.clone();
    let status = told.status.get_or_insert_default();
    // The capacity is that of the volume when the claim was bound; it grows by other hands.
    let becomes_bound = status.phase.as_deref() != Some("Bound");
    status.phase = Some(phase.to_owned());
    match volume.and_then(|volume| volume.spec.as_ref()) {
        None => {
            status.access_modes = None;
            status.capacity = None;
        }
        Some(spec) => {
            status.access_modes.clone_from(&spec.access_modes);
            if becomes_bound {
                status.capacity.clone_from(&spec.capacity);
            }
        }
    }
    (told != *claim).then_some(told)
}

fn with_provisioner(claim: &PersistentVolumeClaim, name: &str) -> Option<PersistentVolumeClaim> {
    let mut claim = claim.clone();
    let annotations = claim.metadata.annotations.get_or_insert_default();
    let mut changed = false;
    for key in PROVISIONER {
        changed |= annotations.insert(key.to_owned(), name.to_owned()).as_deref() != Some(name);
    }
    changed.then_some(claim)
}

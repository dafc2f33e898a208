//! The two protection controllers: a claim that a Pod uses, and a volume that is bound, do not go before they are let go.
//!
//! Models `pkg/controller/volume/pvcprotection` and `pkg/controller/volume/pvprotection`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Caches, Call, Controller, Ctx, Delta, Enqueue, Outcome, Payload, Plan, Recorder, Request, Verb, Verdict,
};
use crate::model::core::{PersistentVolume, PersistentVolumeClaim};
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Resource};

/// The finalizers. Source: `pkg/volume/util/finalizer.go`.
const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";

/// What a call is for.
const LIST: u64 = 1;

/// Keeps claims as long as a Pod uses them.
#[derive(Clone, Debug, Default)]
pub struct ClaimProtection {
    /// Claims to let go when no Pod on the API server uses them either.
    asking: BTreeMap<ObjectKey, Arc<PersistentVolumeClaim>>,
}

/// Keeps volumes as long as they are bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct VolumeProtection;

impl Controller for ClaimProtection {
    fn name(&self) -> &'static str {
        "persistentvolumeclaim-protection-controller"
    }

    fn account(&self) -> &'static str {
        "pvc-protection-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::PersistentVolumeClaim, Kind::Pod]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object() {
            Object::PersistentVolumeClaim(claim) if !delta.is_removal() && wants(&claim.metadata, CLAIM_FINALIZER) => {
                enqueue.add(delta.object().key());
            }
            Object::Pod(pod) if delta.is_removal() || pod.is_terminal() => {
                for name in claims_of(pod) {
                    if caches.get::<PersistentVolumeClaim>(pod.metadata.namespace(), name).is_some() {
                        enqueue.add(ObjectKey::new(Kind::PersistentVolumeClaim, pod.metadata.namespace(), name));
                    }
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(claim) = caches.get::<PersistentVolumeClaim>(&key.namespace, &key.name) else { return Plan::none() };
        if !wants(&claim.metadata, CLAIM_FINALIZER) {
            return Plan::none();
        }
        if !claim.metadata.is_terminating() {
            return Plan::call(ctx.request_with(Verb::Update, with_finalizer(&**claim, CLAIM_FINALIZER)));
        }
        if caches.list::<Pod>(&key.namespace).any(|pod| uses(pod, &key.name)) {
            return Plan::none();
        }
        // The cache may not have heard of the newest Pod.
        self.asking.insert(key.clone(), Arc::clone(claim));
        let request = ctx.request(Verb::List, Kind::Pod, &key.namespace);
        Plan::none().stage(vec![Call { request, tag: LIST }])
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        _: &mut Recorder,
        _: &mut Ctx<'_>,
    ) -> Verdict {
        if call.tag == LIST
            && let Ok(response) = outcome
            && let Payload::List(list) = &response.payload
            && list.items.iter().filter_map(|item| item.get::<Pod>()).any(|pod| uses(pod, &key.name))
        {
            self.asking.remove(key);
        }
        verdict(outcome)
    }

    fn proceed(&mut self, key: &ObjectKey, verdict: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        match self.asking.remove(key).filter(|_| verdict == Verdict::Continue) {
            Some(claim) => Plan::call(let_go(&*claim, CLAIM_FINALIZER, ctx)),
            None => Plan::none(),
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl Controller for VolumeProtection {
    fn name(&self) -> &'static str {
        "persistentvolume-protection-controller"
    }

    fn account(&self) -> &'static str {
        "pv-protection-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::PersistentVolume]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        if !delta.is_removal() && wants(delta.object().meta(), VOLUME_FINALIZER) {
            enqueue.add(delta.object().key());
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(volume) = caches.get::<PersistentVolume>("", &key.name) else { return Plan::none() };
        let is_bound = volume.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Bound"));
        if !wants(&volume.metadata, VOLUME_FINALIZER) {
            Plan::none()
        } else if !volume.metadata.is_terminating() {
            Plan::call(ctx.request_with(Verb::Update, with_finalizer(&**volume, VOLUME_FINALIZER)))
        } else if is_bound {
            Plan::none()
        } else {
            Plan::call(let_go(&**volume, VOLUME_FINALIZER, ctx))
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}

/// One that goes still has its finalizer, or one that stays lacks it.
fn wants(meta: &ObjectMeta, finalizer: &str) -> bool {
    meta.is_terminating() == meta.has_finalizer(finalizer)
}

fn with_finalizer<R: Resource>(object: &R, finalizer: &str) -> R {
    let mut object = object.clone();
    object.meta_mut().finalizers.get_or_insert_default().push(finalizer.to_owned());
    object
}

fn let_go<R: Resource>(object: &R, finalizer: &str, ctx: &Ctx<'_>) -> Request
where
    Object: From<R>,
{
    let mut object = object.clone();
    object.meta_mut().finalizers.get_or_insert_default().retain(|one| one != finalizer);
    ctx.request_with(Verb::Update, object)
}

fn verdict(outcome: &Outcome) -> Verdict {
    Verdict::or_gone(outcome, Verdict::Continue)
}

fn claims_of(pod: &Pod) -> impl Iterator<Item = &str> {
    let volumes = pod.spec.volumes.as_deref().unwrap_or_default();
    volumes.iter().filter_map(|volume| Some(volume.persistent_volume_claim.as_ref()?.claim_name.as_str()))
}

/// Only a Pod that is bound to a node uses a claim: no kubelet starts one whose claim is going.
fn uses(pod: &Pod, claim: &str) -> bool {
    !pod.node_name().is_empty() && claims_of(pod).any(|name| name == claim)
}

//! The volume binder: joins claims and volumes, and decides what becomes of a volume whose claim is gone.
//!
//! Models `pkg/controller/volume/persistentvolume`. **Not modelled:** provisioning by the controller manager itself (gone from
//! Kubernetes), the recycler, and the removal of a host's directory when a `hostPath` volume under `/tmp` is deleted.
//!
//! Reading order: [`matching`], [`step`], [`decide`], then this file.

pub mod decide;
pub mod matching;
pub mod step;

use std::collections::{BTreeMap, VecDeque};

use crate::client::{
    Caches, Call, Controller, Ctx, Delta, Enqueue, Outcome, Plan, Reason, Recorder, Request, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::core::{PersistentVolume, PersistentVolumeClaim};
use crate::model::{Kind, Object, ObjectKey};

use step::{Pair, Step};

/// `--pvclaimbinder-sync-period`.
const RESYNC: SimDuration = SimDuration::from_secs(15);

/// What a call is for.
const ASK: u64 = 1;
const STEP: u64 = 2;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct VolumeBinder {
    syncs: BTreeMap<ObjectKey, Sync>,
}

/// One look at one object.
#[derive(Clone, Debug)]
struct Sync {
    pair: Pair,
    steps: VecDeque<Step>,
    running: Option<Step>,
    fails: bool,
}

impl Controller for VolumeBinder {
    fn name(&self) -> &'static str {
        "persistentvolume-binder-controller"
    }

    fn account(&self) -> &'static str {
        "persistent-volume-binder"
    }

    fn event_source(&self) -> &'static str {
        "persistentvolume-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::PersistentVolume, Kind::PersistentVolumeClaim, Kind::StorageClass, Kind::Pod]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object() {
            Object::PersistentVolume(volume) => {
                if let Some(claim) = decide::claim_to_finish(volume, caches) {
                    enqueue.add(claim);
                }
                if let Some(claim) = claim_of(volume).filter(|_| delta.is_removal()) {
                    enqueue.add(claim);
                }
                enqueue.add(delta.object().key());
            }
            Object::PersistentVolumeClaim(claim) => {
                let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref());
                if let Some(volume) = volume.filter(|_| delta.is_removal()) {
                    enqueue.add(ObjectKey::new(Kind::PersistentVolume, "", volume));
                }
                enqueue.add(delta.object().key());
            }
            _ => {}
        }
    }

    fn period(&self) -> Option<SimDuration> {
        Some(RESYNC)
    }

    fn on_tick(&mut self, caches: &Caches, enqueue: &mut Enqueue, _: &mut Ctx<'_>) {
        for kind in [Kind::PersistentVolume, Kind::PersistentVolumeClaim] {
            for object in caches.store(kind).into_iter().flat_map(|store| store.iter()) {
                enqueue.add(object.key());
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let (namespace, name) = (&key.namespace, &key.name);
        let decision = match key.kind {
            Kind::PersistentVolume => {
                caches.get::<PersistentVolume>("", name).map(|volume| decide::for_volume(volume, caches))
            }
            _ => caches.get::<PersistentVolumeClaim>(namespace, name).map(|claim| decide::for_claim(claim, caches)),
        };
        let Some(decision) = decision else { return Plan::none() };
        for (about, kind, reason, text) in decision.told {
            recorder.event(ctx, &about, kind, reason, text);
        }
        let asked = decision.pair.volume.as_ref().filter(|_| decision.ask).and_then(|volume| claim_of(volume));
        let (pair, steps) = (decision.pair, decision.steps.into());
        self.syncs.insert(key.clone(), Sync { pair, steps, running: None, fails: decision.fails });
        match asked {
            Some(claim) => {
                let request = ctx.request(Verb::Get, claim.kind, &claim.namespace).named(claim.name);
                Plan::none().stage(vec![Call { request, tag: ASK }])
            }
            None => Plan::none(),
        }
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        let Some(sync) = self.syncs.get_mut(key) else { return Verdict::Drop };
        if call.tag == ASK {
            return sync.on_asked(outcome);
        }
        let step = sync.running.take();
        match outcome {
            Ok(response) => {
                let Some(object) = response.object() else { return Verdict::Continue };
                if !matches!(step, Some(Step::DeleteVolume)) {
                    sync.pair.replace(object);
                }
                if let Some(Step::VolumePhase(_, Some(told)) | Step::ClaimPhase(_, Some(told))) = step {
                    recorder.event(ctx, object, told.0, told.1, told.2);
                }
                Verdict::Continue
            }
            Err(status) if status.is(Reason::NotFound) => Verdict::Drop,
            Err(_) => Verdict::Retry,
        }
    }

    fn proceed(&mut self, key: &ObjectKey, verdict: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key).filter(|_| verdict == Verdict::Continue) else {
            self.syncs.remove(key);
            return Plan::none();
        };
        if let Some(request) = sync.next(ctx) {
            return Plan::none().stage(vec![Call { request, tag: STEP }]);
        }
        let fails = sync.fails;
        self.syncs.remove(key);
        if fails { Plan::failed() } else { Plan::none() }
    }

    /// One at a time, as two claims must not be given one volume.
    fn workers(&self) -> usize {
        1
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl Sync {
    /// The claim that was thought to be gone is there: nothing is released.
    fn on_asked(&mut self, outcome: &Outcome) -> Verdict {
        let uid = self.pair.volume.as_ref().and_then(|volume| volume.spec.as_ref()?.claim_ref.as_ref()?.uid.clone());
        match outcome {
            Ok(response) => {
                if response.object().is_some_and(|claim| claim.meta().uid == uid) {
                    self.steps.clear();
                }
                Verdict::Continue
            }
            Err(status) if status.is(Reason::NotFound) => Verdict::Continue,
            Err(_) => Verdict::Retry,
        }
    }

    fn next(&mut self, ctx: &Ctx<'_>) -> Option<Request> {
        while let Some(step) = self.steps.pop_front() {
            if let Some(request) = self.pair.request(&step, ctx) {
                self.running = Some(step);
                return Some(request);
            }
        }
        None
    }
}

/// The claim that a volume names.
fn claim_of(volume: &PersistentVolume) -> Option<ObjectKey> {
    let reference = volume.spec.as_ref()?.claim_ref.as_ref()?;
    let (namespace, name) = (reference.namespace.as_deref()?, reference.name.as_deref()?);
    Some(ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name))
}

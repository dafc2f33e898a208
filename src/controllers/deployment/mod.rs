//! The Deployment controller: brings the Pods of a template from one revision to the next without losing more than allowed.
//!
//! Models `pkg/controller/deployment`. **Not modelled:** the annotation `deprecated.deployment.rollback.to` of the API that
//! was removed with v1.16.
//!
//! What comes in: a [`View`] of the Deployment and its ReplicaSets. [`decide`](decide::decide) turns it
//! into [`Step`](step::Step)s, which are carried out one after another, each on what the one before brought.
//!
//! Reading order: [`bounds`], [`hash`], [`replica_sets`], [`annotations`], [`conditions`], [`step`], [`revision`], [`rolling`],
//! [`recreate`], [`scaling`], [`status`], [`decide`], [`mod@explain`], then this file.

pub mod annotations;
pub mod bounds;
pub mod conditions;
pub mod decide;
pub mod explain;
pub mod hash;
pub mod recreate;
pub mod replica_sets;
pub mod revision;
pub mod rolling;
pub mod scaling;
pub mod status;
pub mod step;
mod sync;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Plan, Reason, Recorder, Subresource, Verb,
    Verdict,
};
use crate::model::apps::{Deployment, ReplicaSet};
use crate::model::metav1::LabelSelector;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Resource, Selector};

use super::claim::{Orphans, checked, claim};
pub use explain::{Standing, explain};
use replica_sets::View;
use sync::Sync;

/// What a call of the plan is for; every other call belongs to a step.
const CHECK: u64 = 1;
const CLAIM: u64 = 2;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct DeploymentController {
    orphans: Orphans,
    syncs: BTreeMap<ObjectKey, Sync>,
}

impl Controller for DeploymentController {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Deployment, Kind::ReplicaSet, Kind::Pod]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object().kind() {
            Kind::Deployment => enqueue.add(delta.object().key()),
            Kind::ReplicaSet => {
                self.orphans.observe(delta);
                on_replica_set(delta, caches, enqueue);
            }
            _ if delta.is_removal() => on_pod_gone(delta, caches, enqueue),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(deployment) = caches.get::<Deployment>(&key.namespace, &key.name) else { return Plan::none() };
        let Some(spec) = &deployment.spec else { return Plan::none() };
        if spec.selector == LabelSelector::default() {
            return selects_all(deployment, recorder, ctx);
        }
        let Ok(selector) = Selector::from_typed(Some(&spec.selector)) else { return Plan::none() };
        let owned = caches.controlled_by::<ReplicaSet>(deployment.metadata.uid());
        let orphans = self.orphans.in_namespace::<ReplicaSet>(&key.namespace, caches);
        let claim = claim(&deployment.metadata, &selector, owned, orphans);
        let tagged = |tag| move |request| Call { request, tag };
        let plan = Plan::none()
            .stage(claim.check(Kind::Deployment, &deployment.metadata, ctx).into_iter().map(tagged(CHECK)).collect())
            .stage(claim.patches(Kind::Deployment, &deployment.metadata, ctx).into_iter().map(tagged(CLAIM)).collect());
        let view = View::new(Arc::clone(deployment), claim.claimed, ctx.now);
        let old_pods = has_old_pods(&view, caches);
        let decision = decide::decide(&view, old_pods);
        let mut sync = Sync::new(view, decision);
        sync.remember_name(caches);
        self.syncs.insert(key.clone(), sync);
        plan
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        let Some(sync) = self.syncs.get_mut(key) else { return Verdict::Continue };
        match call.tag {
            CHECK => checked(sync.uid(), outcome),
            CLAIM => match outcome {
                Err(status) if !status.is(Reason::NotFound) && !status.is(Reason::Invalid) => Verdict::Retry,
                _ => Verdict::Continue,
            },
            _ => sync.on_outcome(outcome, recorder, ctx),
        }
    }

    fn proceed(&mut self, key: &ObjectKey, verdict: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key).filter(|_| verdict == Verdict::Continue) else {
            self.syncs.remove(key);
            return Plan::none();
        };
        let plan = sync.next(ctx);
        if plan.stages.is_empty() {
            self.syncs.remove(key);
        }
        plan
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

/// An empty selector means every Pod of the namespace, which nobody wants.
fn selects_all(deployment: &Arc<Deployment>, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
    let text = "This deployment is selecting all pods. A non-empty selector is required.";
    recorder.event(ctx, &Object::from(Arc::clone(deployment)), EventType::Warning, "SelectingAll", text);
    let generation = deployment.metadata.generation;
    if deployment.status.as_ref().and_then(|status| status.observed_generation) >= generation {
        return Plan::none();
    }
    let mut deployment = (**deployment).clone();
    deployment.status.get_or_insert_default().observed_generation = generation;
    Plan::call(ctx.request_with(Verb::Update, deployment).part(Subresource::Status))
}

/// The Deployment that manages a ReplicaSet, if it is the one in the cache.
fn owner<'a>(rs: &ReplicaSet, caches: &'a Caches) -> Option<&'a Arc<Deployment>> {
    let owner = rs.metadata.controller().filter(|owner| owner.kind == Kind::Deployment.name())?;
    let deployment = caches.get::<Deployment>(rs.metadata.namespace(), &owner.name)?;
    (deployment.metadata.uid() == owner.uid).then_some(deployment)
}

fn key_of(deployment: &Deployment) -> ObjectKey {
    ObjectKey::new(Kind::Deployment, deployment.metadata.namespace(), deployment.metadata.name())
}

fn on_replica_set(delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
    let (old, new) = (delta.old.as_ref().and_then(ReplicaSet::of), delta.new.as_ref().and_then(ReplicaSet::of));
    let owner_uid = |rs: &&Arc<ReplicaSet>| rs.metadata.controller().map(|owner| owner.uid.clone());
    let moved = old.map(|rs| owner_uid(&rs)) != new.map(|rs| owner_uid(&rs));
    if moved && let Some(deployment) = old.and_then(|rs| owner(rs, caches)) {
        enqueue.add(key_of(deployment));
    }
    let Some(rs) = new else { return };
    if let Some(deployment) = owner(rs, caches) {
        enqueue.add(key_of(deployment));
    } else if rs.metadata.controller().is_none() && !rs.metadata.label_map().is_empty() {
        enqueue_matching(rs, caches, enqueue);
    }
}

/// Every Deployment that may adopt an orphan.
fn enqueue_matching(rs: &ReplicaSet, caches: &Caches, enqueue: &mut Enqueue) {
    for deployment in caches.list::<Deployment>(rs.metadata.namespace()) {
        let selector = Selector::from_typed(deployment.spec.as_ref().map(|spec| &spec.selector));
        let selector = selector.unwrap_or(Selector::nothing());
        if !selector.is_empty() && selector.matches(rs.metadata.label_map()) {
            enqueue.add(key_of(deployment));
        }
    }
}

/// A Recreate rollout waits until its last Pod is gone.
fn on_pod_gone(delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
    let Some(pod) = delta.old.as_ref().and_then(Pod::of) else { return };
    let Some(reference) = pod.metadata.controller().filter(|owner| owner.kind == Kind::ReplicaSet.name()) else {
        return;
    };
    let rs = caches.get::<ReplicaSet>(pod.metadata.namespace(), &reference.name);
    let Some(deployment) = rs.and_then(|rs| owner(rs, caches)) else { return };
    if bounds::is_rolling(deployment) {
        return;
    }
    let mut sets = caches.controlled_by::<ReplicaSet>(deployment.metadata.uid());
    if sets.all(|rs| caches.controlled_by::<Pod>(rs.metadata.uid()).next().is_none()) {
        enqueue.add(key_of(deployment));
    }
}

/// Whether a Pod of another ReplicaSet than the new one has not ended; asked for Recreate alone.
fn has_old_pods(view: &View, caches: &Caches) -> bool {
    !bounds::is_rolling(&view.deployment)
        && view.old.iter().any(|rs| caches.controlled_by::<Pod>(rs.metadata.uid()).any(|pod| !pod.is_terminal()))
}

#[cfg(test)]
mod tests;

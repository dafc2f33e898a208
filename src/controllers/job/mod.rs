//! The Job controller: Pods that end, as often as was asked.
//!
//! Models `pkg/controller/job/job_controller.go`. A Pod that has ended is first written down as not counted yet, then loses
//! the finalizer that kept it, then is counted: so that none is counted twice or not at all.
//!
//! **Not modelled:** `managedBy`, which is stored. A Pod that failed gives up its finalizer before its index is tried again.
//!
//! Reading order: [`census`] (how the Pods are), [`backoff`], [`conditions`] (how a Job ends), [`indexes`], [`policies`], [`pods`] (those it makes),
//! `sync` (one look at one Job), then this file.

pub mod backoff;
pub mod census;
pub mod conditions;
pub mod indexes;
pub mod pods;
pub mod policies;
mod sync;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, Outcome, PatchType, Plan, Reason, Recorder, Verb, Verdict,
};
use crate::model::batch::Job;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Resource};

use super::expectations::Expectations;
use census::Census;
use sync::{CREATE, DELETE, STATUS, Sync, UNTRACK};

/// What keeps a Pod until it has been counted. Source: `batch.JobTrackingFinalizer`.
pub const FINALIZER: &str = "batch.kubernetes.io/job-tracking";

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct JobController {
    expectations: Expectations,
    syncs: BTreeMap<ObjectKey, Sync>,
}

impl Controller for JobController {
    fn name(&self) -> &'static str {
        "job-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Job, Kind::Pod]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object() {
            Object::Pod(pod) => self.on_pod(delta, pod, caches, enqueue),
            job => {
                if delta.is_removal() {
                    self.expectations.forget(&job.key());
                    // Its Pods must not be kept by a finalizer that nobody takes off.
                    for pod in caches.controlled_by::<Pod>(job.meta().uid()).filter(|pod| is_tracked(pod)) {
                        enqueue.add(Object::from(Arc::clone(pod)).key());
                    }
                }
                enqueue.add(job.key());
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        if key.kind == Kind::Pod {
            return release(key, caches, ctx);
        }
        let Some(job) = caches.get::<Job>(&key.namespace, &key.name) else { return Plan::none() };
        if conditions::is_finished(job) || job.metadata.is_terminating() {
            return Plan::none();
        }
        let pods: Vec<Arc<Pod>> = caches.controlled_by::<Pod>(job.metadata.uid()).cloned().collect();
        let census = Census::of(job, &pods, ctx.now);
        let may_manage = self.expectations.satisfied(key, ctx.now);
        let (sync, plan) = Sync::begin(job, census, may_manage, &mut self.expectations, ctx);
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
        let Some(sync) = self.syncs.get_mut(key) else { return plain(outcome) };
        match call.tag {
            CREATE => sync.pods.on_created(outcome, &mut self.expectations, recorder, ctx),
            DELETE => sync.pods.on_deleted(&call.request.name, outcome, &mut self.expectations, recorder, ctx),
            UNTRACK => {
                if plain(outcome) == Verdict::Continue {
                    sync.untracked(&call.request.name);
                }
                plain(outcome)
            }
            STATUS => match outcome {
                Ok(response) => {
                    if let Some(job) = response.object().and_then(Job::of) {
                        sync.stored(job);
                    }
                    Verdict::Continue
                }
                Err(status) if status.is(Reason::NotFound) => Verdict::Drop,
                Err(_) => Verdict::Retry,
            },
            _ => plain(outcome),
        }
    }

    fn proceed(&mut self, key: &ObjectKey, verdict: Verdict, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key) else { return Plan::none() };
        sync.pods.settle(&mut self.expectations);
        if let Some(plan) = sync.next(verdict, recorder, ctx) {
            return plan;
        }
        let requeue_after = sync.requeue_after;
        self.syncs.remove(key);
        Plan { requeue_after, ..Plan::none() }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl JobController {
    fn on_pod(&mut self, delta: &Delta, pod: &Arc<Pod>, caches: &Caches, enqueue: &mut Enqueue) {
        let Some(owner) = pod.metadata.controller().filter(|owner| owner.kind == Kind::Job.name()) else { return };
        let key = ObjectKey::new(Kind::Job, pod.metadata.namespace(), owner.name.as_str());
        let job = caches.get::<Job>(&key.namespace, &key.name).filter(|job| job.metadata.uid() == owner.uid);
        let is_over = job.is_none_or(|job| conditions::is_finished(job) || job.metadata.is_terminating());
        if is_over && is_tracked(pod) && !delta.is_removal() {
            enqueue.add(Object::from(Arc::clone(pod)).key());
        }
        if job.is_none() {
            return;
        }
        if delta.old.is_none() {
            self.expectations.creation_observed(&key);
        }
        let begins_to_end = pod.metadata.deletion_timestamp.is_some()
            && delta.old.as_ref().and_then(Pod::of).is_none_or(|old| old.metadata.deletion_timestamp.is_none());
        if delta.is_removal() || begins_to_end {
            self.expectations.deletion_observed(&key, pod.metadata.uid());
        }
        enqueue.add(key);
    }
}

/// Whether a Pod is kept until it has been counted.
#[must_use]
pub fn is_tracked(pod: &Pod) -> bool {
    pod.metadata.finalizers.iter().flatten().any(|one| one == FINALIZER)
}

/// Takes the finalizer off.
fn untrack(pod: &Pod, ctx: &Ctx<'_>) -> Call {
    let body = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": [FINALIZER], "uid": pod.metadata.uid()}});
    let request = ctx.request(Verb::Patch, Kind::Pod, pod.metadata.namespace()).named(pod.metadata.name());
    Call { request: request.body(Body::Patch(PatchType::Strategic, body)), tag: UNTRACK }
}

/// A Pod whose Job is gone or over is kept no longer. Source: `syncOrphanPod`.
fn release(key: &ObjectKey, caches: &Caches, ctx: &Ctx<'_>) -> Plan {
    let Some(pod) = caches.get::<Pod>(&key.namespace, &key.name).filter(|pod| is_tracked(pod)) else {
        return Plan::none();
    };
    let owner = pod.metadata.controller().map(|owner| (owner.name.clone(), owner.uid.clone())).unwrap_or_default();
    let job = caches.get::<Job>(&key.namespace, &owner.0).filter(|job| job.metadata.uid() == owner.1);
    if job.is_some_and(|job| !conditions::is_finished(job) && !job.metadata.is_terminating()) {
        return Plan::none();
    }
    Plan::none().stage(vec![untrack(pod, ctx)])
}

fn plain(outcome: &Outcome) -> Verdict {
    match outcome {
        Ok(_) => Verdict::Continue,
        // The Pod is gone, or is another one by now.
        Err(status) if status.is(Reason::NotFound) || status.is(Reason::Invalid) => Verdict::Continue,
        Err(_) => Verdict::Retry,
    }
}

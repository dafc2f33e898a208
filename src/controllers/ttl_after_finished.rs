//! The TTL-after-finished controller: takes Jobs away some time after they have ended.
//!
//! Models `pkg/controller/ttlafterfinished/ttlafterfinished_controller.go`.

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, Outcome, Plan, Propagation, Reason, Recorder,
    Verb, Verdict,
};
use crate::engine::{SimDuration, SimTime};
use crate::model::batch::Job;
use crate::model::{Kind, Meta, ObjectKey, time};

use super::job::conditions::holding;

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct TtlAfterFinishedController;

impl Controller for TtlAfterFinishedController {
    fn name(&self) -> &'static str {
        "ttl-after-finished-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Job]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        let job = delta.object().get::<Job>();
        if !delta.is_removal() && job.is_some_and(|job| !job.metadata.is_terminating() && expires_at(job).is_some()) {
            enqueue.add(delta.object().key());
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let job = caches.get::<Job>(&key.namespace, &key.name).filter(|job| !job.metadata.is_terminating());
        let Some((job, at)) = job.and_then(|job| Some((job, expires_at(job)?))) else { return Plan::none() };
        if at > ctx.now {
            return Plan::after(at.since(ctx.now));
        }
        let options = DeleteOptions {
            propagation: Some(Propagation::Foreground),
            uid: Some(job.metadata.uid().into()),
            resource_version: Some(job.metadata.revision()),
            ..DeleteOptions::default()
        };
        let request = ctx.request(Verb::Delete, Kind::Job, &key.namespace).named(&*key.name);
        Plan::call(request.body(Body::Delete(options)))
    }

    fn on_outcome(&mut self, _: &ObjectKey, _: &Call, outcome: &Outcome, _: &mut Recorder, _: &mut Ctx<'_>) -> Verdict {
        match outcome {
            Err(status) if !status.is(Reason::NotFound) => Verdict::Retry,
            _ => Verdict::Continue,
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}

/// When the time of a Job that has ended is over; `None` when it has not, or may stay.
fn expires_at(job: &Job) -> Option<SimTime> {
    let seconds = job.spec.as_ref()?.ttl_seconds_after_finished?;
    let end = holding(job, "Complete").or_else(|| holding(job, "Failed"))?;
    let at = time::sim_time(end.last_transition_time.as_ref()?.0);
    Some(at + SimDuration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

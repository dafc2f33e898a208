//! The CronJob controller: a Job whenever the schedule says so.
//!
//! Models `pkg/controller/cronjob/cronjob_controllerv2.go`. **Not modelled:** time zones other than UTC, which an Event says.
//!
//! Reading order: [`times`] (when it is due), [`job`] (what it makes), [`history`] (what is kept), then this file.

pub mod history;
pub mod job;
pub mod times;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, EventType, Outcome, Plan, Propagation, Reason,
    Recorder, Subresource, Verb, Verdict,
};
use crate::engine::{SimDuration, SimTime};
use crate::model::batch::{CronJob, CronJobStatus, Job};
use crate::model::cron::Schedule;
use crate::model::{Kind, Meta, Object, ObjectKey, time};

use super::job::conditions::{holding, is_finished};
use super::rejection::is_namespace_terminating;
use times::Zoned;

/// What a call is for.
const CREATE: u64 = 1;
const DELETE: u64 = 2;

/// A moment after the due time, so that it has surely come. Source: `nextScheduleDelta`.
const MARGIN: SimDuration = SimDuration::from_millis(100);
/// More missed starts than this are told. Source: `mostRecentScheduleTime`.
const MISSED_MAX: usize = 100;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct CronJobController {
    syncs: BTreeMap<ObjectKey, Sync>,
}

/// One look at one CronJob.
#[derive(Clone, Debug)]
struct Sync {
    cron: Arc<CronJob>,
    status: CronJobStatus,
    /// The instant that the Job to be made is for.
    due: Option<SimTime>,
    requeue_after: Option<SimDuration>,
    status_written: bool,
}

impl Controller for CronJobController {
    fn name(&self) -> &'static str {
        "cronjob-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::CronJob, Kind::Job]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        if object.kind() == Kind::CronJob {
            enqueue.add(object.key());
            return;
        }
        let Some(owner) = object.meta().controller().filter(|owner| owner.kind == Kind::CronJob.name()) else { return };
        let cron = caches.get::<CronJob>(object.namespace(), &owner.name);
        if cron.is_some_and(|cron| cron.metadata.uid() == owner.uid) {
            enqueue.add(ObjectKey::new(Kind::CronJob, object.namespace(), owner.name.as_str()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(cron) = caches.get::<CronJob>(&key.namespace, &key.name) else { return Plan::none() };
        if cron.metadata.is_terminating() {
            return Plan::none();
        }
        let jobs: Vec<Arc<Job>> = caches.controlled_by::<Job>(cron.metadata.uid()).cloned().collect();
        let status = cron.status.clone().unwrap_or_default();
        let mut sync = Sync { cron: Arc::clone(cron), status, due: None, requeue_after: None, status_written: false };
        sync.see(&jobs, caches, recorder, ctx);
        let plan = Plan::none().stage(history::surplus(cron, &jobs).iter().map(|job| delete(job, ctx)).collect());
        let plan = sync.schedule(plan, &jobs, recorder, ctx);
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
        let object = Object::from(Arc::clone(&sync.cron));
        match (call.tag, outcome) {
            (CREATE, Ok(response)) => {
                if let Some(job) = response.object() {
                    let text = format!("Created job {}", job.name());
                    recorder.event(ctx, &object, EventType::Normal, "SuccessfulCreate", text);
                    sync.status.active.get_or_insert_default().push(crate::client::reference(job));
                }
                sync.status.last_schedule_time = sync.due.map(time::time);
                Verdict::Continue
            }
            (CREATE, Err(status)) if status.is(Reason::AlreadyExists) || is_namespace_terminating(status) => {
                Verdict::Continue
            }
            (CREATE, Err(status)) => {
                let text = format!("Error creating job: {status}");
                recorder.event(ctx, &object, EventType::Warning, "FailedCreate", text);
                Verdict::Retry
            }
            (DELETE, Ok(_)) => {
                let text = format!("Deleted job {}", call.request.name);
                recorder.event(ctx, &object, EventType::Normal, "SuccessfulDelete", text);
                Verdict::Continue
            }
            (_, Err(status)) if !status.is(Reason::NotFound) => Verdict::Retry,
            _ => Verdict::Continue,
        }
    }

    fn proceed(&mut self, key: &ObjectKey, _: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key) else { return Plan::none() };
        if !sync.status_written {
            sync.status_written = true;
            if sync.cron.status.as_ref() != Some(&sync.status) {
                let mut cron = (*sync.cron).clone();
                cron.status = Some(sync.status.clone());
                return Plan::call(ctx.request_with(Verb::Update, cron).part(Subresource::Status));
            }
        }
        let requeue_after = sync.requeue_after;
        self.syncs.remove(key);
        Plan { requeue_after, ..Plan::none() }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl Sync {
    fn object(&self) -> Object {
        Object::from(Arc::clone(&self.cron))
    }

    fn tell(
        &self,
        kind: EventType,
        reason: &str,
        text: impl Into<Arc<str>>,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) {
        recorder.event(ctx, &self.object(), kind, reason, text);
    }

    /// Takes note of Jobs that ended, appeared or are missing. Source: `syncCronJob`.
    fn see(&mut self, jobs: &[Arc<Job>], caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        for job in jobs {
            let active = self.status.active.get_or_insert_default();
            let known = active.iter().position(|one| one.uid.as_deref() == Some(job.metadata.uid()));
            match (known, is_finished(job)) {
                (None, false) => {
                    let name = job.metadata.name();
                    let text = format!("Saw a job that the controller did not create or forgot: {name}");
                    self.tell(EventType::Warning, "UnexpectedJob", text, recorder, ctx);
                }
                (Some(index), true) => {
                    active.remove(index);
                    let how = if holding(job, "Complete").is_some() { "Complete" } else { "Failed" };
                    let text = format!("Saw completed job: {}, condition: {how}", job.metadata.name());
                    self.tell(EventType::Normal, "SawCompletedJob", text, recorder, ctx);
                }
                _ => {}
            }
            self.note_success(job);
        }
        let missing = self.status.active.iter().flatten().filter(|one| {
            let name = one.name.as_deref().unwrap_or_default();
            let job = caches.get::<Job>(self.cron.metadata.namespace(), name);
            job.is_none_or(|job| Some(job.metadata.uid()) != one.uid.as_deref())
        });
        let missing: Vec<_> = missing.cloned().collect();
        for gone in missing {
            let text = format!("Active job went missing: {}", gone.name.clone().unwrap_or_default());
            self.tell(EventType::Normal, "MissingJob", text, recorder, ctx);
            self.status.active.get_or_insert_default().retain(|one| one.uid != gone.uid);
        }
        self.status.active = self.status.active.take().filter(|active| !active.is_empty());
    }

    fn note_success(&mut self, job: &Job) {
        let Some(ended) = job.status.as_ref().and_then(|status| status.completion_time.clone()) else { return };
        if self.status.last_successful_time.as_ref().is_none_or(|last| last.0 < ended.0) {
            self.status.last_successful_time = Some(ended);
        }
    }

    /// Makes a Job if one is due.
    fn schedule(&mut self, plan: Plan, jobs: &[Arc<Job>], recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let cron = Arc::clone(&self.cron);
        let spec = &cron.spec;
        if spec.suspend == Some(true) {
            return plan;
        }
        let name = spec.time_zone.as_deref().unwrap_or("UTC");
        let Some(zone) = time::zone(name) else {
            let text = format!("invalid timeZone: \"{name}\": unknown time zone {name}");
            self.tell(EventType::Warning, "UnknownTimeZone", text, recorder, ctx);
            return plan;
        };
        let schedule = match Schedule::parse(&spec.schedule) {
            Ok(schedule) => schedule,
            Err(error) => {
                let text = format!("unparseable schedule: \"{}\" : {error}", spec.schedule);
                self.tell(EventType::Warning, "UnparseableSchedule", text, recorder, ctx);
                return plan;
            }
        };
        let schedule = Zoned { schedule: &schedule, zone };
        self.requeue_after = times::next(&schedule, ctx.now).map(|next| next.since(ctx.now) + MARGIN);
        let deadline = spec.starting_deadline_seconds.map(|seconds| SimDuration::from_secs(seconds.unsigned_abs()));
        let earliest = times::earliest(&cron, &self.status, deadline, ctx.now);
        let missed = times::missed(&schedule, earliest, ctx.now);
        let Some(due) = missed.last().copied() else { return plan };
        if missed.len() > MISSED_MAX {
            let text = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.tell(EventType::Warning, "TooManyMissedTimes", text, recorder, ctx);
        }
        if deadline.is_some_and(|deadline| due + deadline < ctx.now) {
            let text = format!("Missed scheduled time to start a job: {}", times::text(due));
            self.tell(EventType::Warning, "MissSchedule", text, recorder, ctx);
            return plan;
        }
        let name = job::name(&cron, due);
        if jobs.iter().any(|job| job.metadata.name() == name) {
            return plan;
        }
        let is_busy = self.status.active.as_ref().is_some_and(|active| !active.is_empty());
        let mut plan = plan;
        match spec.concurrency_policy.as_deref() {
            Some("Forbid") if is_busy => {
                let text = "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.tell(EventType::Normal, "JobAlreadyActive", text, recorder, ctx);
                return plan;
            }
            Some("Replace") if is_busy => {
                let active = self.status.active.take().unwrap_or_default();
                let is_active =
                    |job: &&Arc<Job>| active.iter().any(|one| one.uid.as_deref() == Some(job.metadata.uid()));
                plan = plan.stage(jobs.iter().filter(is_active).map(|job| delete(job, ctx)).collect());
            }
            _ => {}
        }
        self.due = Some(due);
        plan.stage(vec![Call { request: ctx.request_with(Verb::Create, job::job(&cron, due)), tag: CREATE }])
    }
}

fn delete(job: &Arc<Job>, ctx: &Ctx<'_>) -> Call {
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let request = ctx.request(Verb::Delete, Kind::Job, job.metadata.namespace()).named(job.metadata.name());
    Call { request: request.body(Body::Delete(options)), tag: DELETE }
}

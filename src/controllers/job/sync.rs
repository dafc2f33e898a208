//! One look at one Job, from its first call to its last.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::client::{Call, Ctx, EventType, Plan, Recorder, Subresource, Verb, Verdict};
use crate::controllers::expectations::Expectations;
use crate::controllers::pod_control::PodControl;
use crate::engine::{SimDuration, SimTime};
use crate::model::batch::{Job, JobStatus};
use crate::model::{Meta, Object, time};

use super::census::{Census, number, replaces_only_failed};
use super::conditions::{self, Ending};
use super::{backoff, indexes, pods, policies, untrack};

pub(super) const CREATE: u64 = 1;
pub(super) const DELETE: u64 = 2;
pub(super) const UNTRACK: u64 = 3;
pub(super) const STATUS: u64 = 4;

/// At most so many Pods are created or deleted at a time. Source: `MaxPodCreateDeletePerSync`.
const BURST: usize = 500;

/// One look at one Job.
#[derive(Clone, Debug)]
pub(super) struct Sync {
    job: Arc<Job>,
    census: Census,
    ending: Option<Ending>,
    pub(super) pods: PodControl,
    status_written: bool,
    has_ended: bool,
    suspension: Option<&'static str>,
    pub(super) requeue_after: Option<SimDuration>,
}

impl Sync {
    /// Looks at the Job and plans what comes before its status.
    pub(super) fn begin(
        job: &Arc<Job>,
        census: Census,
        may_manage: bool,
        expectations: &mut Expectations,
        ctx: &mut Ctx<'_>,
    ) -> (Self, Plan) {
        let ending = conditions::ending(job, &census);
        let mut sync = Self {
            job: Arc::clone(job),
            census,
            ending,
            pods: PodControl::of(Object::from(Arc::clone(job))),
            status_written: false,
            has_ended: false,
            suspension: None,
            requeue_after: conditions::deadline_in(job, ctx.now).filter(|left| *left > SimDuration::ZERO),
        };
        let mut plan = Plan::none();
        if may_manage {
            plan = sync.manage(plan, expectations, ctx);
        }
        if !sync.census.tracked.is_empty() {
            let noted = sync.noted(ctx.now);
            if sync.census.has_news {
                plan = plan.stage(vec![sync.write(noted, ctx)]);
            }
            plan = plan.stage(sync.census.tracked.iter().map(|pod| untrack(pod, ctx)).collect());
        }
        (sync, plan)
    }

    /// Makes what is missing, or ends what is too much.
    fn manage(&mut self, plan: Plan, expectations: &mut Expectations, ctx: &mut Ctx<'_>) -> Plan {
        let job = Arc::clone(&self.job);
        let Some(spec) = &job.spec else { return plan };
        let active = self.census.active.len();
        if self.ending.is_some() || conditions::is_suspended(&job) {
            return self.delete(active, plan, expectations, ctx);
        }
        let parallelism = usize::try_from(spec.parallelism.unwrap_or(1)).unwrap_or(0);
        let succeeded = self.census.succeeded(&job);
        let wanted = match spec.completions {
            // A work queue takes no more workers once one has ended well.
            None if succeeded > 0 => active.min(parallelism),
            None => parallelism,
            Some(completions) => parallelism.min(usize::try_from(completions - succeeded).unwrap_or(0)),
        };
        if active > wanted {
            return self.delete(active - wanted, plan, expectations, ctx);
        }
        let ending = if replaces_only_failed(&job) { usize::try_from(self.census.terminating).unwrap_or(0) } else { 0 };
        let missing = wanted.saturating_sub(active + ending).min(BURST);
        if missing == 0 {
            return plan;
        }
        let has_limits = policies::limit_per_index(&job).is_some();
        let next_try = backoff::next_try(&self.census.finished).filter(|at| *at > ctx.now && !has_limits);
        if let Some(at) = next_try {
            self.come_back(at.since(ctx.now));
            return plan;
        }
        let Some(template) = pods::template(&job) else { return plan };
        let numbers: Vec<Option<i32>> = if indexes::is_indexed(&job) {
            self.next_indexes(spec.completions.unwrap_or(0), missing, ctx.now).into_iter().map(Some).collect()
        } else {
            vec![None; missing]
        };
        let failures = &self.census.index_failures;
        let carried = |index: Option<i32>| index.filter(|_| has_limits).map(|index| failures.annotations(index));
        let pods: Vec<_> = numbers
            .into_iter()
            .map(|index| pods::pod(&job, &template, index, carried(index).unwrap_or_default()))
            .collect();
        plan.slow_start(self.pods.create(pods, CREATE, expectations, ctx))
    }

    /// The indexes to work on next: those that are given up are left out, those that failed wait.
    fn next_indexes(&mut self, completions: i32, count: usize, now: SimTime) -> Vec<i32> {
        let all = usize::try_from(completions).unwrap_or(0);
        let mut indexes = self.census.completed.missing(completions, &self.census.active, all);
        let failures = &self.census.index_failures;
        indexes.retain(|index| !failures.failed.contains(*index));
        let wait = failures.shortest_wait(&indexes, now);
        indexes.retain(|index| failures.next_try(*index).is_none_or(|at| at <= now));
        indexes.truncate(count);
        if let Some(wait) = wait {
            self.come_back(wait);
        }
        indexes
    }

    fn delete(&mut self, count: usize, plan: Plan, expectations: &mut Expectations, ctx: &mut Ctx<'_>) -> Plan {
        let mut victims = self.census.active.clone();
        // Those that are not ready go first, then the youngest. Source: `activePodsForRemoval`.
        victims.sort_by_key(|pod| (pod.is_ready(), std::cmp::Reverse(pod.metadata.created_at())));
        victims.truncate(count.min(BURST));
        plan.stage(self.pods.delete(&victims, DELETE, expectations, ctx))
    }

    fn come_back(&mut self, after: SimDuration) {
        self.requeue_after = Some(self.requeue_after.map_or(after, |earlier| earlier.min(after)));
    }

    /// What remains when a stage is over: the status.
    pub(super) fn next(&mut self, verdict: Verdict, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Option<Plan> {
        if self.status_written {
            self.announce(verdict, recorder, ctx);
            return None;
        }
        self.status_written = true;
        let wanted = self.wanted(ctx.now);
        if self.job.status.as_ref() == Some(&wanted) {
            return None;
        }
        let call = self.write(wanted, ctx);
        Some(Plan::none().stage(vec![call]))
    }

    /// The events that follow from a status that was written.
    fn announce(&mut self, verdict: Verdict, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        if verdict != Verdict::Continue {
            return;
        }
        if let Some(reason) = self.suspension {
            let text = if reason == "Suspended" { "Job suspended" } else { "Job resumed" };
            recorder.event(ctx, self.pods.owner(), EventType::Normal, reason, text);
        }
        let Some(ending) = self.ending.as_ref().filter(|_| self.has_ended) else { return };
        if ending.succeeded {
            recorder.event(ctx, self.pods.owner(), EventType::Normal, "Completed", "Job completed");
        } else {
            recorder.event(ctx, self.pods.owner(), EventType::Warning, &ending.reason, ending.message.clone());
        }
    }

    fn write(&self, status: JobStatus, ctx: &Ctx<'_>) -> Call {
        let mut job = (*self.job).clone();
        job.status = Some(status);
        Call { request: ctx.request_with(Verb::Update, job).part(Subresource::Status), tag: STATUS }
    }

    /// The status that writes those down that are about to be counted.
    fn noted(&self, now: SimTime) -> JobStatus {
        let mut status = self.job.status.clone().unwrap_or_default();
        status.start_time.get_or_insert_with(|| time::time(now));
        status.failed = positive(self.census.counted_failed);
        self.tell_successes(&mut status);
        status
    }

    /// What succeeded, and which indexes are done or given up.
    fn tell_successes(&self, status: &mut JobStatus) {
        let (job, census) = (&self.job, &self.census);
        let is_indexed = indexes::is_indexed(job);
        status.succeeded = positive(if is_indexed { census.completed.len() } else { census.counted_succeeded });
        status.completed_indexes = Some(census.completed.to_string()).filter(|text| is_indexed && !text.is_empty());
        status.failed_indexes = policies::limit_per_index(job).map(|_| census.index_failures.failed.to_string());
        status.uncounted_terminated_pods = Some(census.uncounted());
    }

    /// The status when everything that could be counted is.
    fn wanted(&mut self, now: SimTime) -> JobStatus {
        let job = Arc::clone(&self.job);
        let mut status = job.status.clone().unwrap_or_default();
        if conditions::is_suspended(&job) {
            self.suspend(&mut status, now);
        } else {
            self.resume(&mut status, now);
            status.start_time.get_or_insert_with(|| time::time(now));
        }
        let active = (self.census.active.len() + self.pods.created()).saturating_sub(self.pods.deleting());
        status.active = positive(number(active));
        status.ready = Some(if active == 0 { 0 } else { self.census.ready });
        status.terminating = Some(self.census.terminating);
        status.failed = positive(self.census.counted_failed);
        self.tell_successes(&mut status);
        self.end(&mut status, now);
        status
    }

    fn end(&mut self, status: &mut JobStatus, now: SimTime) {
        let Some(ending) = &self.ending else { return };
        let conditions = status.conditions.get_or_insert_default();
        if conditions.iter().all(|one| one.type_ != ending.verdict_type()) {
            conditions.push(ending.condition(ending.verdict_type(), now));
        }
        let all_counted = self.census.uncounted_succeeded.is_empty() && self.census.uncounted_failed.is_empty();
        if self.census.active.is_empty() && self.census.terminating == 0 && all_counted {
            conditions.push(ending.condition(ending.final_type(), now));
            self.has_ended = true;
            if ending.succeeded {
                status.completion_time = Some(time::time(now));
            }
        }
    }

    fn suspend(&mut self, status: &mut JobStatus, now: SimTime) {
        status.start_time = None;
        let conditions = status.conditions.get_or_insert_default();
        if conditions.iter().any(|one| one.type_ == "Suspended" && one.status == "True") {
            return;
        }
        conditions.retain(|one| one.type_ != "Suspended");
        conditions.push(conditions::condition("Suspended", "True", "JobSuspended", "Job suspended", now));
        self.suspension = Some("Suspended");
    }

    fn resume(&mut self, status: &mut JobStatus, now: SimTime) {
        let Some(conditions) = &mut status.conditions else { return };
        if let Some(held) = conditions.iter_mut().find(|one| one.type_ == "Suspended" && one.status == "True") {
            *held = conditions::condition("Suspended", "False", "JobResumed", "Job resumed", now);
            self.suspension = Some("Resumed");
        }
    }

    /// A write of the status went through.
    pub(super) fn stored(&mut self, job: &Arc<Job>) {
        self.job = Arc::clone(job);
    }

    /// A Pod has lost its finalizer: it is counted.
    pub(super) fn untracked(&mut self, name: &str) {
        let Some(pod) = self.census.tracked.iter().find(|pod| pod.metadata.name() == name) else { return };
        let uid = pod.metadata.uid();
        let take = |uids: &mut BTreeSet<String>| i32::from(uids.remove(uid));
        self.census.counted_succeeded += take(&mut self.census.uncounted_succeeded);
        self.census.counted_failed += take(&mut self.census.uncounted_failed);
    }
}

/// Counts of nothing are left out, as `omitempty` does.
fn positive(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}

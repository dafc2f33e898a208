//! How a Job ends: first the verdict, then, when its last Pod has ended, the end.
//!
//! Models `pkg/controller/job/job_controller.go`, `syncJob`, and `pkg/controller/job/util/utils.go`.

use crate::engine::{SimDuration, SimTime};
use crate::model::batch::{Job, JobCondition};
use crate::model::time;

use super::census::Census;
use super::policies;

/// Why a Job ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whether it reached what it was for.
    pub succeeded: bool,
    /// `BackoffLimitExceeded`, `CompletionsReached`, …
    pub reason: String,
    /// For people.
    pub message: String,
}

impl Ending {
    fn new(succeeded: bool, reason: &str, message: &str) -> Self {
        Self { succeeded, reason: reason.into(), message: message.into() }
    }

    /// The condition that says how it will end.
    #[must_use]
    pub fn verdict_type(&self) -> &'static str {
        if self.succeeded { "SuccessCriteriaMet" } else { "FailureTarget" }
    }

    /// The condition that says that it has ended.
    #[must_use]
    pub fn final_type(&self) -> &'static str {
        if self.succeeded { "Complete" } else { "Failed" }
    }

    /// One of its conditions.
    #[must_use]
    pub fn condition(&self, type_: &str, now: SimTime) -> JobCondition {
        condition(type_, "True", &self.reason, &self.message, now)
    }
}

/// A condition that begins now.
#[must_use]
pub fn condition(type_: &str, status: &str, reason: &str, message: &str, now: SimTime) -> JobCondition {
    JobCondition {
        type_: type_.into(),
        status: status.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_probe_time: Some(time::time(now)),
        last_transition_time: Some(time::time(now)),
    }
}

/// The condition of that type that holds.
#[must_use]
pub fn holding<'j>(job: &'j Job, type_: &str) -> Option<&'j JobCondition> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == type_ && condition.status == "True")
}

/// Whether it has ended.
#[must_use]
pub fn is_finished(job: &Job) -> bool {
    holding(job, "Complete").or_else(|| holding(job, "Failed")).is_some()
}

/// Whether it waits to be let go.
#[must_use]
pub fn is_suspended(job: &Job) -> bool {
    job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true)
}

/// How the Job ends, if that is clear by now.
#[must_use]
pub fn ending(job: &Job, census: &Census) -> Option<Ending> {
    let spec = job.spec.as_ref()?;
    for (type_, succeeded) in [("FailureTarget", false), ("SuccessCriteriaMet", true)] {
        if let Some(known) = holding(job, type_) {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            return Some(Ending { succeeded, reason: text(&known.reason), message: text(&known.message) });
        }
    }
    if let Some(why) = &census.fails_job {
        return Some(Ending::new(false, "PodFailurePolicy", why));
    }
    let limit = spec.backoff_limit.unwrap_or(6);
    if census.failed() > limit || is_past_limit_on_failure(job, census, limit) {
        return Some(Ending::new(false, "BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    }
    if deadline_in(job, census.now).is_some_and(|left| left == SimDuration::ZERO) {
        return Some(Ending::new(false, "DeadlineExceeded", "Job was active longer than specified deadline"));
    }
    let succeeded = census.succeeded(job);
    let given_up = census.index_failures.failed.len();
    if spec.max_failed_indexes.is_some_and(|most| given_up > most) {
        let message = "Job has exceeded the specified maximal number of failed indexes";
        return Some(Ending::new(false, "MaxFailedIndexesExceeded", message));
    }
    if given_up > 0 && given_up + succeeded >= spec.completions.unwrap_or(0) {
        return Some(Ending::new(false, "FailedIndexes", "Job has failed indexes"));
    }
    if let Some(message) = policies::success(job, &census.completed) {
        return Some(Ending::new(true, "SuccessPolicy", &message));
    }
    let is_complete = match spec.completions {
        // A work queue is done when one Pod has found it empty and the others have ended.
        None => succeeded > 0 && census.active.is_empty(),
        Some(wanted) => succeeded >= wanted && (wanted != 0 || census.active.is_empty()),
    };
    is_complete.then(|| Ending::new(true, "CompletionsReached", "Reached expected number of succeeded pods"))
}

/// Containers that are restarted in place count by their restarts. Source: `pastBackoffLimitOnFailure`.
fn is_past_limit_on_failure(job: &Job, census: &Census, limit: i32) -> bool {
    let policy = job.spec.as_ref().and_then(|spec| spec.template.spec.as_ref()?.restart_policy.as_deref());
    if policy != Some("OnFailure") {
        return false;
    }
    let restarts = |pod: &std::sync::Arc<crate::model::Pod>| -> i32 {
        let init = pod.status.init_container_statuses.iter().flatten();
        pod.container_statuses().iter().chain(init).map(|status| status.restart_count).sum()
    };
    let total: i32 = census.active.iter().map(restarts).sum();
    if limit == 0 { total > 0 } else { total >= limit }
}

/// How long the Job may go on; `None` without a deadline.
#[must_use]
pub fn deadline_in(job: &Job, now: SimTime) -> Option<SimDuration> {
    let seconds = job.spec.as_ref()?.active_deadline_seconds.filter(|_| !is_suspended(job))?;
    let start = time::sim_time(job.status.as_ref()?.start_time.as_ref()?.0);
    Some((start + SimDuration::from_secs(seconds.unsigned_abs())).since(now))
}

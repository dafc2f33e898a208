//! Which finished Jobs of a CronJob are kept.
//!
//! Models `pkg/controller/cronjob/cronjob_controllerv2.go`, `cleanupFinishedJobs`.

use std::sync::Arc;

use crate::controllers::job::conditions::holding;
use crate::model::batch::{CronJob, Job};

/// The Jobs beyond what is kept, oldest first. Source of the defaults: `pkg/apis/batch/v1/defaults.go`.
#[must_use]
pub fn surplus(cron: &CronJob, jobs: &[Arc<Job>]) -> Vec<Arc<Job>> {
    let spec = &cron.spec;
    let succeeded = spec.successful_jobs_history_limit.unwrap_or(3);
    let failed = spec.failed_jobs_history_limit.unwrap_or(1);
    let mut surplus = oldest(jobs, "Complete", succeeded);
    surplus.extend(oldest(jobs, "Failed", failed));
    surplus
}

fn oldest(jobs: &[Arc<Job>], ending: &str, kept: i32) -> Vec<Arc<Job>> {
    let mut ended: Vec<_> = jobs.iter().filter(|job| holding(job, ending).is_some()).cloned().collect();
    let started = |job: &Job| job.status.as_ref().and_then(|status| status.start_time.as_ref().map(|at| at.0));
    ended.sort_by_key(|job| (started(job), job.metadata.name.clone()));
    let count = ended.len().saturating_sub(usize::try_from(kept).unwrap_or(0));
    ended.truncate(count);
    ended
}

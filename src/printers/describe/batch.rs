//! Jobs and CronJobs.

use super::pod::controlled_by;
use super::pod_template;
use super::text::{Text, or_none};
use crate::model::Meta;
use crate::model::age::human_seconds;
use crate::model::batch::{CronJob, Job, JobStatus};
use crate::model::selector::format_typed;
use crate::printers::date::rfc1123;

/// How many letters of a list of indexes are shown. Source: `capIndexesListOrNone`.
const INDEXES_MAX: usize = 50;
const UNSET: &str = "<unset>";

pub(super) fn job(text: &mut Text, job: &Job) {
    let (meta, spec) = (&job.metadata, job.spec.clone().unwrap_or_default());
    let status = job.status.clone().unwrap_or_default();
    text.field(0, "Name", meta.name());
    text.field(0, "Namespace", meta.namespace());
    if let Some(selector) = &spec.selector {
        text.field(0, "Selector", format_typed(Some(selector)));
    }
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    controlled_by(text, meta);
    if let Some(parallelism) = spec.parallelism {
        text.field(0, "Parallelism", parallelism);
    }
    text.field(0, "Completions", spec.completions.map_or_else(|| UNSET.into(), |count| count.to_string()));
    text.optional(0, "Completion Mode", spec.completion_mode.as_deref());
    text.optional(0, "Suspend", spec.suspend.map(|suspend| suspend.to_string()).as_deref());
    text.optional(0, "Backoff Limit", spec.backoff_limit.map(|limit| limit.to_string()).as_deref());
    let ttl = spec.ttl_seconds_after_finished.map(|seconds| seconds.to_string());
    text.optional(0, "TTL Seconds After Finished", ttl.as_deref());
    times(text, &status);
    let deadline = spec.active_deadline_seconds.map(|seconds| format!("{seconds}s"));
    text.optional(0, "Active Deadline Seconds", deadline.as_deref());
    let ready = status.ready.map_or_else(String::new, |ready| format!(" ({ready} Ready)"));
    let (active, succeeded, failed) =
        (status.active.unwrap_or(0), status.succeeded.unwrap_or(0), status.failed.unwrap_or(0));
    text.field(0, "Pods Statuses", format_args!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed"));
    if spec.completion_mode.as_deref() == Some("Indexed") {
        let indexes = status.completed_indexes.unwrap_or_default();
        let shown = match indexes.get(..INDEXES_MAX) {
            Some(start) if indexes.len() > INDEXES_MAX => {
                format!("{}...", start.rsplit_once(',').map_or(start, |(whole, _)| whole))
            }
            _ => or_none(&indexes).to_owned(),
        };
        text.field(0, "Completed Indexes", shown);
    }
    pod_template::describe(text, &spec.template);
}

fn times(text: &mut Text, status: &JobStatus) {
    if status.start_time.is_some() {
        text.field(0, "Start Time", rfc1123(status.start_time.as_ref()));
    }
    if status.completion_time.is_some() {
        text.field(0, "Completed At", rfc1123(status.completion_time.as_ref()));
    }
    if let (Some(start), Some(end)) = (&status.start_time, &status.completion_time) {
        text.field(0, "Duration", human_seconds(end.0.as_second() - start.0.as_second()));
    }
}

pub(super) fn cron_job(text: &mut Text, job: &CronJob) {
    let (meta, spec) = (&job.metadata, &job.spec);
    let number = |number: Option<i32>| number.map_or_else(|| UNSET.to_owned(), |number| number.to_string());
    text.head(meta);
    text.field(0, "Schedule", &spec.schedule);
    text.field(0, "Concurrency Policy", spec.concurrency_policy.as_deref().unwrap_or_default());
    let suspend = match spec.suspend {
        None => UNSET,
        Some(true) => "True",
        Some(false) => "False",
    };
    text.field(0, "Suspend", suspend);
    text.field(0, "Time Zone", spec.time_zone.as_deref().unwrap_or(UNSET));
    text.field(0, "Successful Job History Limit", number(spec.successful_jobs_history_limit));
    text.field(0, "Failed Job History Limit", number(spec.failed_jobs_history_limit));
    let deadline = spec.starting_deadline_seconds.map_or_else(|| UNSET.into(), |seconds| format!("{seconds}s"));
    text.field(0, "Starting Deadline Seconds", deadline);
    let template = spec.job_template.spec.clone().unwrap_or_default();
    let selector = template.selector.as_ref().map_or_else(|| UNSET.into(), |selector| format_typed(Some(selector)));
    text.field(0, "Selector", selector);
    text.field(0, "Parallelism", number(template.parallelism));
    text.field(0, "Completions", number(template.completions));
    let deadline = template.active_deadline_seconds.map(|seconds| format!("{seconds}s"));
    text.optional(0, "Active Deadline Seconds", deadline.as_deref());
    pod_template::describe(text, &template.template);
    let status = job.status.clone().unwrap_or_default();
    let last = status.last_schedule_time.as_ref().map_or_else(|| UNSET.into(), |at| rfc1123(Some(at)));
    text.field(0, "Last Schedule Time", last);
    let active: Vec<String> = status.active.into_iter().flatten().filter_map(|job| job.name).collect();
    text.field(0, "Active Jobs", or_none(&active.join(", ")));
}

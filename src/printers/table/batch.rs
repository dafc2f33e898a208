//! Rows of Jobs and CronJobs.

use super::{Column, NONE, UNSET, age, column, containers_and_images, date, name, text_or, wide};
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::age::human_seconds;
use crate::model::batch::{CronJob, Job};
use crate::model::selector::format_typed;

pub(super) const JOB_COLUMNS: &[Column] = &[
    column("Name"),
    column("Status"),
    column("Completions"),
    column("Duration"),
    column("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn job(job: &Job, now: SimTime) -> Vec<String> {
    let spec = job.spec.clone().unwrap_or_default();
    let [containers, images] = containers_and_images(Some(&spec.template));
    vec![
        name(&job.metadata),
        state(job).to_owned(),
        completions(job),
        duration(job, now),
        age(&job.metadata, now),
        containers,
        images,
        format_typed(spec.selector.as_ref()),
    ]
}

fn state(job: &Job) -> &'static str {
    let conditions = job.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let holds = |type_: &str| conditions.iter().any(|one| one.type_ == type_ && one.status == "True");
    match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if job.metadata.is_terminating() => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn completions(job: &Job) -> String {
    let spec = job.spec.clone().unwrap_or_default();
    let succeeded = job.status.as_ref().and_then(|status| status.succeeded).unwrap_or(0);
    match (spec.completions, spec.parallelism.unwrap_or(0)) {
        (Some(completions), _) => format!("{succeeded}/{completions}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

fn duration(job: &Job, now: SimTime) -> String {
    let status = job.status.clone().unwrap_or_default();
    match (&status.start_time, &status.completion_time) {
        (None, _) => String::new(),
        (start, None) => date::since(start.as_ref(), now),
        (Some(start), Some(end)) => human_seconds(end.0.as_second() - start.0.as_second()),
    }
}

pub(super) const CRON_JOB_COLUMNS: &[Column] = &[
    column("Name"),
    column("Schedule"),
    column("Timezone"),
    column("Suspend"),
    column("Active"),
    column("Last Schedule"),
    column("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn cron_job(job: &CronJob, now: SimTime) -> Vec<String> {
    let status = job.status.clone().unwrap_or_default();
    let template = job.spec.job_template.spec.as_ref();
    let [containers, images] = containers_and_images(template.map(|spec| &spec.template));
    let suspend = match job.spec.suspend {
        Some(true) => "True",
        Some(false) => "False",
        None => UNSET,
    };
    let last = status.last_schedule_time.as_ref().map(|at| date::since(Some(at), now));
    vec![
        name(&job.metadata),
        job.spec.schedule.clone(),
        text_or(job.spec.time_zone.as_deref(), NONE),
        suspend.to_owned(),
        status.active.map_or(0, |active| active.len()).to_string(),
        last.unwrap_or_else(|| NONE.into()),
        age(&job.metadata, now),
        containers,
        images,
        format_typed(template.and_then(|spec| spec.selector.as_ref())),
    ]
}

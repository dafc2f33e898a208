//! CronJobs. Source: `pkg/registry/batch/cronjob/strategy.go`, `pkg/apis/batch/v1/defaults.go`, `validation.go`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::batch::{CronJob, CronJobStatus};
use crate::model::cron::Schedule;
use crate::model::{names, time};

use super::deployment::not_negative;
use super::pod_spec::one_of;
use super::{Strategy, job, pod_template};

/// The names of Jobs add eleven characters. Source: `validateCronJobSpec`, `apimachineryvalidation.DNS1035LabelMaxLength - 11`.
const NAME_LENGTH_MAX: usize = 52;

impl Strategy for CronJob {
    has_generation!();

    fn name_faults(name: &str) -> Vec<String> {
        let mut faults = names::dns1123_subdomain(name);
        if name.len() > NAME_LENGTH_MAX {
            faults.push(format!("must be no more than {NAME_LENGTH_MAX} characters"));
        }
        faults
    }

    fn set_defaults(&mut self) {
        let spec = &mut self.spec;
        spec.concurrency_policy.get_or_insert_with(|| "Allow".into());
        spec.suspend.get_or_insert(false);
        spec.successful_jobs_history_limit.get_or_insert(3);
        spec.failed_jobs_history_limit.get_or_insert(1);
        if let Some(job) = &mut spec.job_template.spec {
            pod_template::default(&mut job.template);
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(CronJobStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = &self.spec;
        if spec.schedule.is_empty() {
            errors.required("spec.schedule", "");
        } else {
            schedule(&spec.schedule, errors);
        }
        if let Some(seconds) = spec.starting_deadline_seconds.filter(|seconds| *seconds < 0) {
            errors.invalid("spec.startingDeadlineSeconds", seconds, "must be greater than or equal to 0");
        }
        one_of(spec.concurrency_policy.as_deref(), &["Allow", "Forbid", "Replace"], "spec.concurrencyPolicy", errors);
        if let Some(zone) = spec.time_zone.as_deref() {
            time_zone(zone, errors);
        }
        let job = spec.job_template.spec.clone().unwrap_or_default();
        if job.manual_selector == Some(true) {
            errors.unsupported("spec.jobTemplate.spec.manualSelector", "true", &["nil", "false"]);
        }
        job::validate_spec(&job, "spec.jobTemplate.spec", errors);
        not_negative(spec.successful_jobs_history_limit, "spec.successfulJobsHistoryLimit", errors);
        not_negative(spec.failed_jobs_history_limit, "spec.failedJobsHistoryLimit", errors);
    }
}

/// Source: `validateTimeZone`.
fn time_zone(zone: &str, errors: &mut Errors) {
    const FIELD: &str = "spec.timeZone";
    if zone.is_empty() {
        return errors.invalid(FIELD, zone, "timeZone must be nil or non-empty string");
    }
    if zone.eq_ignore_ascii_case("Local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        errors.invalid(FIELD, zone, detail);
    }
    if zone != "Local" && time::zone(zone).is_none() {
        errors.invalid(FIELD, zone, format_args!("unknown time zone {zone}"));
    }
}

fn schedule(text: &str, errors: &mut Errors) {
    if text.contains("TZ") {
        let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        errors.invalid("spec.schedule", text, detail);
    } else if let Err(error) = Schedule::parse(text) {
        errors.invalid("spec.schedule", text, error);
    }
}

//! Jobs. Source: `pkg/registry/batch/job/strategy.go`, `pkg/apis/batch/v1/defaults.go`, `validation.ValidateJobSpec`.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::batch::{Job, JobSpec, JobStatus};
use crate::model::core::PodTemplateSpec;
use crate::model::metav1::LabelSelector;
use crate::model::selector::Selector;

use super::deployment::not_negative;
use super::pod_spec::one_of;
use super::{Strategy, pod_template};

/// The labels that join Pods to their Job. Source: `batch.ControllerUidLabel` and its legacy form.
const CONTROLLER_UID: &str = "batch.kubernetes.io/controller-uid";
const LEGACY_CONTROLLER_UID: &str = "controller-uid";
const JOB_NAME: &str = "batch.kubernetes.io/job-name";
const LEGACY_JOB_NAME: &str = "job-name";
/// Source: `maxParallelismForIndexedJob`.
const INDEXED_PARALLELISM_MAX: i32 = 100_000;

impl Strategy for Job {
    has_generation!();

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        if spec.completions.is_none() && spec.parallelism.is_none() {
            spec.completions = Some(1);
        }
        spec.parallelism.get_or_insert(1);
        spec.backoff_limit.get_or_insert(if spec.backoff_limit_per_index.is_some() { i32::MAX } else { 6 });
        spec.completion_mode.get_or_insert_with(|| "NonIndexed".into());
        spec.suspend.get_or_insert(false);
        spec.manual_selector.get_or_insert(false);
        let replacement = if spec.pod_failure_policy.is_some() { "Failed" } else { "TerminatingOrFailed" };
        spec.pod_replacement_policy.get_or_insert_with(|| replacement.into());
        pod_template::default(&mut spec.template);
        take_labels(self);
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(JobStatus::default());
        let (uid, name) = (self.metadata.uid().to_owned(), self.metadata.name().to_owned());
        let spec = self.spec.get_or_insert_default();
        if spec.manual_selector != Some(true) {
            generate_selector(spec, &uid, &name);
        }
        take_labels(self);
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        match &spec.selector {
            None => errors.required("spec.selector", ""),
            Some(selector) => {
                let none = Default::default();
                let labels = spec.template.metadata.as_ref().and_then(|meta| meta.labels.as_ref()).unwrap_or(&none);
                if Selector::from_typed(Some(selector)).is_ok_and(|selector| !selector.matches(labels)) {
                    let detail = "`selector` does not match template `labels`";
                    errors.invalid("spec.template.metadata.labels", json!(labels), detail);
                }
            }
        }
        validate_spec(spec, "spec", errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        const IMMUTABLE: &str = "field is immutable";
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else { return };
        let is_elastic = new.completion_mode.as_deref() == Some("Indexed") && new.completions == new.parallelism;
        if new.completions != old.completions && !is_elastic {
            errors.invalid("spec.completions", json!(new.completions), IMMUTABLE);
        }
        if new.selector != old.selector {
            errors.invalid("spec.selector", json!(new.selector), IMMUTABLE);
        }
        if new.template != old.template {
            errors.invalid("spec.template", json!(new.template), IMMUTABLE);
        }
        if new.completion_mode != old.completion_mode {
            errors.invalid("spec.completionMode", json!(new.completion_mode), IMMUTABLE);
        }
        if new.pod_failure_policy != old.pod_failure_policy {
            errors.invalid("spec.podFailurePolicy", json!(new.pod_failure_policy), IMMUTABLE);
        }
        if new.backoff_limit_per_index != old.backoff_limit_per_index {
            errors.invalid("spec.backoffLimitPerIndex", json!(new.backoff_limit_per_index), IMMUTABLE);
        }
        if new.managed_by != old.managed_by {
            errors.invalid("spec.managedBy", json!(new.managed_by), IMMUTABLE);
        }
    }
}

/// A Job without labels has those of its template.
fn take_labels(job: &mut Job) {
    let labels = job.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref()?.labels.clone());
    if job.metadata.labels.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
        job.metadata.labels = labels;
    }
}

/// Makes sure that the Job finds its own Pods and no others. Source: `generateSelector`.
fn generate_selector(spec: &mut JobSpec, uid: &str, name: &str) {
    let labels = spec.template.metadata.get_or_insert_default().labels.get_or_insert_default();
    for (key, value) in [(LEGACY_JOB_NAME, name), (JOB_NAME, name), (LEGACY_CONTROLLER_UID, uid), (CONTROLLER_UID, uid)]
    {
        labels.insert(key.to_owned(), value.to_owned());
    }
    let selector = spec.selector.get_or_insert_with(LabelSelector::default);
    selector.match_labels.get_or_insert_default().insert(CONTROLLER_UID.into(), uid.to_owned());
}

/// What is wrong with a Job's spec at `field`; CronJobs have one too.
pub(super) fn validate_spec(spec: &JobSpec, field: &str, errors: &mut Errors) {
    let at = |name: &str| format!("{field}.{name}");
    not_negative(spec.parallelism, &at("parallelism"), errors);
    not_negative(spec.completions, &at("completions"), errors);
    if let Some(seconds) = spec.active_deadline_seconds.filter(|seconds| *seconds < 0) {
        errors.invalid(at("activeDeadlineSeconds"), seconds, "must be greater than or equal to 0");
    }
    not_negative(spec.backoff_limit, &at("backoffLimit"), errors);
    not_negative(spec.ttl_seconds_after_finished, &at("ttlSecondsAfterFinished"), errors);
    not_negative(spec.backoff_limit_per_index, &at("backoffLimitPerIndex"), errors);
    not_negative(spec.max_failed_indexes, &at("maxFailedIndexes"), errors);
    one_of(spec.completion_mode.as_deref(), &["Indexed", "NonIndexed"], at("completionMode"), errors);
    if spec.completion_mode.as_deref() == Some("Indexed") {
        if spec.completions.is_none() {
            errors.required(at("completions"), "when completion mode is Indexed");
        }
        if let Some(parallelism) = spec.parallelism.filter(|parallelism| *parallelism > INDEXED_PARALLELISM_MAX) {
            let detail =
                format!("must be less than or equal to {INDEXED_PARALLELISM_MAX} when completion mode is Indexed");
            errors.invalid(at("parallelism"), parallelism, detail);
        }
    } else if spec.backoff_limit_per_index.is_some() {
        errors.invalid(
            at("backoffLimitPerIndex"),
            json!(spec.backoff_limit_per_index),
            "requires indexed completion mode",
        );
    }
    let policies = ["Failed", "TerminatingOrFailed"];
    one_of(spec.pod_replacement_policy.as_deref(), &policies, at("podReplacementPolicy"), errors);
    pod_template::validate_template(&spec.template, &at("template"), errors);
    ends(&spec.template, &at("template"), errors);
}

/// The Pods of a Job must be able to end.
fn ends(template: &PodTemplateSpec, field: &str, errors: &mut Errors) {
    let policy = template.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()).unwrap_or_default();
    match policy {
        "" | "Always" => {
            let detail = "valid values: \"OnFailure\", \"Never\"";
            errors.required(format_args!("{field}.spec.restartPolicy"), detail);
        }
        policy => {
            one_of(Some(policy), &["OnFailure", "Never"], format_args!("{field}.spec.restartPolicy"), errors);
        }
    }
}

//! The Job that a CronJob makes.
//!
//! Models `pkg/controller/cronjob/utils.go`, `getJobFromTemplate2`.

use crate::engine::SimTime;
use crate::model::batch::{CronJob, Job};
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::time::TimeZone;
use crate::model::{Kind, Meta, time};

/// Source: `batch.CronJobScheduledTimestampAnnotation`.
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// The name of the Job for `due`: the minutes since 1970 behind the name of the CronJob.
#[must_use]
pub fn name(cron: &CronJob, due: SimTime) -> String {
    format!("{}-{}", cron.metadata.name(), time::timestamp(due).as_second() / 60)
}

/// The Job for `due`.
#[must_use]
pub fn job(cron: &CronJob, due: SimTime) -> Job {
    let template = cron.spec.job_template.clone();
    let own = template.metadata.unwrap_or_default();
    let mut annotations = own.annotations.unwrap_or_default();
    let zone = cron.spec.time_zone.as_deref().and_then(time::zone).unwrap_or(TimeZone::UTC);
    annotations.insert(SCHEDULED.into(), time::rfc3339_in(due, zone));
    Job {
        metadata: ObjectMeta {
            name: Some(name(cron, due)),
            namespace: Some(cron.metadata.namespace().to_owned()),
            labels: own.labels,
            annotations: Some(annotations),
            creation_timestamp: Some(time::time(due)),
            owner_references: Some(vec![controller_reference(Kind::CronJob, &cron.metadata)]),
            ..ObjectMeta::default()
        },
        spec: template.spec,
        status: None,
    }
}

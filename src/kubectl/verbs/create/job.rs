//! `kubectl create job` and `kubectl create cronjob`.
//!
//! Source: `kubectl/pkg/cmd/create/create_{job,cronjob}.go`.

use serde_json::{Value, json};

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::resources;
use crate::kubectl::session::Session;
use crate::model::batch::CronJob;
use crate::model::{Kind, Meta, Object, ObjectKey};

/// Flags of `create job`.
pub const JOB_FLAGS: &[&str] = &[
    ":image",
    ":from",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// Flags of `create cronjob`.
pub const CRON_JOB_FLAGS: &[&str] = &[
    ":image",
    ":schedule",
    ":restart",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// `kubectl create job`.
///
/// # Errors
/// In kubectl's words.
pub fn job(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create job")?;
    let (image, from) = (flags.text_or_empty("image"), flags.text_or_empty("from"));
    if image.is_empty() == from.is_empty() {
        return Err(Failure::text_of("either --image or --from must be specified"));
    }
    let command = flags.args.get(1..).unwrap_or_default();
    if !command.is_empty() && !from.is_empty() {
        return Err(Failure::text_of("cannot specify --from and command"));
    }
    let value = if from.is_empty() {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": {"template": {"spec": pod(name, image, command, "Never")}}})
    } else {
        let parent = parent(session, from)?;
        by_hand(name, &parent)
    };
    submit(session, flags, Kind::Job, value, Some("failed to create job"))
}

/// The CronJob that `--from` names.
fn parent(session: &mut Session<'_>, from: &str) -> Result<CronJob, Failure> {
    let (type_, name) = from.split_once('/').unwrap_or(("", from));
    let not_one = || Failure::text_of("from must be an existing cronjob");
    let kind = resources::kind(type_)?;
    if kind != Kind::CronJob {
        return Err(not_one());
    }
    let object: Object = session.get(&ObjectKey::new(kind, session.namespace(), name))?;
    object.get::<CronJob>().map(|job| (**job).clone()).ok_or_else(not_one)
}

/// A Job as the CronJob would make it, marked as made by hand.
fn by_hand(name: &str, parent: &CronJob) -> Value {
    let template = &parent.spec.job_template;
    let meta = template.metadata.clone().unwrap_or_default();
    let mut annotations = json!({"cronjob.kubernetes.io/instantiate": "manual"});
    for (key, value) in meta.annotations.unwrap_or_default() {
        annotations[key] = json!(value);
    }
    let owner = json!({"apiVersion": "batch/v1", "kind": "CronJob", "name": parent.metadata.name(),
        "uid": parent.metadata.uid(), "controller": true});
    let mut metadata = json!({"name": name, "annotations": annotations, "ownerReferences": [owner]});
    if let Some(labels) = meta.labels {
        metadata["labels"] = json!(labels);
    }
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template.spec})
}

fn pod(name: &str, image: &str, command: &[String], restart: &str) -> Value {
    let mut container = json!({"name": name, "image": image});
    if !command.is_empty() {
        container["command"] = json!(command);
    }
    json!({"containers": [container], "restartPolicy": restart})
}

/// `kubectl create cronjob`.
///
/// # Errors
/// In kubectl's words.
pub fn cron_job(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let missing: Vec<String> =
        ["image", "schedule"].iter().filter(|flag| !flags.has(flag)).map(|flag| format!("{flag:?}")).collect();
    if !missing.is_empty() {
        return Err(Failure::text_of(format!("required flag(s) {} not set", missing.join(", "))));
    }
    let name = name_of(flags, "create cronjob")?;
    let restart = flags.text("restart").unwrap_or("OnFailure");
    let command = flags.args.get(1..).unwrap_or_default();
    let template = json!({"spec": pod(name, flags.text_or_empty("image"), command, restart)});
    let value = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": {
        "schedule": flags.text_or_empty("schedule"),
        "jobTemplate": {"metadata": {"name": name}, "spec": {"template": template}},
    }});
    submit(session, flags, Kind::CronJob, value, Some("failed to create cronjob"))
}

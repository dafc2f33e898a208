//! `kubectl rollout undo`: an earlier template becomes the present one.
//!
//! Source: `kubectl/pkg/polymorphichelpers/rollback.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::apiserver::PatchType;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::apply::LAST_APPLIED;
use crate::kubectl::verbs::change;
use crate::model::Meta;
use crate::model::apps::{Deployment, ReplicaSet};
use crate::printers::describe::pod_template;
use crate::printers::manifest as printed;

use super::controller_revision;
use super::revision::{REVISION, Workload, revisions, targets, template_of, without_hash};

/// Its flags.
pub const FLAGS: &[&str] =
    &["f+filename", "k:kustomize", "R!recursive", "l:selector", "#to-revision", "o:output", "?dry-run=unchanged"];

/// Annotations that belong to the Deployment and not to a revision.
const KEPT: [&str; 6] = [
    LAST_APPLIED,
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let found = targets(session, flags, "undo")?;
    let mut failures = found.failures;
    for item in &found.items {
        let kind = item.object.kind();
        if item.object.meta().annotation(LAST_APPLIED).is_some() {
            let name = format!("{}/{}", kind.plural(), item.object.name());
            session.warn(&format!(
                "resource {name} was previously managed with 'kubectl apply'. Rolling back will not update the {LAST_APPLIED} \
                 annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl \
                 apply' with your previous configuration file instead."
            ));
        }
        let rolled = match Workload::of(&item.object, "no rollbacker has been implemented for {:?}") {
            Ok(Workload::Deployment(deployment)) => roll_back(session, flags, deployment),
            Ok(Workload::DaemonSet(_) | Workload::StatefulSet(_)) => {
                controller_revision::roll_back(session, flags, &item.object)
            }
            Err(failure) => Err(failure),
        };
        match rolled {
            Ok(done) => {
                let value = printed::value(&item.object);
                output::changed(session, &Format::of(flags)?, kind, &value, &done, DryRun::of(flags)?)?;
            }
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

fn roll_back(session: &mut Session<'_>, flags: &Flags, deployment: &Arc<Deployment>) -> Result<String, Failure> {
    let wanted = flags.number("to-revision").unwrap_or(0);
    let unknown = || Failure::text_of(format!("unable to find specified revision {wanted} in history"));
    if wanted < 0 {
        return Err(unknown());
    }
    let revisions = revisions(session, deployment)?;
    let name = deployment.metadata.name();
    let target = if wanted > 0 {
        revisions.get(&wanted).ok_or_else(unknown)?
    } else {
        let none = || Failure::text_of(format!("no rollout history found for deployment {name:?}"));
        revisions.values().rev().nth(1).ok_or_else(none)?
    };
    let template = template_of(target);
    let dry_run = DryRun::of(flags)?;
    if dry_run == DryRun::Client {
        return Ok(pod_template(target.spec.as_ref().and_then(|spec| spec.template.as_ref()).unwrap_or(&template)));
    }
    let spec = deployment.spec.clone().unwrap_or_default();
    if spec.paused == Some(true) {
        return Err(Failure::text_of(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    if without_hash(spec.template.clone()) == template {
        return Ok(format!("skipped rollback (current template already matches revision {wanted})"));
    }
    let patch = json!([
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations(deployment, target)},
    ]);
    let key = crate::model::Object::from(Arc::clone(deployment)).key();
    change::send_patch(session, &key, PatchType::Json, patch, dry_run).map_err(|failure| match failure {
        Failure::Suspended => Failure::Suspended,
        failure => Failure::text_of(format!("failed restoring revision {wanted}: {}", failure.message())),
    })?;
    Ok("rolled back".into())
}

/// The annotations of the revision, but those of the Deployment where they are its own.
fn annotations(deployment: &Deployment, target: &ReplicaSet) -> BTreeMap<String, String> {
    let of = |meta: &crate::model::metav1::ObjectMeta| meta.annotations.clone().unwrap_or_default();
    let mut kept = of(&deployment.metadata);
    kept.retain(|key, _| KEPT.contains(&key.as_str()));
    kept.extend(of(&target.metadata).into_iter().filter(|(key, _)| !KEPT.contains(&key.as_str())));
    kept
}

//! `kubectl rollout history`.
//!
//! Source: `kubectl/pkg/polymorphichelpers/history.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, Format};
use crate::kubectl::session::Session;
use crate::model::apps::{ControllerRevision, ReplicaSet};
use crate::model::core::PodTemplateSpec;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Object};
use crate::printers::describe::pod_template;
use crate::printers::manifest as printed;
use crate::printers::tabwriter::{Spacing, align};

use super::controller_revision;
use super::revision::{Workload, revisions, targets};

/// Its flags.
pub const FLAGS: &[&str] = &["f+filename", "k:kustomize", "R!recursive", "l:selector", "#revision", "o:output"];

/// Why a revision came to be, as people noted it.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let found = targets(session, flags, "history")?;
    Failure::all(found.failures)?;
    let wanted = flags.number("revision").unwrap_or(0);
    if wanted < 0 {
        return Err(Failure::text_of(format!("revision must be a positive integer: {wanted}")));
    }
    let format = Format::of(flags)?;
    for item in &found.items {
        let history = history(session, &item.object)?;
        let missing = || Failure::text_of("unable to find the specified revision");
        if !format.is_human() {
            for (_, one) in history.iter().filter(|(number, _)| wanted == 0 || **number == wanted) {
                output::print(session, &format, one.kind, &one.value)?;
            }
            continue;
        }
        let name = format!("{}/{}", item.object.kind().qualified_singular(), item.object.name());
        let text = if history.is_empty() {
            "\nNo rollout history found.".to_owned()
        } else if wanted > 0 {
            let one = history.get(&wanted).ok_or_else(missing)?;
            format!("with revision #{wanted}\n{}", pod_template(&one.template))
        } else {
            let row = |(number, one): (&i64, &Revision)| format!("{number}\t{}\n", one.cause);
            let rows: String = history.iter().map(row).collect();
            format!("\n{}", align(&format!("REVISION\tCHANGE-CAUSE\n{rows}"), Spacing::DESCRIBE))
        };
        session.line(&format!("{name} {text}"));
    }
    Ok(())
}

/// One revision, as it is told.
struct Revision {
    kind: Kind,
    /// What `-o yaml` prints.
    value: Value,
    cause: String,
    template: PodTemplateSpec,
}

/// The revisions of an object, by number.
fn history(session: &mut Session<'_>, object: &Object) -> Result<BTreeMap<i64, Revision>, Failure> {
    if let Workload::Deployment(deployment) = Workload::of(object, "no history viewer has been implemented for {:?}")? {
        let told = |set: Arc<ReplicaSet>| Revision {
            kind: Kind::ReplicaSet,
            cause: change_cause(&set.metadata).to_owned(),
            template: template(&set),
            value: printed::value(&Object::ReplicaSet(set)),
        };
        return Ok(revisions(session, deployment)?.into_iter().map(|(number, set)| (number, told(set))).collect());
    }
    let told = |(number, one): (i64, Arc<ControllerRevision>)| {
        let cause = change_cause(&one.metadata).to_owned();
        let (template, value) = (controller_revision::template_of(&one)?, controller_revision::applied(object, &one));
        Ok((number, Revision { kind: object.kind(), value, cause, template }))
    };
    controller_revision::revisions(session, object)?.into_iter().map(told).collect()
}

fn change_cause(metadata: &ObjectMeta) -> &str {
    metadata.annotation(CHANGE_CAUSE).filter(|cause| !cause.is_empty()).unwrap_or("<none>")
}

/// The template of a revision, with its cause among the annotations.
fn template(set: &ReplicaSet) -> PodTemplateSpec {
    let mut template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    if let Some(cause) = set.metadata.annotation(CHANGE_CAUSE) {
        let meta = template.metadata.get_or_insert_default();
        meta.annotations.get_or_insert_default().insert(CHANGE_CAUSE.into(), cause.to_owned());
    }
    template
}

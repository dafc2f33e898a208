//! Revisions of a DaemonSet or StatefulSet: its ControllerRevisions, each a patch that puts a template back.
//!
//! Source: `kubectl/pkg/polymorphichelpers/{history,rollback}.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::PatchType;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::DryRun;
use crate::kubectl::session::Session;
use crate::kubectl::verbs::change;
use crate::model::apps::{ControllerRevision, DaemonSet, StatefulSet};
use crate::model::core::PodTemplateSpec;
use crate::model::metav1::LabelSelector;
use crate::model::{Kind, Meta, Object, Selector};
use crate::printers::describe::pod_template;
use crate::printers::manifest as printed;

/// The revisions of a set, by number.
pub(super) fn revisions(
    session: &mut Session<'_>,
    set: &Object,
) -> Result<BTreeMap<i64, Arc<ControllerRevision>>, Failure> {
    let selector = Selector::from_typed(selector_of(set));
    let selector = selector.map_err(|error| Failure::text_of(error.to_string()))?.to_string();
    let list = session.list(Kind::ControllerRevision, set.namespace(), &selector, "")?;
    let uid = set.meta().uid();
    let owned = list.items.iter().filter_map(Object::get::<ControllerRevision>);
    let owned = owned.filter(|one| one.metadata.controller().is_some_and(|owner| owner.uid == uid));
    Ok(owned.map(|one| (one.revision, Arc::clone(one))).collect())
}

fn selector_of(set: &Object) -> Option<&LabelSelector> {
    let of_daemons = || Some(&set.get::<DaemonSet>()?.spec.as_ref()?.selector);
    of_daemons().or_else(|| Some(&set.get::<StatefulSet>()?.spec.as_ref()?.selector))
}

/// The set with the template of a revision.
pub(super) fn applied(set: &Object, revision: &ControllerRevision) -> Value {
    let mut value = printed::value(set);
    if let Some(template) = kept(revision) {
        value["spec"]["template"] = template;
    }
    value
}

/// The template of a revision.
///
/// # Errors
/// When the revision holds none.
pub(super) fn template_of(revision: &ControllerRevision) -> Result<PodTemplateSpec, Failure> {
    kept(revision)
        .and_then(|template| serde_json::from_value(template).ok())
        .ok_or_else(|| Failure::text_of(format!("unable to parse history {}", revision.metadata.name())))
}

fn kept(revision: &ControllerRevision) -> Option<Value> {
    let mut template = revision.data.as_ref()?.0.pointer("/spec/template")?.clone();
    template.as_object_mut()?.remove("$patch");
    Some(template)
}

/// Puts an earlier template back; what is said of it.
///
/// # Errors
/// In kubectl's words.
pub(super) fn roll_back(session: &mut Session<'_>, flags: &Flags, set: &Object) -> Result<String, Failure> {
    let wanted = flags.number("to-revision").unwrap_or(0);
    let unknown = || Failure::text_of(format!("unable to find specified revision {wanted} in history"));
    if wanted < 0 {
        return Err(unknown());
    }
    let revisions = revisions(session, set)?;
    let target = if wanted > 0 {
        revisions.get(&wanted).ok_or_else(unknown)?
    } else {
        revisions.values().rev().nth(1).ok_or_else(|| Failure::text_of("no last revision to roll back to"))?
    };
    let dry_run = DryRun::of(flags)?;
    if dry_run == DryRun::Client {
        return Ok(pod_template(&template_of(target)?));
    }
    if applied(set, target) == printed::value(set) {
        return Ok(format!("skipped rollback (current template already matches revision {wanted})"));
    }
    let patch = target.data.as_ref().map(|data| data.0.clone()).unwrap_or_default();
    change::send_patch(session, &set.key(), PatchType::Strategic, patch, dry_run).map_err(|failure| match failure {
        Failure::Suspended => Failure::Suspended,
        failure => Failure::text_of(format!("failed restoring revision {wanted}: {}", failure.message())),
    })?;
    Ok("rolled back".into())
}

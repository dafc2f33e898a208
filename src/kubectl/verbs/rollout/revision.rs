//! What has rollouts, and the revisions of a Deployment: its ReplicaSets, by number.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::resources::{self, FoundAll};
use crate::kubectl::session::Session;
use crate::model::apps::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use crate::model::core::PodTemplateSpec;
use crate::model::{Kind, Meta, Object, Selector};

/// Where a ReplicaSet and its Deployment keep the number.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label that tells ReplicaSets apart.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// The objects that a rollout command means.
///
/// # Errors
/// As [`resources::select`] and [`resources::fetch`].
pub(super) fn targets(session: &mut Session<'_>, flags: &Flags, command: &str) -> Result<FoundAll, Failure> {
    if flags.args.is_empty() && !flags.has("filename") && !flags.has("selector") {
        let said = format!("required resource not specified\nSee 'kubectl rollout {command} -h' for help and examples");
        return Err(Failure::text_of(said));
    }
    let selection = resources::select(session, flags, &flags.args, true)?;
    resources::fetch(session, flags, selection)
}

/// Whose Pods are replaced by rollouts.
pub(super) enum Workload<'o> {
    /// Its revisions are ReplicaSets.
    Deployment(&'o Arc<Deployment>),
    /// Its revisions are ControllerRevisions.
    DaemonSet(&'o Arc<DaemonSet>),
    /// Its revisions are ControllerRevisions.
    StatefulSet(&'o Arc<StatefulSet>),
}

impl<'o> Workload<'o> {
    /// The object as one of them.
    ///
    /// # Errors
    /// `said` with the kind of the object, which has no rollouts.
    pub(super) fn of(object: &'o Object, said: &str) -> Result<Self, Failure> {
        match object {
            Object::Deployment(deployment) => Ok(Self::Deployment(deployment)),
            Object::DaemonSet(set) => Ok(Self::DaemonSet(set)),
            Object::StatefulSet(set) => Ok(Self::StatefulSet(set)),
            _ => {
                let info = object.kind().info();
                let group = if info.group.is_empty() { String::new() } else { format!(".{}", info.group) };
                Err(Failure::text_of(said.replace("{}", &format!("{}{group}", info.name))))
            }
        }
    }
}

/// The ReplicaSets of a Deployment by revision.
pub(super) fn revisions(
    session: &mut Session<'_>,
    deployment: &Deployment,
) -> Result<BTreeMap<i64, Arc<ReplicaSet>>, Failure> {
    let selector = Selector::from_typed(deployment.spec.as_ref().map(|spec| &spec.selector));
    let selector = selector.map_err(|error| Failure::text_of(error.to_string()))?.to_string();
    let list = session.list(Kind::ReplicaSet, deployment.metadata.namespace(), &selector, "")?;
    let uid = deployment.metadata.uid();
    let owned = list.items.iter().filter_map(Object::get::<ReplicaSet>);
    let owned = owned.filter(|set| set.metadata.controller().is_some_and(|owner| owner.uid == uid));
    let number = |set: &Arc<ReplicaSet>| set.metadata.annotation(REVISION)?.parse().ok();
    Ok(owned.filter_map(|set| Some((number(set)?, Arc::clone(set)))).collect())
}

/// The template of a ReplicaSet without the label that its Deployment added.
pub(super) fn template_of(set: &ReplicaSet) -> PodTemplateSpec {
    let template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    without_hash(template)
}

pub(super) fn without_hash(mut template: PodTemplateSpec) -> PodTemplateSpec {
    if let Some(labels) = template.metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
        labels.remove(TEMPLATE_HASH);
    }
    template
}

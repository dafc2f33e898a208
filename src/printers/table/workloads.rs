//! Rows of the workloads that are not Deployments: ReplicationControllers, StatefulSets, DaemonSets, their revisions, and
//! Pod templates.

use super::{Column, NONE, age, column, containers_and_images, name, wide};
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::apps::{ControllerRevision, DaemonSet, StatefulSet};
use crate::model::core::{PodTemplate, ReplicationController};
use crate::model::selector::{format_labels, format_typed};

pub(super) const REPLICATION_CONTROLLER_COLUMNS: &[Column] = &[
    column("Name"),
    column("Desired"),
    column("Current"),
    column("Ready"),
    column("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn replication_controller(object: &ReplicationController, now: SimTime) -> Vec<String> {
    let spec = object.spec.clone().unwrap_or_default();
    let status = object.status.clone().unwrap_or_default();
    let [containers, images] = containers_and_images(spec.template.as_ref());
    vec![
        name(&object.metadata),
        spec.replicas.unwrap_or(0).to_string(),
        status.replicas.to_string(),
        status.ready_replicas.unwrap_or(0).to_string(),
        age(&object.metadata, now),
        containers,
        images,
        format_labels(&spec.selector.unwrap_or_default()),
    ]
}

pub(super) const STATEFUL_SET_COLUMNS: &[Column] =
    &[column("Name"), column("Ready"), column("Age"), wide("Containers"), wide("Images")];

pub(super) fn stateful_set(set: &StatefulSet, now: SimTime) -> Vec<String> {
    let spec = set.spec.as_ref();
    let ready = set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    let [containers, images] = containers_and_images(spec.map(|spec| &spec.template));
    vec![
        name(&set.metadata),
        format!("{ready}/{}", spec.and_then(|spec| spec.replicas).unwrap_or(0)),
        age(&set.metadata, now),
        containers,
        images,
    ]
}

pub(super) const DAEMON_SET_COLUMNS: &[Column] = &[
    column("Name"),
    column("Desired"),
    column("Current"),
    column("Ready"),
    column("Up-to-date"),
    column("Available"),
    column("Node Selector"),
    column("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn daemon_set(set: &DaemonSet, now: SimTime) -> Vec<String> {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    let [containers, images] = containers_and_images(Some(&spec.template));
    let nodes = spec.template.spec.as_ref().and_then(|spec| spec.node_selector.clone()).unwrap_or_default();
    vec![
        name(&set.metadata),
        status.desired_number_scheduled.to_string(),
        status.current_number_scheduled.to_string(),
        status.number_ready.to_string(),
        status.updated_number_scheduled.unwrap_or(0).to_string(),
        status.number_available.unwrap_or(0).to_string(),
        format_labels(&nodes),
        age(&set.metadata, now),
        containers,
        images,
        format_typed(Some(&spec.selector)),
    ]
}

pub(super) const REVISION_COLUMNS: &[Column] =
    &[column("Name"), column("Controller"), column("Revision"), column("Age")];

pub(super) fn revision(revision: &ControllerRevision, now: SimTime) -> Vec<String> {
    let owner = revision.metadata.controller().map(|owner| {
        let kind = owner.kind.to_lowercase();
        match owner.api_version.split_once('/') {
            Some((group, _)) => format!("{kind}.{group}/{}", owner.name),
            None => format!("{kind}/{}", owner.name),
        }
    });
    vec![
        name(&revision.metadata),
        owner.unwrap_or_else(|| NONE.into()),
        revision.revision.to_string(),
        age(&revision.metadata, now),
    ]
}

pub(super) const POD_TEMPLATE_COLUMNS: &[Column] =
    &[column("Name"), column("Containers"), column("Images"), column("Pod Labels")];

pub(super) fn pod_template(object: &PodTemplate) -> Vec<String> {
    let [containers, images] = containers_and_images(object.template.as_ref());
    let meta = object.template.as_ref().and_then(|template| template.metadata.as_ref());
    let labels = meta.and_then(|meta| meta.labels.clone()).unwrap_or_default();
    vec![name(&object.metadata), containers, images, format_labels(&labels)]
}

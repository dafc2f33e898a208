//! Rows of ReplicaSets.

use super::{Column, age, column, containers_and_images, name, wide};
use crate::engine::SimTime;
use crate::model::apps::ReplicaSet;
use crate::model::selector::format_typed;

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Desired"),
    column("Current"),
    column("Ready"),
    column("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn cells(set: &ReplicaSet, now: SimTime) -> Vec<String> {
    let spec = set.spec.as_ref();
    let status = set.status.clone().unwrap_or_default();
    let [containers, images] = containers_and_images(spec.and_then(|spec| spec.template.as_ref()));
    vec![
        name(&set.metadata),
        spec.and_then(|spec| spec.replicas).unwrap_or(0).to_string(),
        status.replicas.to_string(),
        status.ready_replicas.unwrap_or(0).to_string(),
        age(&set.metadata, now),
        containers,
        images,
        format_typed(spec.map(|spec| &spec.selector)),
    ]
}

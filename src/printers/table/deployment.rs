//! Rows of Deployments.

use super::{Column, age, column, containers_and_images, name, wide};
use crate::engine::SimTime;
use crate::model::apps::Deployment;
use crate::model::selector::format_typed;

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Ready"),
    column("Up-to-date"),
    column("Available"),
    column("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn cells(deployment: &Deployment, now: SimTime) -> Vec<String> {
    let spec = deployment.spec.as_ref();
    let status = deployment.status.clone().unwrap_or_default();
    let desired = spec.and_then(|spec| spec.replicas).unwrap_or(0);
    let [containers, images] = containers_and_images(spec.map(|spec| &spec.template));
    vec![
        name(&deployment.metadata),
        format!("{}/{desired}", status.ready_replicas.unwrap_or(0)),
        status.updated_replicas.unwrap_or(0).to_string(),
        status.available_replicas.unwrap_or(0).to_string(),
        age(&deployment.metadata, now),
        containers,
        images,
        format_typed(spec.map(|spec| &spec.selector)),
    ]
}

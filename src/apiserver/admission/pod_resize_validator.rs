//! PodResizeValidator: no Pod may want more than its node has in all.
//!
//! Source: `plugin/pkg/admission/podresize/admission.go`.

use crate::apiserver::status::Status;
use crate::model::Object;
use crate::model::core::Node;
use crate::model::resources::{Resources, pod_requests};

use super::{Review, lookup};

/// Refuses requests beyond what the node of the Pod offers.
///
/// # Errors
/// `node didn't have enough allocatable resources: …`.
pub(super) fn validate(object: &Object, old: &Object, review: &Review<'_>) -> Result<(), Box<Status>> {
    let Object::Pod(pod) = object else { return Ok(()) };
    let node = pod.node_name();
    if node.is_empty() || object.meta().generation == old.meta().generation {
        return Ok(());
    }
    let refuse = |why: String| Err(Box::new(Status::forbidden(object.kind(), object.name(), &why)));
    let Some(known) = lookup::<Node>(review.store, "", node) else { return refuse(format!("node {node:?} not found")) };
    let offered = Resources::of(known.status.as_ref().and_then(|status| status.allocatable.as_ref()));
    let wanted = pod_requests(&pod.spec);
    let over = ["cpu", "memory"].into_iter().filter(|name| wanted.amount(name) > offered.amount(name));
    let told =
        over.map(|name| format!("{name}, requested: {}, allocatable: {}", wanted.amount(name), offered.amount(name)));
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return Ok(());
    }
    refuse(format!("node didn't have enough allocatable resources: {}", told.join("; ")))
}

//! Binding: the scheduler writes down on which node a Pod is to run.
//!
//! Source: `pkg/registry/core/pod/storage/storage.go`, `BindingREST`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::apiserver::admission;
use crate::apiserver::request::{Body, Payload};
use crate::apiserver::status::{Reason, Status};
use crate::model::core::PodCondition;
use crate::model::{Kind, Meta, Pod, Resource, time};

use super::eviction::metadata;
use super::update::{self, Change};
use super::{Current, Reply, Step, Work, object_of};

/// Sets the node, and the condition PodScheduled.
///
/// # Errors
/// 409 when the Pod has a node, is gated, or is on its way out.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let Body::Binding(node) = &work.inbound.request.body else {
        return Err(Box::new(Status::bad_request("the request has no binding in its body")));
    };
    let (Some(entry), Some(old)) = (current.as_deref(), object_of(current)) else { return Err(work.not_found()) };
    let Some(pod) = Pod::of(&old) else { return Err(work.not_found()) };
    let name = pod.metadata.name();
    let refused = |why: String| {
        let resource = Kind::Pod.plural();
        let message = format!("Operation cannot be fulfilled on {resource}/binding \"{name}\": {why}");
        Box::new(Status { message, ..Status::conflict(Kind::Pod, name, "") })
    };
    if node.is_empty() {
        let mut errors = crate::apiserver::field::Errors::default();
        errors.required("target.name", "");
        return Err(Box::new(errors.into_invalid("Binding", name)));
    }
    if pod.metadata.is_terminating() {
        return Err(refused(format!("pod {name} is being deleted, cannot be assigned to a host")));
    }
    if !pod.node_name().is_empty() {
        return Err(refused(format!("pod {name} is already assigned to node \"{}\"", pod.node_name())));
    }
    if pod.spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
        return Err(refused(format!("pod {name} has non-empty .spec.schedulingGates")));
    }
    let part = || {
        let target = json!({"kind": "Node", "name": node});
        (json!({"apiVersion": "v1", "kind": "Binding", "metadata": metadata(pod), "target": target}), Value::Null)
    };
    admission::validate_part(part, Some(&old), &mut work.review())?;
    let mut bound = Pod::clone(pod);
    bound.set_node_name(Arc::clone(node));
    set_scheduled(&mut bound, work);
    let text = || format!("to {node}");
    let parent = bound_key(pod);
    work.record("bind", &parent, text);
    let bound = bound.into();
    let ownership = work.owns_unnoticed(entry, &old, &bound);
    let step = update::store(work, entry, &old, bound, Change { ownership, ..Change::of("bind") })?;
    Ok(step.replying(Reply::Given(Box::new(success()))))
}

fn bound_key(pod: &Arc<Pod>) -> crate::model::ObjectKey {
    crate::model::ObjectKey::new(Kind::Pod, pod.metadata.namespace(), pod.metadata.name())
}

/// `Status: Success`, 201.
fn success() -> Payload {
    Payload::Status(Status { code: 201, reason: Reason::Unknown, message: String::new(), details: None })
}

fn set_scheduled(pod: &mut Pod, work: &Work<'_>) {
    let generation = pod.metadata.generation;
    let condition = PodCondition {
        type_: "PodScheduled".into(),
        status: "True".into(),
        last_transition_time: Some(time::time(work.now)),
        observed_generation: generation,
        ..PodCondition::default()
    };
    let conditions = pod.status_mut().conditions.get_or_insert_default();
    match conditions.iter_mut().find(|one| one.type_ == condition.type_) {
        Some(present) => *present = condition,
        None => conditions.push(condition),
    }
}

//! NamespaceLifecycle: nothing new in a namespace that is missing or on its way out; some namespaces stay.
//!
//! Source: `apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`.

use crate::apiserver::request::{Body, Request, Subresource};
use crate::apiserver::status::{FieldCause, Status};
use crate::model::core::Namespace;
use crate::model::{Kind, Meta};

use super::{Review, is_create, lookup, shown_name};

/// Namespaces that may not be deleted. Source: `NewLifecycle`.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

pub(super) fn admit(review: &mut Review<'_>) -> Result<(), Box<Status>> {
    let request = review.request;
    if request.namespace.is_empty() || request.kind == Kind::Namespace {
        return Ok(());
    }
    let Some(namespace) = lookup::<Namespace>(review.store, "", &request.namespace) else {
        return Err(Box::new(Status::not_found(Kind::Namespace, &request.namespace)));
    };
    let phase = namespace.status.as_ref().and_then(|status| status.phase.as_deref());
    let is_new = is_create(request) && request.subresource == Subresource::None;
    if is_new && (namespace.metadata.is_terminating() || phase == Some("Terminating")) {
        return Err(Box::new(terminating(request)));
    }
    Ok(())
}

pub(super) fn admit_delete(request: &Request) -> Result<(), Box<Status>> {
    if request.kind == Kind::Namespace && IMMORTAL.contains(&&*request.name) {
        let why = "this namespace may not be deleted";
        return Err(Box::new(Status::forbidden(Kind::Namespace, &request.name, why)));
    }
    Ok(())
}

fn terminating(request: &Request) -> Status {
    let namespace = &request.namespace;
    let name = match &request.body {
        _ if !request.name.is_empty() => &*request.name,
        Body::Object(object) => shown_name(object.meta()),
        Body::Manifest(value) => value["metadata"]["name"].as_str().unwrap_or_default(),
        _ => "",
    };
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut status = Status::forbidden(request.kind, name, &why);
    if let Some(details) = &mut status.details {
        details.causes.push(FieldCause {
            reason: "NamespaceTerminating".into(),
            message: format!("namespace {namespace} is being terminated"),
            field: "metadata.namespace".into(),
        });
    }
    status
}

//! Custom kinds as they are served now: a request may carry a kind that was read from an older definition.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/customresource_handler.go`.

use std::sync::Arc;

use crate::etcd::Store;
use crate::model::apiextensions::CustomResourceDefinition;
use crate::model::custom_kind::{is_established, kinds_of};
use crate::model::metrics;
use crate::model::{CustomKind, Kind, Meta, Object};

use super::admission::{lookup, lookup_all};
use super::request::{Body, Payload, Request, Verb};
use super::status::{Reason, Status};
use super::stored::Stored;

/// Puts the present definition of its kind into a request.
///
/// # Errors
/// 404 when no definition is established that serves this version.
pub(super) fn resolve(request: &mut Request, store: &Store<Stored>) -> Result<(), Box<Status>> {
    let Kind::Custom(asked) = request.kind else { return Ok(()) };
    if metrics::is_metrics(request.kind) {
        request.kind = metrics::kinds().iter().copied().find(|kind| *kind == request.kind).unwrap_or(request.kind);
        return Ok(());
    }
    let found = lookup::<CustomResourceDefinition>(store, "", &asked.definition_name());
    let served = found.filter(|definition| is_established(definition)).and_then(|definition| {
        let version = asked.definition().info.version;
        kinds_of(definition).into_iter().find(|kind| kind.info().version == version)
    });
    let Some(Kind::Custom(kind)) = served else {
        return Err(Box::new(Status::new(404, Reason::NotFound, "the server could not find the requested resource")));
    };
    if request.verb == Verb::Create && found.is_some_and(|definition| definition.metadata.is_terminating()) {
        let message =
            format!("create not allowed while custom resource definition is terminating, {}", asked.definition_name());
        return Err(Box::new(Status::new(405, Reason::MethodNotAllowed, message)));
    }
    request.kind = Kind::Custom(kind);
    if let Body::Object(object) | Body::StatusOf(object) = &mut request.body {
        show_as(object, kind);
    }
    Ok(())
}

/// The custom kind of that name, if it is served.
pub(super) fn of_gvk(api_version: &str, kind: &str, store: &Store<Stored>) -> Option<Kind> {
    let definitions = lookup_all::<CustomResourceDefinition>(store, "");
    let served = definitions.iter().filter(|definition| is_established(definition));
    let mut kinds = served.flat_map(|definition| kinds_of(definition));
    kinds.find(|one| one.info().is(api_version, kind))
}

/// Shows objects in the version that was asked for. Versions differ in nothing else: only the strategy None is modelled.
pub(super) fn show(payload: &mut Payload, kind: Kind) {
    let Kind::Custom(kind) = kind else { return };
    match payload {
        Payload::Object(object) => show_as(object, kind),
        Payload::List(list) => list.items.iter_mut().for_each(|object| show_as(object, kind)),
        _ => {}
    }
}

fn show_as(object: &mut Object, kind: CustomKind) {
    if let Object::Custom(object) = object
        && !std::ptr::eq(object.kind.definition(), kind.definition())
    {
        Arc::make_mut(object).kind = kind;
    }
}

//! Create. Source: `apiserver/pkg/endpoints/handlers/create.go`, `registry/rest/create.go`, `registry/generic/registry/store.go`.

use std::sync::Arc;

use crate::apiserver::admission::{self, resource_quota};
use crate::apiserver::allocation::{self, Claims};
use crate::apiserver::managed_fields::Ownership;
use crate::apiserver::request::Payload;
use crate::apiserver::status::Status;
use crate::apiserver::stored::{Record, Stored};
use crate::apiserver::{decode, registry, storage_key};
use crate::etcd::{Compare, Condition, KeyRange, Op, Revision, Txn};
use crate::model::{Kind, Object};

use super::{Reply, Step, Work, Write};

/// Takes a new object through every stage before etcd.
///
/// # Errors
/// What a stage answers that refuses it.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>) -> Result<Step, Box<Status>> {
    let request = &work.inbound.request;
    let mut object = decode::object(request, work.warnings)?;
    check_names(&mut object, work)?;
    registry::default(&mut object);
    let ownership = work.owns_new(&mut object);
    store(object, ownership, work)
}

/// What server-side apply makes where there was nothing.
pub(super) fn applied(mut object: Object, ownership: Ownership, work: &mut Work<'_>) -> Result<Step, Box<Status>> {
    check_names(&mut object, work)?;
    store(object, ownership, work)
}

/// The stages from admission on.
fn store(mut object: Object, ownership: Ownership, work: &mut Work<'_>) -> Result<Step, Box<Status>> {
    admission::mutate(&mut object, None, &mut work.review())?;
    work.check_escalation(&object, None)?;
    registry::fill_for_create(object.meta_mut(), work.now, work.random);
    registry::gate(&mut object, None, work.gates);
    registry::prepare_for_create(&mut object, work.now);
    registry::validate(&object)?;
    work.warnings.extend(registry::warnings::about(&object, None));
    admission::validate(&object, None, &mut work.review())?;
    if let Object::Pod(pod) = &mut object {
        Arc::make_mut(pod).spec = work.alike.stored_spec(pod);
    }
    let claims = match &mut object {
        Object::Service(service) => allocation::assign(Arc::make_mut(service), None, work.store, work.random)?,
        _ => Claims::default(),
    };
    let charges = resource_quota::charges(&object, None, &work.review())
        .map_err(|why| Box::new(Status::forbidden(object.kind(), object.name(), &why)))?;
    if work.is_dry_run() {
        let key = storage_key::of(object.kind(), object.namespace(), object.name());
        if work.store.get(&key).is_some() {
            return Err(Box::new(Status::already_exists(object.kind(), object.name())));
        }
        return Ok(Payload::Object(work.shown(object, &ownership)).into());
    }
    let key = object.key();
    let is_generated = object.meta().generate_name.as_ref().is_some_and(|prefix| !prefix.is_empty());
    let cause = work.record("create", &key, String::new);
    let stored = storage_key::of(key.kind, &key.namespace, &key.name);
    let lease = if key.kind == Kind::Event { work.lease } else { None };
    let absent = Compare { key: stored.clone(), condition: Condition::ModRevision(Revision::NONE) };
    let put = Op::Put { key: stored.clone(), value: Stored::owned(Record::Object(object), cause, ownership), lease };
    let txn = Txn {
        compare: std::iter::once(absent).chain(claims.compare()).collect(),
        success: std::iter::once(put).chain(claims.ops(&key, cause)).collect(),
        failure: vec![Op::Range { range: KeyRange::Key(stored.clone()), limit: None }],
    };
    Ok(Write { txn, key: stored, object: key, is_generated, reply: Reply::Written, charges }.into())
}

/// What the object says of its place must agree with the request. Source: `EnsureObjectNamespaceMatchesRequestNamespace`.
fn check_names(object: &mut Object, work: &Work<'_>) -> Result<(), Box<Status>> {
    let request = &work.inbound.request;
    if request.kind.is_namespaced() {
        let given = object.namespace();
        if given.is_empty() {
            object.meta_mut().namespace = Some(request.namespace.to_string());
        } else if *given != *request.namespace {
            let message = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Box::new(Status::bad_request(message)));
        }
    } else if object.meta().namespace.is_some() {
        object.meta_mut().namespace = None;
    }
    if object.meta().resource_version.as_ref().is_some_and(|revision| !revision.is_empty()) {
        return Err(Box::new(Status::bad_request("resourceVersion should not be set on objects to be created")));
    }
    if object.name().is_empty() && object.meta().generate_name.is_none() && !request.name.is_empty() {
        object.meta_mut().name = Some(request.name.to_string());
    }
    Ok(())
}

//! Update, of an object or of its status. Source: `apiserver/pkg/registry/rest/update.go`, `registry/generic/registry/store.go`.

use std::sync::Arc;

use crate::apiserver::admission::{self, resource_quota};
use crate::apiserver::allocation::{self, Claims};
use crate::apiserver::managed_fields::Ownership;
use crate::apiserver::request::{Body, Payload, Request, Subresource, Verb};
use crate::apiserver::status::Status;
use crate::apiserver::stored::{Record, Stored};
use crate::apiserver::{decode, registry, storage_key};
use crate::etcd::{Compare, Condition, KeyRange, KeyValue, Op, Txn};
use crate::model::{Kind, Meta, Object};

use super::{Current, Reply, Step, Work, Write, delete, object_of};

/// Replaces an object, its status, or the finalizers of a namespace.
///
/// # Errors
/// What a stage answers that refuses it.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let request = &work.inbound.request;
    let (Some(entry), Some(old)) = (current.as_deref(), object_of(current)) else {
        return if creates_on_update(request) { super::create::attempt(work) } else { Err(work.not_found()) };
    };
    if let Body::StatusOf(sent) = &request.body {
        return status_of(work, entry, &old, sent);
    }
    let mut object = decode::object(request, work.warnings)?;
    check_names(&mut object, work)?;
    registry::default(&mut object);
    replace(work, entry, &old, object)
}

/// Kinds that a PUT creates. Source: `AllowCreateOnUpdate` of the strategies.
fn creates_on_update(request: &Request) -> bool {
    use Kind::{ClusterRole, ClusterRoleBinding, Endpoints, Event, Lease, LimitRange, Role, RoleBinding, Service};
    let kinds = [ClusterRole, ClusterRoleBinding, Endpoints, Event, Lease, LimitRange, Role, RoleBinding, Service];
    request.verb == Verb::Update && request.subresource == Subresource::None && kinds.contains(&request.kind)
}

/// A component's report of a status.
fn status_of(work: &mut Work<'_>, entry: &KeyValue<Stored>, old: &Object, sent: &Object) -> Result<Step, Box<Status>> {
    if sent.kind() != old.kind() || (!sent.meta().uid().is_empty() && sent.meta().uid() != old.meta().uid()) {
        return Err(uid_precondition(sent, old));
    }
    let mut object = registry::with_status_of(old, sent);
    admission::admit_part(&mut object, old, &mut work.review())?;
    let ownership = work.owns_change(entry, old, None, &object);
    store(work, entry, old, object, Change { ownership, ..Change::of("patch status") })
}

/// Makes `object` of `old`, after defaulting.
pub(super) fn replace(
    work: &mut Work<'_>,
    entry: &KeyValue<Stored>,
    old: &Object,
    mut object: Object,
) -> Result<Step, Box<Status>> {
    check_revision(&object, old)?;
    let given = work.takes_given(&mut object);
    take_over_system_fields(&mut object, old);
    let ownership = work.owns_replacement(entry, old, &object, given);
    finish(work, entry, old, object, ownership)
}

/// The same with an object whose managers are known already, as server-side apply has it.
pub(super) fn applied(
    work: &mut Work<'_>,
    entry: &KeyValue<Stored>,
    old: &Object,
    mut object: Object,
    ownership: Ownership,
) -> Result<Step, Box<Status>> {
    check_names(&mut object, work)?;
    check_revision(&object, old)?;
    take_over_system_fields(&mut object, old);
    finish(work, entry, old, object, ownership)
}

/// The stages from admission on.
fn finish(
    work: &mut Work<'_>,
    entry: &KeyValue<Stored>,
    old: &Object,
    mut object: Object,
    ownership: Ownership,
) -> Result<Step, Box<Status>> {
    let request = &work.inbound.request;
    match request.subresource {
        Subresource::Status => {
            registry::keep_only_status(&mut object, old);
            take_over_system_fields(&mut object, old);
            admission::admit_part(&mut object, old, &mut work.review())?;
            registry::validate_status_update(&object, old)?;
            let verb = if request.verb == Verb::Patch { "patch status" } else { "update status" };
            store(work, entry, old, object, Change { ownership, ..Change::of(verb) })
        }
        Subresource::Finalize => {
            let mut result = old.clone();
            if let (Object::Namespace(result), Object::Namespace(sent)) = (&mut result, &object) {
                Arc::make_mut(result).spec.clone_from(&sent.spec);
            }
            store(work, entry, old, result, Change { ownership, ..Change::of("finalize") })
        }
        Subresource::EphemeralContainers => {
            let object = registry::pod_part::with_ephemeral_containers(&object, old)?;
            admission::validate(&object, Some(old), &mut work.review())?;
            store(work, entry, old, object, Change { ownership, ..Change::of("add ephemeral containers") })
        }
        Subresource::Resize => {
            let object = registry::pod_part::resized(&object, old)?;
            admission::validate(&object, Some(old), &mut work.review())?;
            admission::validate_resize(&object, old, &mut work.review())?;
            let charges = charges(&object, old, work)?;
            store(work, entry, old, object, Change { verb: "resize", charges, ownership })
        }
        _ => {
            registry::gate(&mut object, Some(old), work.gates);
            registry::prepare_for_update(&mut object, old);
            admission::mutate(&mut object, Some(old), &mut work.review())?;
            work.check_escalation(&object, Some(old))?;
            registry::validate_update(&object, old)?;
            work.warnings.extend(registry::warnings::about(&object, Some(old)));
            admission::validate(&object, Some(old), &mut work.review())?;
            let charges = charges(&object, old, work)?;
            let verb = if request.verb == Verb::Patch { "patch" } else { "update" };
            store(work, entry, old, object, Change { verb, charges, ownership })
        }
    }
}

/// What a change adds to quotas.
fn charges(object: &Object, old: &Object, work: &mut Work<'_>) -> Result<Vec<resource_quota::Charge>, Box<Status>> {
    resource_quota::charges(object, Some(old), &work.review())
        .map_err(|why| Box::new(Status::forbidden(object.kind(), object.name(), &why)))
}

/// How an object is written.
pub(super) struct Change {
    /// As causes name it.
    pub(super) verb: &'static str,
    /// What has to be charged to quotas before.
    pub(super) charges: Vec<resource_quota::Charge>,
    /// Who manages what afterwards.
    pub(super) ownership: Ownership,
}

impl Change {
    /// A change that costs nothing.
    pub(super) fn of(verb: &'static str) -> Self {
        Self { verb, charges: Vec::new(), ownership: Ownership::default() }
    }
}

/// The last step: nothing, a removal, or a put.
pub(super) fn store(
    work: &mut Work<'_>,
    entry: &KeyValue<Stored>,
    old: &Object,
    mut object: Object,
    change: Change,
) -> Result<Step, Box<Status>> {
    let Change { verb, charges, ownership } = change;
    let claims = match (&mut object, old) {
        (Object::Service(service), Object::Service(old)) => {
            allocation::assign(Arc::make_mut(service), Some(old), work.store, work.random)?
        }
        _ => Claims::default(),
    };
    if delete::is_finished(&object) {
        return Ok(delete::remove(work, entry, object, verb));
    }
    if registry::same_content(&object, old) && !ownership.differs(entry.value.ownership(), old) {
        return Ok(Payload::Object(work.shown(old.clone(), entry.value.ownership())).into());
    }
    if work.is_dry_run() {
        return Ok(Payload::Object(work.shown(object, &ownership)).into());
    }
    let key = object.key();
    let cause = work.record(verb, &key, || super::summary::of_change(old, &object));
    let stored = storage_key::of(key.kind, &key.namespace, &key.name);
    let lease = if key.kind == Kind::Event { work.lease } else { None };
    let unchanged = Compare { key: stored.clone(), condition: Condition::ModRevision(entry.mod_revision) };
    // What is stored carries no revision of its own.
    object.meta_mut().resource_version = None;
    let put = Op::Put { key: stored.clone(), value: Stored::owned(Record::Object(object), cause, ownership), lease };
    let txn = Txn {
        compare: std::iter::once(unchanged).chain(claims.compare()).collect(),
        success: std::iter::once(put).chain(claims.ops(&key, cause)).collect(),
        failure: vec![Op::Range { range: KeyRange::Key(stored.clone()), limit: None }],
    };
    Ok(Write { txn, key: stored, object: key, is_generated: false, reply: Reply::Written, charges }.into())
}

/// What the object says of its place must agree with the request.
fn check_names(object: &mut Object, work: &Work<'_>) -> Result<(), Box<Status>> {
    let request = &work.inbound.request;
    let name = object.name();
    if name.is_empty() {
        object.meta_mut().name = Some(request.name.to_string());
    } else if *name != *request.name {
        let message = format!("the name of the object ({name}) does not match the name on the URL ({})", request.name);
        return Err(Box::new(Status::bad_request(message)));
    }
    if request.kind.is_namespaced() {
        if object.namespace().is_empty() {
            object.meta_mut().namespace = Some(request.namespace.to_string());
        } else if *object.namespace() != *request.namespace {
            let message = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Box::new(Status::bad_request(message)));
        }
    }
    Ok(())
}

/// Optimistic concurrency: a revision in the object must be the present one.
fn check_revision(object: &Object, old: &Object) -> Result<(), Box<Status>> {
    let given = object.meta().resource_version.as_deref().unwrap_or_default();
    if given.is_empty() || given == "0" {
        if registry::update_needs_revision(object) {
            let mut errors = crate::apiserver::field::Errors::default();
            errors.invalid("metadata.resourceVersion", 0, "must be specified for an update");
            return Err(Box::new(errors.into_status(object.kind(), object.name())));
        }
    } else if Some(given) != old.meta().resource_version.as_deref() {
        return Err(Box::new(Status::modified(&old.key())));
    }
    if !object.meta().uid().is_empty() && object.meta().uid() != old.meta().uid() {
        return Err(uid_precondition(object, old));
    }
    Ok(())
}

fn uid_precondition(object: &Object, old: &Object) -> Box<Status> {
    let key = old.key();
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: \
         UID in precondition: {}, UID in object meta: {}",
        storage_key::of(key.kind, &key.namespace, &key.name),
        object.meta().uid(),
        old.meta().uid()
    );
    Box::new(Status::conflict(key.kind, &key.name, &why))
}

/// What only the server sets stays as it was. Source: `rest.BeforeUpdate`.
fn take_over_system_fields(object: &mut Object, old: &Object) {
    let from = old.meta();
    let meta = object.meta_mut();
    meta.creation_timestamp.clone_from(&from.creation_timestamp);
    meta.uid.clone_from(&from.uid);
    meta.generate_name.clone_from(&from.generate_name);
    meta.deletion_timestamp.clone_from(&from.deletion_timestamp);
    meta.deletion_grace_period_seconds = from.deletion_grace_period_seconds;
    meta.resource_version.clone_from(&from.resource_version);
    meta.generation = from.generation;
    meta.managed_fields = None;
    meta.self_link = None;
}

//! Delete, and eviction, which is a delete that may be refused.
//!
//! Source: `apiserver/pkg/registry/rest/delete.go`, `registry/generic/registry/store.go`, `pkg/registry/core/pod/strategy.go`.

use std::sync::Arc;

use crate::apiserver::allocation::Claims;
use crate::apiserver::request::{Body, DeleteOptions, Payload, Propagation, Subresource};
use crate::apiserver::status::{Details, Reason, Status};
use crate::apiserver::stored::{Record, Stored};
use crate::apiserver::{admission, storage_key};
use crate::engine::SimDuration;
use crate::etcd::{Compare, Condition, KeyRange, KeyValue, Op, Txn};
use crate::model::apiextensions::{CustomResourceDefinition, CustomResourceDefinitionCondition};
use crate::model::core::PodCondition;
use crate::model::metav1::ObjectMeta;
use crate::model::{Meta, Object, Pod, time};

use super::update::{self, Change};
use super::{Current, Reply, Step, Work, Write, object_of};

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";
const CUSTOM_CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Deletes an object, at once or step by step.
///
/// # Errors
/// What a stage answers that refuses it.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let none = DeleteOptions::default();
    let options = match &work.inbound.request.body {
        Body::Delete(options) => options,
        _ => &none,
    };
    admission::on_delete(&mut work.review())?;
    let (Some(entry), Some(old)) = (current.as_deref(), object_of(current)) else { return Err(work.not_found()) };
    check_preconditions(&old, options)?;
    admission::validate_delete(&old, &mut work.review())?;
    let is_eviction = work.inbound.request.subresource == Subresource::Eviction;
    let verb = if is_eviction { "evict" } else { "delete" };
    let mut object = old.clone();
    if let Object::CustomResourceDefinition(definition) = &mut object {
        hold_for_cleanup(Arc::make_mut(definition), work);
    }
    set_propagation(object.meta_mut(), options.propagation);
    if let (true, Object::Pod(pod)) = (is_eviction, &mut object) {
        disrupt(Arc::make_mut(pod), work);
    }
    let grace = grace_of(&object, options);
    let waits = grace > 0 || object.meta().finalizers.as_ref().is_some_and(|finalizers| !finalizers.is_empty());
    let holds_namespace = matches!(&object, Object::Namespace(namespace)
        if namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_ref()).is_some_and(|all| !all.is_empty()));
    if !waits && !holds_namespace {
        return Ok(remove(work, entry, object, verb));
    }
    mark(&mut object, grace, work);
    if old.meta().is_terminating() && object == old {
        // It waits for its finalizers still, and comes back as it is.
        let waiting = Payload::Object(work.shown(old.clone(), entry.value.ownership()));
        return Ok(if is_eviction { Payload::Status(success(&old)) } else { waiting }.into());
    }
    let ownership = work.owns_unnoticed(entry, &old, &object);
    let step = update::store(work, entry, &old, object, Change { ownership, ..Change::of(verb) })?;
    Ok(if is_eviction { step.replying(Reply::Given(Box::new(Payload::Status(success(&old))))) } else { step })
}

/// The objects of a definition go before it does. Source: `registry/customresourcedefinition/etcd.go`, `Delete`.
fn hold_for_cleanup(definition: &mut CustomResourceDefinition, work: &Work<'_>) {
    let meta = &mut definition.metadata;
    if meta.is_terminating() {
        return;
    }
    if !meta.has_finalizer(CUSTOM_CLEANUP) {
        meta.finalizers.get_or_insert_default().push(CUSTOM_CLEANUP.to_owned());
    }
    let conditions = definition.status.get_or_insert_default().conditions.get_or_insert_default();
    conditions.push(CustomResourceDefinitionCondition {
        type_: "Terminating".into(),
        status: "True".into(),
        reason: Some("InstanceDeletionPending".into()),
        message: Some("CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon".into()),
        last_transition_time: Some(time::time(work.now)),
        ..CustomResourceDefinitionCondition::default()
    });
}

/// Whether an object that is being deleted has nothing left to wait for.
pub(super) fn is_finished(object: &Object) -> bool {
    let meta = object.meta();
    if !meta.is_terminating() || meta.finalizers.as_ref().is_some_and(|finalizers| !finalizers.is_empty()) {
        return false;
    }
    match object {
        // The kubelet has the last word about Pods: it deletes them once more, without grace.
        Object::Pod(_) => meta.deletion_grace_period_seconds == Some(0),
        Object::Namespace(namespace) => {
            namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_ref()).is_none_or(Vec::is_empty)
        }
        _ => true,
    }
}

/// Takes an object out of the store.
pub(super) fn remove(work: &mut Work<'_>, entry: &KeyValue<Stored>, object: Object, verb: &'static str) -> Step {
    let payload = answer(work, entry, &object);
    if work.is_dry_run() {
        return payload.into();
    }
    let key = object.key();
    let cause = work.record(verb, &key, String::new);
    let stored = storage_key::of(key.kind, &key.namespace, &key.name);
    let claims = match &object {
        Object::Service(service) => Claims::released_by(service),
        _ => Claims::default(),
    };
    let who = Stored::new(Record::Deletion(key.clone()), cause);
    let told = Op::Put { key: storage_key::LAST_DELETION.into(), value: who, lease: None };
    let removed = Op::Delete(KeyRange::Key(stored.clone()));
    let txn = Txn {
        compare: vec![Compare { key: stored.clone(), condition: Condition::ModRevision(entry.mod_revision) }],
        success: [removed, told].into_iter().chain(claims.ops(&key, cause)).collect(),
        failure: vec![Op::Range { range: KeyRange::Key(stored.clone()), limit: None }],
    };
    let reply = Reply::Given(Box::new(payload));
    Write { txn, key: stored, object: key, is_generated: false, reply, charges: Vec::new() }.into()
}

/// What is answered when an object is gone: Pods and a few others come back, of most only a word.
fn answer(work: &Work<'_>, entry: &KeyValue<Stored>, object: &Object) -> Payload {
    // Strategies with `ReturnDeletedObject`, and an update that removed the last finalizer.
    let returns = matches!(
        object,
        Object::Pod(_)
            | Object::Service(_)
            | Object::PersistentVolumeClaim(_)
            | Object::PersistentVolume(_)
            | Object::ResourceQuota(_)
            | Object::ServiceAccount(_)
    );
    let is_delete = matches!(work.inbound.request.body, Body::Delete(_) | Body::None);
    if work.inbound.request.subresource != Subresource::Eviction && (returns || !is_delete) {
        Payload::Object(work.shown(object.clone(), entry.value.ownership()))
    } else {
        Payload::Status(success(object))
    }
}

fn success(object: &Object) -> Status {
    let info = object.kind().info();
    let details = Details {
        name: object.name().to_owned(),
        group: info.group.to_owned(),
        kind: info.plural.to_owned(),
        uid: object.meta().uid().to_owned(),
        ..Details::default()
    };
    Status { code: 200, reason: Reason::Unknown, message: String::new(), details: Some(Box::new(details)) }
}

fn check_preconditions(old: &Object, options: &DeleteOptions) -> Result<(), Box<Status>> {
    let key = old.key();
    if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != old.meta().uid()) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been \
             deleted and then recreated",
            old.meta().uid()
        );
        return Err(Box::new(Status::conflict(key.kind, &key.name, &why)));
    }
    if let Some(revision) = options.resource_version.filter(|revision| *revision != old.meta().revision()) {
        let why = format!(
            "the ResourceVersion in the precondition ({revision}) does not match the ResourceVersion in record ({}). \
             The object might have been modified",
            old.meta().revision()
        );
        return Err(Box::new(Status::conflict(key.kind, &key.name, &why)));
    }
    Ok(())
}

/// What is to happen with dependents is written into the finalizers, for the garbage collector.
fn set_propagation(meta: &mut ObjectMeta, propagation: Option<Propagation>) {
    let Some(propagation) = propagation else { return };
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
    };
    if let Some(finalizers) = &mut meta.finalizers {
        finalizers.retain(|one| one != ORPHAN && one != FOREGROUND);
    }
    if let Some(wanted) = wanted {
        meta.finalizers.get_or_insert_default().push(wanted.into());
    }
    if meta.finalizers.as_ref().is_some_and(Vec::is_empty) {
        meta.finalizers = None;
    }
}

/// Seconds that a Pod still has. Source: `podStrategy.CheckGracefulDelete`.
fn grace_of(object: &Object, options: &DeleteOptions) -> i64 {
    let Object::Pod(pod) = object else { return 0 };
    let asked = options.grace_period_seconds.or(pod.spec.termination_grace_period_seconds).unwrap_or(30);
    // Below zero: at once, but by way of the kubelet.
    let asked = if asked < 0 { 1 } else { asked };
    if pod.node_name().is_empty() || pod.is_terminal() {
        return 0;
    }
    // A later deletion may only shorten the time.
    match pod.metadata.deletion_grace_period_seconds {
        Some(before) if options.grace_period_seconds != Some(0) => asked.min(before),
        _ => asked,
    }
}

/// Sets when the object ends, and counts the generation.
fn mark(object: &mut Object, grace: i64, work: &Work<'_>) {
    let span = |seconds: i64| SimDuration::from_secs(u64::try_from(seconds).unwrap_or(0));
    if let Object::Namespace(namespace) = object
        && !namespace.metadata.is_terminating()
    {
        Arc::make_mut(namespace).status.get_or_insert_default().phase = Some("Terminating".into());
    }
    let meta = object.meta_mut();
    let shortens = meta.deletion_grace_period_seconds.is_some_and(|before| grace < before);
    if meta.deletion_timestamp.is_some() && !shortens {
        return;
    }
    if meta.deletion_timestamp.is_none()
        && let Some(generation) = meta.generation.filter(|generation| *generation > 0)
    {
        meta.generation = Some(generation + 1);
    }
    let (mut ends_at, mut grace) = (work.now + span(grace), grace);
    if let (Some(before), Some(seconds)) = (&meta.deletion_timestamp, meta.deletion_grace_period_seconds) {
        // Counted from the first deletion, but never in the past: what is left then is a second, or nothing.
        let shortened = time::sim_time(before.0).saturating_sub(span(seconds)) + span(grace);
        ends_at = shortened.max(work.now);
        if shortened < work.now && grace != 0 {
            grace = 1;
        }
    }
    meta.deletion_timestamp = Some(time::time(ends_at));
    meta.deletion_grace_period_seconds = Some(grace);
    if let Object::Namespace(namespace) = object {
        // Its own storage marks it, without any grace. Source: `pkg/registry/core/namespace/storage/storage.go`.
        Arc::make_mut(namespace).metadata.deletion_grace_period_seconds = None;
    }
}

/// What an eviction leaves on the Pod. Source: `pkg/registry/core/pod/storage/eviction.go`.
fn disrupt(pod: &mut Pod, work: &Work<'_>) {
    let condition = PodCondition {
        type_: "DisruptionTarget".into(),
        status: "True".into(),
        reason: Some("EvictionByEvictionAPI".into()),
        message: Some("Eviction API: evicting".into()),
        last_transition_time: Some(time::time(work.now)),
        observed_generation: pod.metadata.generation,
        ..PodCondition::default()
    };
    let conditions = pod.status_mut().conditions.get_or_insert_default();
    match conditions.iter_mut().find(|one| one.type_ == condition.type_) {
        Some(present) => *present = condition,
        None => conditions.push(condition),
    }
}

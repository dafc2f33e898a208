//! What the API server knows of each kind: its defaults, what a client may not set, what makes an object invalid, what may
//! not change. One file per kind; [`Strategy`] is what they have in common.
//!
//! Source: `pkg/registry/*/strategy.go`, `pkg/apis/*/v1/defaults.go`, `pkg/apis/*/validation/validation.go`.

/// Runs `$body` with the typed object behind an [`Object`].
macro_rules! each {
    ($object:expr, $typed:ident => $body:expr) => {
        with_kinds!(each_of, $object, $typed, $body)
    };
}

/// The `match` of [`each!`].
macro_rules! each_of {
    ({ $object:expr, $typed:ident, $body:expr } $($kind:ident($type:ty)),+ $(,)?) => {
        match $object { $(Object::$kind($typed) => $body,)+ Object::Custom($typed) => $body }
    };
}

/// What a strategy does about a status that only the status subresource may write.
macro_rules! has_status {
    () => {
        fn prepare_for_create(&mut self, _now: SimTime) {
            self.status = None;
        }

        fn prepare_for_update(&mut self, old: &Self) {
            self.status.clone_from(&old.status);
        }

        fn take_status(&mut self, from: &Self) {
            self.status.clone_from(&from.status);
        }
    };
}

/// What a strategy does about a generation that counts changes of the spec.
macro_rules! has_generation {
    () => {
        const HAS_GENERATION: bool = true;

        fn spec_differs(&self, old: &Self) -> bool {
            self.spec != old.spec
        }
    };
}

mod admission_policy;
mod admission_webhook;
mod certificate_signing_request;
mod config;
mod cron_job;
mod csi;
mod custom_resource;
mod custom_resource_definition;
mod custom_rules;
mod daemon_set;
mod deployment;
mod devices;
mod endpoint_slice;
mod endpoints;
mod event;
mod flow_control;
mod horizontal_pod_autoscaler;
mod ingress;
mod internal_form;
mod job;
mod lease;
mod limit_range;
mod metadata;
mod namespace;
mod network_policy;
mod node;
mod persistent_volume;
mod persistent_volume_claim;
pub(super) mod pod;
mod pod_disruption_budget;
pub(super) mod pod_part;
mod pod_spec;
mod pod_template;
mod priority_class;
mod probe;
mod qos;
mod rbac;
mod replica_set;
mod replication_controller;
mod resource_quota;
mod resources;
mod runtime_class;
mod service;
mod service_account;
mod stateful_set;
mod status;
mod storage_class;
mod stored;
mod volume;
pub(super) mod warnings;

use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::apps::StatefulSet;
use crate::model::feature_gates::FeatureGates;
use crate::model::{Meta, Object, Resource, names, with_kinds};

use super::field::Errors;
use super::status::Status;

pub(super) use metadata::fill_for_create;
pub(super) use priority_class::SYSTEM_CLASSES;
pub(super) use service::Ports;

/// What is particular to a kind.
pub(super) trait Strategy: Resource {
    /// Whether `metadata.generation` counts the changes of its spec.
    const HAS_GENERATION: bool = false;
    /// Whether an update must name the revision that it is based on.
    const UPDATE_NEEDS_REVISION: bool = false;

    /// What is wrong with a name, if anything.
    fn name_faults(name: &str) -> Vec<String> {
        names::dns1123_subdomain(name)
    }

    /// Fills in what was left out.
    fn set_defaults(&mut self) {}

    /// Removes what a client may not set, and sets what it need not.
    fn prepare_for_create(&mut self, _now: SimTime) {}

    /// Takes over from `old` what a client may not change.
    fn prepare_for_update(&mut self, _old: &Self) {}

    /// Puts the status of `from` into itself; `from` becomes what was sent, `self` is what is stored.
    fn take_status(&mut self, _from: &Self) {}

    /// What is wrong with it.
    fn validate(&self, _errors: &mut Errors) {}

    /// What may not change between `old` and itself.
    fn validate_update(&self, _old: &Self, _errors: &mut Errors) {}

    /// Whether what `metadata.generation` counts is different.
    fn spec_differs(&self, _old: &Self) -> bool {
        false
    }
}

/// The object as the kind of `_like`.
fn alike<'a, R: Resource>(_like: &Arc<R>, object: &'a Object) -> Option<&'a Arc<R>> {
    R::of(object)
}

/// Fills in what was left out.
pub(super) fn default(object: &mut Object) {
    metadata::drop_empty(object.meta_mut());
    each!(object, typed => Strategy::set_defaults(Arc::make_mut(typed)));
}

/// Drops fields of features that are off, unless `old` has them, and fills in those of features that are on.
pub(super) fn gate(object: &mut Object, old: Option<&Object>, gates: FeatureGates) {
    if let Object::StatefulSet(set) = object {
        let is_used = old.and_then(StatefulSet::of).is_some_and(|old| stateful_set::max_unavailable(old).is_some());
        stateful_set::gate_max_unavailable(set, gates.max_unavailable_stateful_set, is_used);
    }
}

/// See [`Strategy::prepare_for_create`].
pub(super) fn prepare_for_create(object: &mut Object, now: SimTime) {
    fn prepare<S: Strategy>(typed: &mut Arc<S>, now: SimTime) {
        let typed = Arc::make_mut(typed);
        typed.prepare_for_create(now);
        typed.meta_mut().generation = S::HAS_GENERATION.then_some(1);
    }
    each!(object, typed => prepare(typed, now));
}

/// See [`Strategy::prepare_for_update`]; also counts the generation.
pub(super) fn prepare_for_update(object: &mut Object, old: &Object) {
    fn prepare<S: Strategy>(typed: &mut Arc<S>, old: &Object) {
        let Some(old) = S::of(old) else { return };
        let typed = Arc::make_mut(typed);
        typed.prepare_for_update(old);
        let generation = old.meta().generation;
        typed.meta_mut().generation = generation;
        if S::HAS_GENERATION && typed.spec_differs(old) {
            typed.meta_mut().generation = Some(generation.unwrap_or(0) + 1);
        }
    }
    each!(object, typed => prepare(typed, old));
}

/// Makes `object` what is stored (`old`) with the status that was sent; labels, annotations and finalizers may change too.
pub(super) fn keep_only_status(object: &mut Object, old: &Object) {
    fn keep<S: Strategy>(sent: &mut Arc<S>, old: &Object) {
        let Some(old) = S::of(old) else { return };
        let mut result = S::clone(old);
        result.take_status(sent);
        let (from, to) = (sent.meta(), result.meta_mut());
        to.labels.clone_from(&from.labels);
        to.annotations.clone_from(&from.annotations);
        to.finalizers.clone_from(&from.finalizers);
        *sent = Arc::new(result);
    }
    each!(object, typed => keep(typed, old));
}

/// What is stored with the status of `sent`, whose conditions are merged by type.
pub(super) fn with_status_of(old: &Object, sent: &Object) -> Object {
    status::merge(old, sent)
}

/// Checks a new object.
///
/// # Errors
/// 422.
pub(super) fn validate(object: &Object) -> Result<(), Box<Status>> {
    let mut errors = Errors::default();
    each!(object, typed => {
        metadata::validate(&**typed, &mut errors);
        typed.validate(&mut errors);
    });
    refuse(errors, object)
}

/// Checks a change.
///
/// # Errors
/// 422.
pub(super) fn validate_update(object: &Object, old: &Object) -> Result<(), Box<Status>> {
    let mut errors = Errors::default();
    each!(object, typed => {
        metadata::validate_update(object.meta(), old.meta(), &mut errors);
        typed.validate(&mut errors);
        if let Some(old) = alike(typed, old) {
            typed.validate_update(old, &mut errors);
        }
    });
    refuse(errors, object)
}

/// Checks the metadata of a change of status.
///
/// # Errors
/// 422.
pub(super) fn validate_status_update(object: &Object, old: &Object) -> Result<(), Box<Status>> {
    let mut errors = Errors::default();
    metadata::validate_update(object.meta(), old.meta(), &mut errors);
    refuse(errors, object)
}

fn refuse(errors: Errors, object: &Object) -> Result<(), Box<Status>> {
    if errors.is_empty() {
        return Ok(());
    }
    let meta = object.meta();
    let name = if meta.name().is_empty() { meta.generate_name.as_deref().unwrap_or_default() } else { meta.name() };
    Err(Box::new(errors.into_status(object.kind(), name)))
}

/// Whether an update of this kind must name the revision that it is based on.
pub(super) fn update_needs_revision(object: &Object) -> bool {
    fn needs<S: Strategy>(_typed: &Arc<S>) -> bool {
        S::UPDATE_NEEDS_REVISION
    }
    each!(object, typed => needs(typed))
}

/// Whether `one` and `other`, which carry the same revision, say the same.
pub(super) fn same_content(one: &Object, other: &Object) -> bool {
    if one.same(other) {
        return true;
    }
    match (one, other) {
        (Object::Pod(one), Object::Pod(other)) => pod::same_content(one, other),
        _ => one == other,
    }
}

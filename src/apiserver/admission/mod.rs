//! Admission: after authorisation and before validation, plug-ins may change or refuse a write; those that only look come
//! last, and of them the quota last of all, because it counts what it lets in.
//!
//! Source of the order: `pkg/kubeapiserver/options/plugins.go`. Not modelled: RuntimeClass, the
//! certificate plug-ins, DefaultIngressClass.

mod attributes;
mod default_storage_class;
mod default_toleration_seconds;
mod limit_ranger;
mod matching;
mod namespace_lifecycle;
mod persistent_volume_claim_resize;
mod pod_resize_validator;
mod pod_security;
mod policy;
mod priority;
mod quota_scopes;
mod quota_usage;
pub mod resource_quota;
mod service_account;
mod storage_object_in_use;
mod taint_nodes_by_condition;
pub(super) mod webhook;

use std::sync::Arc;

use crate::engine::Stream;
use crate::etcd::Store;
use crate::model::{Kind, Meta, Object, Resource};

use super::request::{Request, Subresource, Verb};
use super::status::Status;
use super::storage_key;
use super::stored::Stored;
use attributes::Attributes;
use webhook::calls::Calls;

pub(super) use service_account::is_default_missing;

/// What a plug-in looks at.
pub(super) struct Review<'a> {
    /// The request.
    pub(super) request: &'a Request,
    /// What the server knows.
    pub(super) store: &'a Store<Stored>,
    /// For names of volumes.
    pub(super) random: &'a mut Stream,
    /// What the answer warns of.
    pub(super) warnings: &'a mut Vec<Arc<str>>,
    /// Whether there are webhooks or policies at all.
    pub(super) is_extended: bool,
    /// What webhooks have been asked so far.
    pub(super) calls: &'a mut Calls,
}

/// Lets plug-ins change and refuse a new object, or (with `old`) a change.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn mutate(object: &mut Object, old: Option<&Object>, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    let built_in = |object: &mut Object, review: &mut Review<'_>| mutate_built_in(object, old, review);
    built_in(object, review)?;
    if review.is_extended() { webhook::mutate(object, old, review, built_in) } else { Ok(()) }
}

/// The plug-ins that are part of the server.
fn mutate_built_in(object: &mut Object, old: Option<&Object>, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    namespace_lifecycle::admit(review)?;
    if review.request.subresource != Subresource::None {
        return Ok(());
    }
    match (object, old) {
        (Object::Pod(pod), None) => {
            let pod = Arc::make_mut(pod);
            limit_ranger::admit(pod, review);
            service_account::admit(pod, review)?;
            priority::admit(pod, review)?;
            default_toleration_seconds::admit(pod);
        }
        (Object::Node(node), None) => taint_nodes_by_condition::admit(Arc::make_mut(node)),
        (Object::PersistentVolumeClaim(claim), None) => {
            let claim = Arc::make_mut(claim);
            default_storage_class::admit(claim, review);
            storage_object_in_use::admit_claim(claim);
        }
        (Object::PersistentVolumeClaim(claim), Some(Object::PersistentVolumeClaim(old))) => {
            persistent_volume_claim_resize::admit(claim, old, review)?;
        }
        (Object::PersistentVolume(volume), None) => storage_object_in_use::admit_volume(Arc::make_mut(volume)),
        (Object::PriorityClass(class), _) => priority::validate_class(class, review)?,
        _ => {}
    }
    Ok(())
}

/// Lets plug-ins that only look refuse a new object, or (with `old`) a change; the quota comes after them.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn validate(object: &Object, old: Option<&Object>, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    let is_ranged = match (object, old) {
        (Object::Pod(_), old) => old.is_none() || review.request.subresource == Subresource::Resize,
        (Object::PersistentVolumeClaim(_), old) => !old.is_some_and(|old| old.meta().is_terminating()),
        _ => false,
    };
    if is_ranged {
        limit_ranger::validate(object, review)?;
    }
    pod_security::validate(object, old, review)?;
    if !review.is_extended() {
        return Ok(());
    }
    let asked = Attributes::of(review.request, Some(object), old);
    validate_extended(&asked, old, review)
}

/// Policies and webhooks that only look.
fn validate_extended(asked: &Attributes<'_>, old: Option<&Object>, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    policy::validate(asked, review)?;
    webhook::validate(asked, old, review)
}

/// The kinds by which people extend admission.
const EXTENSIONS: [Kind; 3] =
    [Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration, Kind::ValidatingAdmissionPolicy];

/// Whether there are webhooks or policies.
pub(super) fn has_extensions(store: &Store<Stored>) -> bool {
    EXTENSIONS.iter().any(|kind| store.iter(&storage_key::range(*kind, "")).next().is_some())
}

/// Whether a change of this key may make it otherwise.
pub(super) fn is_extension(key: &str) -> bool {
    EXTENSIONS.iter().any(|kind| key.starts_with(storage_key::prefix(*kind)))
}

impl Review<'_> {
    /// Whether anything but the plug-ins of the server may have a say, so that what it looks at is worth being made.
    fn is_extended(&self) -> bool {
        self.is_extended && !attributes::is_exempt(self.request.kind)
    }
}

/// Lets plug-ins refuse what is not the object itself: a binding, an eviction, a scale, a connection.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn validate_part(
    part: impl FnOnce() -> (serde_json::Value, serde_json::Value),
    old: Option<&Object>,
    review: &mut Review<'_>,
) -> Result<(), Box<Status>> {
    if !review.is_extended() {
        return Ok(());
    }
    let (new, before) = part();
    let asked = Attributes::of_part(review.request, new, before);
    validate_extended(&asked, old, review)
}

/// Lets plug-ins refuse other resources for a Pod that is there.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn validate_resize(object: &Object, old: &Object, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    pod_resize_validator::validate(object, old, review)
}

/// Lets plug-ins refuse a deletion.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn on_delete(review: &mut Review<'_>) -> Result<(), Box<Status>> {
    priority::admit_delete(review.request)?;
    namespace_lifecycle::admit_delete(review.request)
}

/// Lets policies and webhooks refuse the deletion of an object that is there.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn validate_delete(old: &Object, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    // An eviction has been looked at as such.
    if review.request.subresource != Subresource::None || !review.is_extended() {
        return Ok(());
    }
    let asked = Attributes::of(review.request, None, Some(old));
    validate_extended(&asked, Some(old), review)
}

/// The same for a part of an object that is stored with it: its status, say.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn admit_part(object: &mut Object, old: &Object, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    if !review.is_extended() {
        return Ok(());
    }
    webhook::mutate(object, Some(old), review, |_, _| Ok(()))?;
    let asked = Attributes::of(review.request, Some(object), Some(old));
    validate_extended(&asked, Some(old), review)
}

/// An object that the server knows of.
pub(super) fn lookup<'a, R: Resource>(store: &'a Store<Stored>, namespace: &str, name: &str) -> Option<&'a Arc<R>> {
    R::of(Stored::peek(store.get(&storage_key::of(R::KIND, namespace, name))?)?)
}

/// The objects of a kind that the server knows of, in one namespace or in all.
pub(super) fn lookup_all<R: Resource>(store: &Store<Stored>, namespace: &str) -> Vec<Arc<R>> {
    let range = storage_key::range(R::KIND, namespace);
    store.iter(&range).filter_map(|entry| R::of(Stored::peek(entry)?).cloned()).collect()
}

/// The name that a refusal shows: before names are generated, the prefix.
fn shown_name(meta: &crate::model::metav1::ObjectMeta) -> &str {
    use crate::model::Meta;
    if meta.name().is_empty() { meta.generate_name.as_deref().unwrap_or_default() } else { meta.name() }
}

fn is_create(request: &Request) -> bool {
    request.verb == Verb::Create
}

//! Admission: after authorisation and before validation, plug-ins may change or refuse a write; those that only look come
//! last, and of them the quota last of all, because it counts what it lets in.
//!
//! Source of the order: `pkg/kubeapiserver/options/plugins.go`. Not modelled: RuntimeClass, the
//! certificate plug-ins, DefaultIngressClass, admission policies and webhooks.

mod default_storage_class;
mod default_toleration_seconds;
mod limit_ranger;
mod namespace_lifecycle;
mod persistent_volume_claim_resize;
mod pod_resize_validator;
mod pod_security;
mod priority;
mod quota_usage;
pub mod resource_quota;
mod service_account;
mod storage_object_in_use;
mod taint_nodes_by_condition;

use std::sync::Arc;

use crate::engine::Stream;
use crate::etcd::Store;
use crate::model::{Object, Resource};

use super::request::{Request, Subresource, Verb};
use super::status::Status;
use super::storage_key;
use super::stored::Stored;

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
}

/// Lets plug-ins change and refuse a new object, or (with `old`) a change.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn mutate(object: &mut Object, old: Option<&Object>, review: &mut Review<'_>) -> Result<(), Box<Status>> {
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
    if let (Object::Pod(_) | Object::PersistentVolumeClaim(_), None) = (object, old) {
        limit_ranger::validate(object, review)?;
    }
    pod_security::validate(object, old, review)
}

/// Lets plug-ins refuse other resources for a Pod that is there.
///
/// # Errors
/// In the words of the plug-in that refuses.
pub(super) fn validate_resize(object: &Object, old: &Object, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    limit_ranger::validate(object, review)?;
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

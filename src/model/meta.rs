//! Metadata: what every object shares, behind accessors that spare the reader the `Option`s of the wire.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::kind::Kind;
use super::time;
use crate::engine::SimTime;

/// Accessors of [`ObjectMeta`].
pub trait Meta {
    /// The name; empty before one was given.
    fn name(&self) -> &str;
    /// The namespace; empty for objects of the cluster.
    fn namespace(&self) -> &str;
    /// The UID; empty before one was given.
    fn uid(&self) -> &str;
    /// The value of a label.
    fn label(&self, key: &str) -> Option<&str>;
    /// The value of an annotation.
    fn annotation(&self, key: &str) -> Option<&str>;
    /// The reference to the one owner that manages this object.
    fn controller(&self) -> Option<&OwnerReference>;
    /// All owner references.
    fn owners(&self) -> &[OwnerReference];
    /// Whether the object carries `finalizer`.
    fn has_finalizer(&self, finalizer: &str) -> bool;
    /// Whether someone asked for its deletion.
    fn is_terminating(&self) -> bool;
    /// When it was created.
    fn created_at(&self) -> SimTime;
    /// The etcd revision of its last change; 0 when it was never stored.
    fn revision(&self) -> u64;
    /// Its labels.
    fn label_map(&self) -> &BTreeMap<String, String>;
}

static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();

impl Meta for ObjectMeta {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    fn uid(&self) -> &str {
        self.uid.as_deref().unwrap_or_default()
    }

    fn label(&self, key: &str) -> Option<&str> {
        self.labels.as_ref()?.get(key).map(String::as_str)
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    fn controller(&self) -> Option<&OwnerReference> {
        self.owners().iter().find(|owner| owner.controller == Some(true))
    }

    fn owners(&self) -> &[OwnerReference] {
        self.owner_references.as_deref().unwrap_or_default()
    }

    fn has_finalizer(&self, finalizer: &str) -> bool {
        self.finalizers.as_ref().is_some_and(|all| all.iter().any(|one| one == finalizer))
    }

    fn is_terminating(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    fn created_at(&self) -> SimTime {
        self.creation_timestamp.as_ref().map_or(SimTime::ZERO, |at| time::sim_time(at.0))
    }

    fn revision(&self) -> u64 {
        self.resource_version.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn label_map(&self) -> &BTreeMap<String, String> {
        self.labels.as_ref().unwrap_or(&NO_LABELS)
    }
}

/// The reference by which an object of `kind` manages its dependents.
#[must_use]
pub fn controller_reference(kind: Kind, owner: &ObjectMeta) -> OwnerReference {
    OwnerReference {
        api_version: kind.api_version(),
        kind: kind.name().to_owned(),
        name: owner.name().to_owned(),
        uid: owner.uid().to_owned(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

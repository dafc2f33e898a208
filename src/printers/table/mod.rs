//! The columns of `kubectl get`, one file per kind.
//!
//! Source: `pkg/printers/internalversion/printers.go` of v1.36. Columns marked wide appear only with `-o wide`.

use crate::engine::SimTime;
use crate::model::{Kind, Meta, Object, core};

use super::date;

mod config_map;
mod deployment;
mod endpoint_slice;
mod event;
mod lease;
mod namespace;
mod node;
mod persistent_volume;
mod persistent_volume_claim;
mod pod;
mod priority_class;
mod rbac;
mod replica_set;
mod resource_quota;
mod secret;
mod service;
mod service_account;
mod storage_class;

pub use node::roles as node_roles;
pub use persistent_volume::access_modes;

/// What stands in a cell that has nothing to say.
const NONE: &str = "<none>";
/// What stands in a cell whose field was never set.
const UNSET: &str = "<unset>";

/// Columns of kinds for which upstream has no printer of their own.
const PLAIN_COLUMNS: &[Column] = &[column("Name"), column("Age")];

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name as the server gives it; kubectl prints it in capitals.
    pub name: &'static str,
    /// Whether it appears only with `-o wide`.
    pub wide: bool,
}

/// A column that is always there.
const fn column(name: &'static str) -> Column {
    Column { name, wide: false }
}

/// A column of `-o wide`.
const fn wide(name: &'static str) -> Column {
    Column { name, wide: true }
}

/// The columns of a kind, in the order of [`cells`].
#[must_use]
pub fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Namespace => namespace::COLUMNS,
        Kind::Node => node::COLUMNS,
        Kind::Pod => pod::COLUMNS,
        Kind::ReplicaSet => replica_set::COLUMNS,
        Kind::Deployment => deployment::COLUMNS,
        Kind::Service => service::COLUMNS,
        Kind::EndpointSlice => endpoint_slice::COLUMNS,
        Kind::ConfigMap => config_map::COLUMNS,
        Kind::Secret => secret::COLUMNS,
        Kind::ServiceAccount => service_account::COLUMNS,
        Kind::Event => event::COLUMNS,
        Kind::Lease => lease::COLUMNS,
        Kind::ResourceQuota => resource_quota::COLUMNS,
        Kind::PersistentVolume => persistent_volume::COLUMNS,
        Kind::PersistentVolumeClaim => persistent_volume_claim::COLUMNS,
        Kind::StorageClass => storage_class::COLUMNS,
        Kind::PriorityClass => priority_class::COLUMNS,
        Kind::Role | Kind::ClusterRole => rbac::ROLE_COLUMNS,
        Kind::RoleBinding | Kind::ClusterRoleBinding => rbac::BINDING_COLUMNS,
        _ => PLAIN_COLUMNS,
    }
}

/// The cells of an object at `now`, one for each of its kind's [`columns`].
#[must_use]
pub fn cells(object: &Object, now: SimTime) -> Vec<String> {
    match object {
        Object::Namespace(object) => namespace::cells(object, now),
        Object::Node(object) => node::cells(object, now),
        Object::Pod(object) => pod::cells(object, now),
        Object::ReplicaSet(object) => replica_set::cells(object, now),
        Object::Deployment(object) => deployment::cells(object, now),
        Object::Service(object) => service::cells(object, now),
        Object::EndpointSlice(object) => endpoint_slice::cells(object, now),
        Object::ConfigMap(object) => config_map::cells(object, now),
        Object::Secret(object) => secret::cells(object, now),
        Object::ServiceAccount(object) => service_account::cells(object, now),
        Object::Event(object) => event::cells(object, now),
        Object::Lease(object) => lease::cells(object, now),
        Object::ResourceQuota(object) => resource_quota::cells(object, now),
        Object::PersistentVolume(object) => persistent_volume::cells(object, now),
        Object::PersistentVolumeClaim(object) => persistent_volume_claim::cells(object, now),
        Object::StorageClass(object) => storage_class::cells(object, now),
        Object::PriorityClass(object) => priority_class::cells(object, now),
        Object::Role(object) => rbac::role_cells(&object.metadata),
        Object::ClusterRole(object) => rbac::role_cells(&object.metadata),
        Object::RoleBinding(object) => {
            rbac::binding_cells(&object.metadata, &object.role_ref, object.subjects.as_deref(), now)
        }
        Object::ClusterRoleBinding(object) => {
            rbac::binding_cells(&object.metadata, &object.role_ref, object.subjects.as_deref(), now)
        }
        other => vec![name(other.meta()), age(other.meta(), now)],
    }
}

/// The AGE cell.
fn age(meta: &crate::model::metav1::ObjectMeta, now: SimTime) -> String {
    date::since(meta.creation_timestamp.as_ref(), now)
}

/// The NAME cell.
fn name(meta: &crate::model::metav1::ObjectMeta) -> String {
    meta.name().to_owned()
}

/// A text, or what stands for an absent one.
fn text_or(text: Option<&str>, absent: &str) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or(absent).to_owned()
}

/// The CONTAINERS and IMAGES cells of a workload.
fn containers_and_images(template: Option<&core::PodTemplateSpec>) -> [String; 2] {
    let spec = template.and_then(|template| template.spec.as_ref());
    let containers = spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
    let images: Vec<&str> = containers.iter().map(|container| container.image.as_deref().unwrap_or_default()).collect();
    [names.join(","), images.join(",")]
}

/// At most three of `list`, and how many more there are.
fn with_more(list: &[String], absent: &str) -> String {
    const SHOWN_MAX: usize = 3;
    if list.is_empty() {
        return absent.to_owned();
    }
    let shown = list[..list.len().min(SHOWN_MAX)].join(",");
    let more = list.len().saturating_sub(SHOWN_MAX);
    if more > 0 { format!("{shown} + {more} more...") } else { shown }
}

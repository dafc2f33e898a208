//! Rows of roles and their bindings.

use super::{Column, age, column, name, wide};
use crate::engine::SimTime;
use crate::model::metav1::ObjectMeta;
use crate::model::rbac::{RoleRef, Subject};

pub(super) const ROLE_COLUMNS: &[Column] = &[column("Name"), column("Created At")];

pub(super) const BINDING_COLUMNS: &[Column] =
    &[column("Name"), column("Role"), column("Age"), wide("Users"), wide("Groups"), wide("ServiceAccounts")];

pub(super) fn role_cells(meta: &ObjectMeta) -> Vec<String> {
    let created = meta.creation_timestamp.as_ref().map(|at| at.0.to_string()).unwrap_or_default();
    vec![name(meta), created]
}

pub(super) fn binding_cells(
    meta: &ObjectMeta,
    role: &RoleRef,
    subjects: Option<&[Subject]>,
    now: SimTime,
) -> Vec<String> {
    let of_kind = |kind: &str| {
        let subjects = subjects.unwrap_or_default().iter().filter(|subject| subject.kind == kind);
        let names = subjects.map(|subject| match &subject.namespace {
            Some(namespace) if kind == "ServiceAccount" => format!("{namespace}/{}", subject.name),
            _ => subject.name.clone(),
        });
        names.collect::<Vec<_>>().join(", ")
    };
    vec![
        name(meta),
        format!("{}/{}", role.kind, role.name),
        age(meta, now),
        of_kind("User"),
        of_kind("Group"),
        of_kind("ServiceAccount"),
    ]
}

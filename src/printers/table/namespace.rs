//! Rows of Namespaces.

use super::{Column, age, column, name};
use crate::engine::SimTime;
use crate::model::core::Namespace;

pub(super) const COLUMNS: &[Column] = &[column("Name"), column("Status"), column("Age")];

pub(super) fn cells(namespace: &Namespace, now: SimTime) -> Vec<String> {
    let phase = namespace.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default();
    vec![name(&namespace.metadata), phase, age(&namespace.metadata, now)]
}

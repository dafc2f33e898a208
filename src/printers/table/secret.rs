//! Rows of Secrets.

use super::{Column, age, column, name};
use crate::engine::SimTime;
use crate::model::core::Secret;

pub(super) const COLUMNS: &[Column] = &[column("Name"), column("Type"), column("Data"), column("Age")];

pub(super) fn cells(secret: &Secret, now: SimTime) -> Vec<String> {
    let keys = secret.data.as_ref().map_or(0, std::collections::BTreeMap::len);
    let type_ = secret.type_.clone().unwrap_or_default();
    vec![name(&secret.metadata), type_, keys.to_string(), age(&secret.metadata, now)]
}

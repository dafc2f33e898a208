//! Rows of ConfigMaps.

use super::{Column, age, column, name};
use crate::engine::SimTime;
use crate::model::core::ConfigMap;

pub(super) const COLUMNS: &[Column] = &[column("Name"), column("Data"), column("Age")];

pub(super) fn cells(map: &ConfigMap, now: SimTime) -> Vec<String> {
    let texts = map.data.as_ref().map_or(0, std::collections::BTreeMap::len);
    let bytes = map.binary_data.as_ref().map_or(0, std::collections::BTreeMap::len);
    vec![name(&map.metadata), (texts + bytes).to_string(), age(&map.metadata, now)]
}

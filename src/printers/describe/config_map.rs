//! ConfigMaps.

use super::text::Text;
use crate::model::core::ConfigMap;

pub(super) fn describe(text: &mut Text, map: &ConfigMap) {
    text.head(&map.metadata);
    text.line(0, "\nData\n====");
    for (key, value) in map.data.iter().flatten() {
        text.line(0, format_args!("{key}:\n----\n{value}\n"));
    }
    text.line(0, "\nBinaryData\n====");
    for (key, value) in map.binary_data.iter().flatten() {
        text.line(0, format_args!("{key}: {} bytes", value.0.len()));
    }
    text.line(0, "");
}

//! Rows of custom objects: what their definition asks for.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresource/tableconvertor`; for PodMetrics, which are summed up over their
//! containers, `pkg/api` of metrics-server.

use serde_json::Value;

use super::{date, name};
use crate::engine::SimTime;
use crate::model::CustomObject;
use crate::model::custom_kind::CellSource;
use crate::model::jsonpath::text_of;
use crate::model::metav1::Time;
use crate::model::metrics::PodMetrics;

pub(super) fn cells(object: &CustomObject, now: SimTime) -> Vec<String> {
    if let Some(pod) = PodMetrics::of_custom(object) {
        let usage = pod.total();
        let (cpu, memory) = (usage.cpu.to_string(), usage.memory.to_string());
        return vec![name(&object.metadata), cpu, memory, pod.measured.window.to_string()];
    }
    let value = object.to_value();
    let sources = &object.kind.definition().cells;
    std::iter::once(name(&object.metadata)).chain(sources.iter().map(|source| cell(source, &value, now))).collect()
}

/// A cell without a value, or with one of the wrong type, is empty.
fn cell(source: &CellSource, object: &Value, now: SimTime) -> String {
    let found = source.path.as_ref().and_then(|path| path.find(object).ok());
    let found = found.and_then(|results| results.into_iter().next()?.into_iter().next());
    let Some(value) = found.filter(|value| !value.is_null()) else { return String::new() };
    match (source.type_.as_str(), &value) {
        ("string", _) => text_of(&value),
        ("integer", Value::Number(number)) => number
            .as_i64()
            .map_or_else(|| format!("{:.0}", number.as_f64().unwrap_or(0.0).trunc()), |it| it.to_string()),
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => value.to_string(),
        ("date", Value::String(text)) => match text.parse() {
            Ok(at) => date::since(Some(&Time(at)), now),
            Err(_) => "<invalid>".into(),
        },
        _ => String::new(),
    }
}

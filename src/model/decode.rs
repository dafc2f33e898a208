//! JSON to typed objects, in the one place where that code is generated (it is large, which is why the types read through
//! `dyn Deserializer`): wrong types are told with their path, unknown fields are collected.

use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::kind::Kind;
use super::object::Object;

/// A manifest that is no object.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{path}: {message}")]
pub struct DecodeError {
    /// Where: `spec.containers[0].env[0].value`; empty for the whole.
    pub path: String,
    /// What was found and expected.
    pub message: String,
}

/// Reads the object that `apiVersion` and `kind` name.
///
/// # Errors
/// When either is missing or no such kind is served, or when a field has the wrong type.
pub fn decode(value: Value, unknown: &mut Vec<String>) -> Result<Object, DecodeError> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let refused = |message: String| DecodeError { path: String::new(), message };
    if kind.is_empty() {
        return Err(refused("Object 'Kind' is missing".into()));
    }
    if api_version.is_empty() {
        return Err(refused("Object 'apiVersion' is missing".into()));
    }
    let Some(known) = Kind::from_gvk(&api_version, &kind) else {
        return Err(refused(format!("no matches for kind \"{kind}\" in version \"{api_version}\"")));
    };
    Object::from_value(known, value, unknown)
}

/// Reads one type.
pub(super) fn decode_typed<T: DeserializeOwned>(value: Value, unknown: &mut Vec<String>) -> Result<T, DecodeError> {
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(value, &mut track);
    let mut ignored = |path: serde_ignored::Path<'_>| unknown.push(tidy_path(&path.to_string()));
    let mut reader =
        <dyn erased_serde::Deserializer<'_>>::erase(serde_ignored::Deserializer::new(tracked, &mut ignored));
    let result = erased_serde::deserialize::<T>(&mut reader);
    drop(reader);
    result.map_err(|error| DecodeError { path: tidy_path(&track.path().to_string()), message: error.to_string() })
}

/// `spec.?.containers.?.0.name` and `spec.containers[0].name`, both as the latter.
fn tidy_path(path: &str) -> String {
    let mut tidy = String::with_capacity(path.len());
    for part in path.split('.').filter(|part| !part.is_empty() && *part != "?") {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            tidy.push_str(&format!("[{part}]"));
            continue;
        }
        if !tidy.is_empty() {
            tidy.push('.');
        }
        tidy.push_str(part);
    }
    tidy
}

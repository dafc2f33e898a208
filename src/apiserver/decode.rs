//! Decoding: what came with a request, as a typed object. Manifests are checked for unknown fields, wrong types and quantities
//! that are none; typed objects of components pass as they are.
//!
//! Source of the texts: `apiserver/pkg/endpoints/handlers/create.go`, `sigs.k8s.io/json`, `apimachinery/pkg/api/resource`.
//!
//! Fields that stand twice are found where the text is read ([`crate::model::json_read`]) and come along in the options.

use std::sync::Arc;

use serde_json::Value;

use crate::model::decode::DecodeError;
use crate::model::{Kind, Object, Quantity};

use super::request::{Body, FieldValidation, Options, Request};
use super::status::Status;

/// Maps from a resource to an amount, wherever they stand in an object.
const AMOUNT_MAPS: [&str; 9] =
    ["limits", "requests", "capacity", "allocatable", "hard", "used", "overhead", "allocatedResources", "min"];
/// Single amounts.
const AMOUNTS: [&str; 2] = ["sizeLimit", "divisor"];
const NO_QUANTITY: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// The object that came with a request.
///
/// # Errors
/// 400 in Go's words.
pub(super) fn object(request: &Request, warnings: &mut Vec<Arc<str>>) -> Result<Object, Box<Status>> {
    let kind = request.kind;
    match &request.body {
        Body::Object(object) | Body::StatusOf(object) if object.kind() == kind => Ok(object.clone()),
        Body::Object(object) | Body::StatusOf(object) => Err(mismatch(kind, object.kind().name())),
        Body::Manifest(value) => manifest(kind, value.clone(), &request.options, warnings),
        _ => Err(Box::new(Status::bad_request("the request has no object in its body"))),
    }
}

/// Reads a manifest as an object of `kind`.
///
/// # Errors
/// 400 in Go's words.
pub(super) fn manifest(
    kind: Kind,
    mut value: Value,
    options: &Options,
    warnings: &mut Vec<Arc<str>>,
) -> Result<Object, Box<Status>> {
    if let Some(given) =
        value.get("kind").and_then(Value::as_str).filter(|given| !given.is_empty() && *given != kind.name())
    {
        return Err(mismatch(kind, given));
    }
    amounts(&mut value).map_err(|()| cannot_be_handled(kind, NO_QUANTITY))?;
    let mut unknown = Vec::new();
    let object = Object::from_value(kind, value, &mut unknown)
        .map_err(|error| cannot_be_handled(kind, &super::go_json::message(kind, &error)))?;
    unknown.sort();
    unknown.dedup();
    let faults = strict_faults(&unknown, options);
    match options.field_validation {
        FieldValidation::Strict if !faults.is_empty() => {
            return Err(cannot_be_handled(kind, &format!("strict decoding error: {}", faults.join(", "))));
        }
        FieldValidation::Warn => warnings.extend(faults.into_iter().map(Arc::from)),
        _ => {}
    }
    Ok(object)
}

/// What strict decoding finds fault with: `unknown field "spec.contaners"`, `duplicate field "spec.replicas"`.
pub(super) fn strict_faults(unknown: &[String], options: &Options) -> Vec<String> {
    let duplicates = options.duplicate_fields.iter().map(|path| format!("duplicate field \"{path}\""));
    let mut faults: Vec<_> = duplicates.collect();
    faults.extend(unknown.iter().map(|path| format!("unknown field \"{path}\"")));
    faults
}

/// Reads the outcome of a patch.
///
/// # Errors
/// The error of the decoder, for the caller to put into words.
pub(super) fn patched(kind: Kind, mut value: Value) -> Result<(Object, Vec<String>), DecodeError> {
    amounts(&mut value).map_err(|()| DecodeError { path: String::new(), message: NO_QUANTITY.into() })?;
    let mut unknown = Vec::new();
    let object = Object::from_value(kind, value, &mut unknown)?;
    unknown.sort();
    unknown.dedup();
    Ok((object, unknown))
}

fn cannot_be_handled(kind: Kind, why: &str) -> Box<Status> {
    let (name, version) = (kind.name(), kind.info().version);
    Box::new(Status::bad_request(format!("{name} in version \"{version}\" cannot be handled as a {name}: {why}")))
}

fn mismatch(kind: Kind, given: &str) -> Box<Status> {
    let message = format!(
        "{given} in version \"{}\" cannot be handled as a {}: no kind \"{given}\" is registered for this resource",
        kind.info().version,
        kind.name()
    );
    Box::new(Status::bad_request(message))
}

/// Writes every amount in its canonical form, numbers too, as decoding a `resource.Quantity` does.
fn amounts(value: &mut Value) -> Result<(), ()> {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::Object(map) if AMOUNT_MAPS.contains(&name.as_str()) => {
                        map.values_mut().try_for_each(amount)?;
                    }
                    Value::String(_) | Value::Number(_) if AMOUNTS.contains(&name.as_str()) => amount(field)?,
                    // What people wrote down for themselves is left alone.
                    _ if matches!(name.as_str(), "annotations" | "labels" | "data") => {}
                    _ => amounts(field)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(amounts),
        _ => Ok(()),
    }
}

fn amount(value: &mut Value) -> Result<(), ()> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null => return Ok(()),
        // A map of maps is no map of amounts.
        other => return amounts(other),
    };
    *value = Value::String(Quantity::canonical(&text).map_err(|_| ())?);
    Ok(())
}

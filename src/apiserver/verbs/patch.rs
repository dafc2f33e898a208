//! Patch: applied to the object as JSON, then stored as an update.
//!
//! Source: `apiserver/pkg/endpoints/handlers/patch.go`.

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::field::Errors;
use crate::apiserver::request::{Body, FieldValidation, Options, PatchType};
use crate::apiserver::status::{Details, Reason, Status};
use crate::apiserver::{decode, go_json, registry};
use crate::model::decode::DecodeError;
use crate::model::patch::{self, PatchError, Schema};
use crate::model::{Kind, Object, json_text};

use super::{Current, Step, Work, apply, object_of, update};

/// The longest name of a field manager. Source: `FieldManagerMaxLength`.
const MANAGER_LENGTH_MAX: usize = 128;
/// Source: `maxJSONPatchOperations`.
const OPERATIONS_MAX: usize = 10_000;

/// Patches an object or its status.
///
/// # Errors
/// What a stage answers that refuses it.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let request = &work.inbound.request;
    let Body::Patch(type_, patch) = &request.body else { return update::attempt(work, current) };
    check_options(*type_, &request.options)?;
    if *type_ == PatchType::Apply {
        return apply::attempt(work, current, patch);
    }
    if let (PatchType::Strategic, Kind::Custom(_)) = (*type_, request.kind) {
        return Err(no_strategic_merge());
    }
    let (Some(entry), Some(old)) = (current.as_deref(), object_of(current)) else { return Err(work.not_found()) };
    let shown = if speaks_of_managed_fields(patch) { entry.value.ownership().shown(old.clone()) } else { old.clone() };
    let value = patched(*type_, &shown, patch)?;
    let (mut object, unknown) = decode::patched(request.kind, value.clone())
        .map_err(|error| undecodable(*type_, patch, &value, &error, &old))?;
    let faults = decode::strict_faults(&unknown, &request.options);
    match request.options.field_validation {
        FieldValidation::Strict if !faults.is_empty() => {
            let why = format!("strict decoding error: {}", faults.join(", "));
            return Err(match type_ {
                PatchType::Strategic => invalid_patch(patch, &why),
                _ => invalid(&json_text::compact(&value), &why),
            });
        }
        FieldValidation::Warn => work.warnings.extend(faults.into_iter().map(Arc::from)),
        _ => {}
    }
    registry::default(&mut object);
    update::replace(work, entry, &old, object)
}

fn patched(type_: PatchType, old: &Object, patch: &Value) -> Result<Value, Box<Status>> {
    let before = old.to_value();
    if type_ != PatchType::Json && !patch.is_object() {
        let found = match patch {
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            _ => "value",
        };
        let prefix = if type_ == PatchType::Merge { "error decoding patch: " } else { "" };
        let message = format!("{prefix}json: cannot unmarshal {found} into Go value of type map[string]interface {{}}");
        return Err(Box::new(Status::bad_request(message)));
    }
    if type_ == PatchType::Json {
        check_operations(patch)?;
    }
    match type_ {
        PatchType::Json => patch::apply_json(&before, patch).map_err(|_| unprocessable()),
        PatchType::Merge | PatchType::Apply => Ok(patch::apply_merge(&before, patch)),
        PatchType::Strategic => patch::apply_strategic(&before, patch, Schema::of_kind(old.kind().name()))
            .map_err(|error| interpret(&error)),
    }
}

/// A JSON patch is a list of operations, and not too long a one.
fn check_operations(patch: &Value) -> Result<(), Box<Status>> {
    let Value::Array(operations) = patch else {
        let found = if patch.is_object() { "object" } else { "string" };
        let message = format!(
            "error decoding patch: json: cannot unmarshal {found} into Go value of type []handlers.jsonPatchOp"
        );
        return Err(Box::new(Status::bad_request(message)));
    };
    if operations.len() > OPERATIONS_MAX {
        let message = format!(
            "Request entity too large: The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {}",
            operations.len()
        );
        return Err(Box::new(Status::new(413, Reason::RequestEntityTooLarge, message)));
    }
    Ok(())
}

/// Source: `interpretStrategicMergePatchError`.
fn interpret(error: &PatchError) -> Box<Status> {
    match error {
        PatchError::NotAnObject | PatchError::PrimitiveList | PatchError::RetainKeys | PatchError::SetElementOrder => {
            Box::new(Status::bad_request(error.to_string()))
        }
        PatchError::ListOfLists => unprocessable(),
        _ => Box::new(Status::new(500, Reason::Unknown, error.to_string())),
    }
}

/// What the server says when a JSON patch cannot be applied. Source: `errors.NewGenericServerResponse`.
pub(super) fn unprocessable() -> Box<Status> {
    let message = "the server rejected our request due to an error in our request";
    let mut status = Status::new(422, Reason::Invalid, message);
    status.details = Some(Box::new(Details::default()));
    Box::new(status)
}

fn undecodable(type_: PatchType, patch: &Value, patched: &Value, error: &DecodeError, old: &Object) -> Box<Status> {
    if type_ == PatchType::Strategic {
        let expected = error.message.rsplit("expected ").next().unwrap_or_default();
        let go = match expected {
            "i32" => "int32",
            "i64" => "int64",
            "a string" => "string",
            "a boolean" => "bool",
            other => other,
        };
        return invalid_patch(patch, &format!("unrecognized type: {go}"));
    }
    invalid(&json_text::compact(patched), &go_json::message(old.kind(), error))
}

fn invalid_patch(patch: &Value, why: &str) -> Box<Status> {
    invalid(&patch::go_print(patch), why)
}

fn invalid(what: &str, why: &str) -> Box<Status> {
    let mut errors = Errors::default();
    errors.invalid("patch", what, why);
    Box::new(errors.into_invalid("", ""))
}

/// Whether a patch may touch `metadata.managedFields`, which are worked out only when they are needed.
fn speaks_of_managed_fields(patch: &Value) -> bool {
    let at = |operation: &Value, field: &str| {
        let path = operation[field].as_str();
        path.is_some_and(|path| path.starts_with("/metadata/managedFields") || matches!(path, "" | "/metadata"))
    };
    match patch {
        Value::Array(operations) => operations.iter().any(|one| at(one, "path") || at(one, "from")),
        other => other["metadata"].get("managedFields").is_some(),
    }
}

/// Source: `ValidatePatchOptions`.
pub(super) fn check_options(type_: PatchType, options: &Options) -> Result<(), Box<Status>> {
    let mut errors = Errors::default();
    let manager = options.field_manager.as_deref().unwrap_or_default();
    if type_ == PatchType::Apply && manager.is_empty() {
        errors.required("fieldManager", "is required for apply patch");
    }
    if type_ != PatchType::Apply && options.force {
        errors.forbidden("force", "may not be specified for non-apply patch");
    }
    if manager.len() > MANAGER_LENGTH_MAX {
        errors.too_long("fieldManager", MANAGER_LENGTH_MAX);
    }
    if errors.is_empty() { Ok(()) } else { Err(Box::new(errors.into_invalid("PatchOptions.meta.k8s.io", ""))) }
}

/// Custom objects have no merge keys. Source: `negotiation.NewUnsupportedMediaTypeError`.
fn no_strategic_merge() -> Box<Status> {
    let message = "the body of the request was in an unknown format - accepted media types include: \
                   application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
    Box::new(Status::new(415, Reason::UnsupportedMediaType, message))
}

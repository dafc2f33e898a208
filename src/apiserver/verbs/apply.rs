//! Server-side apply: what the configuration says is laid over the object, then stored as a creation or an update.
//!
//! Source: `apiserver/pkg/endpoints/handlers/patch.go`, `applyPatcher`.

use serde_json::Value;

use crate::apiserver::managed_fields::{self, Application, Ownership};
use crate::apiserver::request::FieldValidation;
use crate::apiserver::status::{Reason, Status};
use crate::apiserver::{decode, registry};
use crate::model::Object;

use super::{Current, Step, Work, create, object_of, update};

/// Applies a configuration.
///
/// # Errors
/// What a stage answers that refuses it.
pub(super) fn attempt(work: &mut Work<'_>, current: &Current, configuration: &Value) -> Result<Step, Box<Status>> {
    let request = &work.inbound.request;
    let old = object_of(current);
    let managers = match (&old, current) {
        (Some(old), Some(entry)) => entry.value.ownership().managers(old),
        _ => managed_fields::Managers::default(),
    };
    let wanted = Application {
        configuration,
        manager: request.options.field_manager.as_deref().unwrap_or_default(),
        force: request.options.force,
        kind: request.kind,
        subresource: crate::apiserver::authorization::subresource_name(request.subresource),
        now: work.now,
    };
    let (value, managers) = managed_fields::apply(old.as_ref(), managers, wanted)?;
    check_duplicates(work)?;
    let ownership = Ownership::known(&managers);
    let object = decoded(work, value)?;
    match (current.as_deref(), &old) {
        (Some(entry), Some(old)) => update::applied(work, entry, old, object, ownership),
        _ => {
            refuse_uid(work, configuration)?;
            create::applied(object, ownership, work)
        }
    }
}

fn decoded(work: &Work<'_>, value: Value) -> Result<Object, Box<Status>> {
    let failed = |why: String| Box::new(Status::new(500, Reason::Unknown, why));
    let (mut object, _) = decode::patched(work.inbound.request.kind, value)
        .map_err(|error| failed(format!("failed to convert new typed object: {error}")))?;
    object.meta_mut().managed_fields = None;
    // What is applied no longer falls back to its default.
    registry::default(&mut object);
    Ok(object)
}

/// Fields that stand twice; unknown ones are refused in any case.
fn check_duplicates(work: &mut Work<'_>) -> Result<(), Box<Status>> {
    let options = &work.inbound.request.options;
    let faults: Vec<_> = options
        .duplicate_fields
        .iter()
        .map(|path| format!("key \"{}\" already set in map", path.rsplit('.').next().unwrap_or(path)))
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let why = format!("yaml: unmarshal errors:\n  {}", faults.join("\n  "));
    match options.field_validation {
        FieldValidation::Strict => Err(Box::new(Status::bad_request(format!(
            "error strict decoding patch: error converting YAML to JSON: {why}"
        )))),
        FieldValidation::Warn => {
            work.warnings.push(format!("error converting YAML to JSON: {why}").into());
            Ok(())
        }
        FieldValidation::Ignore => Ok(()),
    }
}

/// A configuration with a UID is about an object that is there.
fn refuse_uid(work: &Work<'_>, configuration: &Value) -> Result<(), Box<Status>> {
    let request = &work.inbound.request;
    match configuration["metadata"]["uid"].as_str().filter(|uid| !uid.is_empty()) {
        None => Ok(()),
        Some(uid) => {
            let why =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            Err(Box::new(Status::conflict(request.kind, &request.name, &why)))
        }
    }
}

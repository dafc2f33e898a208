//! JSON patch (RFC 6902).

use json_patch::{Patch, PatchErrorKind, PatchOperation};
use serde_json::Value;

use super::PatchError;

/// `object` after all operations of `patch`, or the first refusal.
///
/// # Errors
/// When `patch` is no list of operations, or one does not apply: in the words of evanphx/json-patch, which the API server
/// puts among the causes of its `the server rejected our request due to an error in our request`.
pub fn apply(object: &Value, patch: &Value) -> Result<Value, PatchError> {
    let patch: Patch =
        serde_json::from_value(patch.clone()).map_err(|error| PatchError::Operation(error.to_string()))?;
    let mut patched = object.clone();
    match json_patch::patch(&mut patched, &patch) {
        Ok(()) => Ok(patched),
        Err(error) => {
            let words = patch.0.get(error.operation).map(|operation| refuse(operation, &error.kind));
            Err(PatchError::Operation(words.unwrap_or_else(|| error.to_string())))
        }
    }
}

fn refuse(operation: &PatchOperation, kind: &PatchErrorKind) -> String {
    let path = operation.path();
    let key = path.as_str().rsplit('/').next().unwrap_or_default();
    match operation {
        PatchOperation::Test(_) => format!("testing value {path} failed: test failed"),
        PatchOperation::Remove(_) => {
            format!("error in remove for path: '{path}': Unable to remove nonexistent key: {key}: missing value")
        }
        PatchOperation::Replace(_) => {
            format!("replace operation does not apply: doc is missing key: {path}: missing value")
        }
        PatchOperation::Add(_) => {
            format!("add operation does not apply: doc is missing path: \"{path}\": missing value")
        }
        PatchOperation::Move(moved) if matches!(kind, PatchErrorKind::InvalidFromPointer) => {
            format!("move operation does not apply: doc is missing from path: {}: missing value", moved.from)
        }
        PatchOperation::Copy(copied) if matches!(kind, PatchErrorKind::InvalidFromPointer) => {
            format!("copy operation does not apply: doc is missing from path: {}: missing value", copied.from)
        }
        PatchOperation::Move(_) => {
            format!("move operation does not apply: doc is missing destination path: {path}: missing value")
        }
        PatchOperation::Copy(_) => {
            format!("copy operation does not apply: doc is missing destination path: {path}: missing value")
        }
    }
}

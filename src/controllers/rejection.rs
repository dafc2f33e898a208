//! What a refusal of the API server means to controllers.

use crate::client::Status;

/// Whether a request was refused because its namespace is being deleted. Source: `core/v1/types.go`,
/// `NamespaceTerminatingCause`.
#[must_use]
pub fn is_namespace_terminating(status: &Status) -> bool {
    let causes = status.details.as_deref().map(|details| details.causes.as_slice()).unwrap_or_default();
    causes.iter().any(|cause| cause.reason == "NamespaceTerminating")
}

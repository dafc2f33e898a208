//! Kinds that are on their way out: every answer about them says so.
//!
//! Source: the `APILifecycleDeprecated` of `staging/src/k8s.io/api`, and `apiserver/pkg/endpoints/deprecation`.

use crate::model::Kind;

/// The warning that comes with every answer about a kind.
#[must_use]
pub(super) fn warning(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Endpoints => Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
        _ => None,
    }
}

//! `--authorization-mode=RBAC`: roles and their bindings, read from the store.
//!
//! Source: `plugin/pkg/auth/authorizer/rbac/rbac.go`, `pkg/registry/rbac/validation/rule.go`.
//!
//! Reading order: [`rule`], [`index`], [`escalation`].

pub mod escalation;
pub mod index;
pub mod rule;

#[cfg(test)]
mod tests;

pub use index::Index;

use crate::apiserver::storage_key;
use crate::model::Kind;

/// The group of roles and bindings.
pub const GROUP: &str = "rbac.authorization.k8s.io";
const KINDS: [Kind; 4] = [Kind::Role, Kind::RoleBinding, Kind::ClusterRole, Kind::ClusterRoleBinding];

/// Whether a key of etcd is that of a role or a binding.
#[must_use]
pub fn concerns(key: &str) -> bool {
    let rest = key.strip_prefix("/registry/").unwrap_or_default();
    // Most keys are told by their first letter.
    (rest.starts_with("role") || rest.starts_with("clusterrole"))
        && KINDS.iter().any(|kind| key.starts_with(storage_key::prefix(*kind)))
}

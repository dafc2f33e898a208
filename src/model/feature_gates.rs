//! Feature gates: what of v1.36 is there but not switched on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The gates that a cluster may set (`--feature-gates`); of all others the default of v1.36 holds.
/// Source: `pkg/features/kube_features.go`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct FeatureGates {
    /// Whether a StatefulSet may replace several Pods at a time. Beta and off; without it `maxUnavailable` is dropped.
    pub max_unavailable_stateful_set: bool,
}

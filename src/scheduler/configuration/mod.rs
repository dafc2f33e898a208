//! The configuration of kube-scheduler, as its file says it: profiles, their plugins and what those are told.
//!
//! Models `kubescheduler.config.k8s.io/v1`, `KubeSchedulerConfiguration`.
//!
//! **Not modelled:** extenders, and enabling or disabling a plugin at single extension points other than `score`: what is
//! enabled or disabled at `multiPoint` counts for all of them.
//!
//! Reading order: this file, `build`, `args`.

mod args;
mod build;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A `KubeSchedulerConfiguration`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Configuration {
    /// `kubescheduler.config.k8s.io/v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// `KubeSchedulerConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of how many nodes in a hundred the search may be content with; 0, the default, adapts to their number: with 5,000
    /// nodes 10 of a hundred. 100 looks at all.
    pub percentage_of_nodes_to_score: usize,
    /// After the first failure a Pod is kept back for so long.
    pub pod_initial_backoff_seconds: u64,
    /// And never for longer than this.
    pub pod_max_backoff_seconds: u64,
    /// The schedulers that Pods can ask for; one named `default-scheduler` when absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<ProfileConfiguration>,
}

/// One of the schedulers that Pods can ask for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProfileConfiguration {
    /// The name that Pods ask for in `spec.schedulerName`; `default-scheduler` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_name: Option<String>,
    /// In place of that of the whole process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_of_nodes_to_score: Option<usize>,
    /// Which plugins run beside the default ones, and which do not.
    pub plugins: Plugins,
    /// What plugins are told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugin_config: Vec<PluginConfig>,
}

/// Which plugins run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Plugins {
    /// At every extension point that they have.
    pub multi_point: PluginList,
    /// Where nodes are compared.
    pub score: PluginList,
}

/// Plugins that run, and plugins that do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PluginList {
    /// These run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enabled: Vec<PluginEntry>,
    /// These do not; `*` for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disabled: Vec<PluginEntry>,
}

/// A plugin, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PluginEntry {
    /// As Kubernetes names it; or `RealUse`, which is podlab's own.
    pub name: String,
    /// How much its score counts; 1 when absent.
    pub weight: i64,
}

/// What a plugin is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PluginConfig {
    /// The plugin.
    pub name: String,
    /// Its arguments, like `NodeResourcesFitArgs`.
    pub args: Value,
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// No plugin has that name.
    #[error("plugin {0:?} does not exist")]
    UnknownPlugin(String),
    /// Two profiles answer to one name.
    #[error("duplicate profile with scheduler name {0:?}")]
    DuplicateProfile(String),
    /// A plugin cannot read its arguments.
    #[error("pluginConfig of {plugin}: {reason}")]
    Args {
        /// The plugin.
        plugin: String,
        /// What is wrong.
        reason: String,
    },
    /// More than a hundred of a hundred.
    #[error("percentageOfNodesToScore: Invalid value: {0}: not in valid range [0-100]")]
    Percentage(usize),
}

impl Default for Configuration {
    /// Source: `pkg/scheduler/apis/config/v1/defaults.go`, `SetDefaults_KubeSchedulerConfiguration`.
    fn default() -> Self {
        Self {
            api_version: None,
            kind: None,
            percentage_of_nodes_to_score: 0,
            pod_initial_backoff_seconds: 1,
            pod_max_backoff_seconds: 10,
            profiles: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;

//! From a configuration to profiles.
//!
//! Models `mergePlugins` of `pkg/scheduler/apis/config/v1/default_plugins.go`.

use std::sync::Arc;

use crate::scheduler::framework::{Plugin, Profile, Profiles};
use crate::scheduler::plugins;

use super::args::with_args;
use super::{Configuration, ConfigurationError, PluginList, ProfileConfiguration};

/// Source: `pkg/apis/core/v1/types.go`, `DefaultSchedulerName`.
const DEFAULT_NAME: &str = "default-scheduler";
const ALL: &str = "*";

type Weighted = Vec<(Arc<dyn Plugin>, i64)>;

impl Configuration {
    /// The profiles that it describes.
    ///
    /// # Errors
    /// When it names what does not exist, or says something twice.
    pub fn profiles(&self) -> Result<Profiles, ConfigurationError> {
        if self.profiles.is_empty() {
            let only = ProfileConfiguration::default();
            return Ok(only.profile(self.percentage_of_nodes_to_score)?.into());
        }
        let mut profiles: Vec<Profile> = Vec::new();
        for one in &self.profiles {
            let profile = one.profile(self.percentage_of_nodes_to_score)?;
            if profiles.iter().any(|known| known.scheduler_name == profile.scheduler_name) {
                return Err(ConfigurationError::DuplicateProfile(profile.scheduler_name.to_string()));
            }
            profiles.push(profile);
        }
        let first = profiles.remove(0);
        Ok(Profiles::new(first, profiles))
    }
}

impl ProfileConfiguration {
    fn profile(&self, percentage: usize) -> Result<Profile, ConfigurationError> {
        let mut plugins = plugins::default_set();
        apply_everywhere(&mut plugins, &self.plugins.multi_point)?;
        apply_to_scores(&mut plugins, &self.plugins.score)?;
        for config in &self.plugin_config {
            find(&config.name)?;
            let told = with_args(&config.name, &config.args)?;
            for (plugin, _) in plugins.iter_mut().filter(|(plugin, _)| plugin.name() == config.name) {
                if let Some(told) = &told {
                    *plugin = Arc::clone(told);
                }
            }
        }
        let mut profile = Profile::new(self.scheduler_name.as_deref().unwrap_or(DEFAULT_NAME), plugins);
        profile.percentage_of_nodes_to_score = self.percentage_of_nodes_to_score.unwrap_or(percentage);
        match profile.percentage_of_nodes_to_score {
            0..=100 => {}
            wrong => return Err(ConfigurationError::Percentage(wrong)),
        }
        Ok(profile)
    }
}

/// The plugin of that name, with the weight it has by default.
fn find(name: &str) -> Result<(Arc<dyn Plugin>, i64), ConfigurationError> {
    let all = plugins::default_set().into_iter().chain(plugins::optional_set());
    all.into_iter()
        .find(|(plugin, _)| plugin.name() == name)
        .ok_or_else(|| ConfigurationError::UnknownPlugin(name.to_owned()))
}

fn is_disabled(list: &PluginList, name: &str) -> bool {
    list.disabled.iter().any(|entry| entry.name == ALL || entry.name == name)
}

fn apply_everywhere(plugins: &mut Weighted, list: &PluginList) -> Result<(), ConfigurationError> {
    plugins.retain(|(plugin, _)| !is_disabled(list, plugin.name()));
    for entry in &list.enabled {
        let (plugin, default) = find(&entry.name)?;
        let weight = if entry.weight == 0 { default.max(i64::from(plugin.as_score().is_some())) } else { entry.weight };
        match plugins.iter_mut().find(|(known, _)| known.name() == entry.name) {
            Some(known) => known.1 = weight,
            None => plugins.push((plugin, weight)),
        }
    }
    Ok(())
}

/// A plugin that does not score counts nothing.
fn apply_to_scores(plugins: &mut Weighted, list: &PluginList) -> Result<(), ConfigurationError> {
    for (plugin, weight) in plugins.iter_mut() {
        if is_disabled(list, plugin.name()) {
            *weight = 0;
        }
    }
    for entry in &list.enabled {
        let weight = entry.weight.max(1);
        match plugins.iter_mut().find(|(known, _)| known.name() == entry.name) {
            Some(known) => known.1 = weight,
            None => plugins.push((find(&entry.name)?.0, weight)),
        }
    }
    Ok(())
}

//! What the program takes from its surroundings, in the one place that may look at them: language, theme, folders.

use std::path::PathBuf;

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

use crate::session::Language;

/// A variable of the environment.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the arguments and their surroundings are read here and nowhere else")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The language that the locale variables ask for.
#[must_use]
pub fn language() -> Language {
    let asked =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|tag| !tag.is_empty()));
    Language::from_tag(&asked.unwrap_or_default())
}

/// Whether the locale variables name a language other than English.
#[must_use]
pub fn is_chinese() -> bool {
    language() != Language::English
}

/// Where the kubeconfig of a served cluster goes: the user's runtime folder, else the folder for temporary files.
#[must_use]
pub fn kubeconfig_file() -> PathBuf {
    let runtime = variable("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = runtime.unwrap_or_else(std::env::temp_dir);
    folder.join(format!("podlab-{}", std::process::id())).join("kubeconfig")
}

/// Where progress is kept: the user's data folder, or `PODLAB_DATA`.
#[must_use]
pub fn progress_file() -> Option<PathBuf> {
    if let Some(folder) = variable("PODLAB_DATA").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(folder).join("progress.json"));
    }
    let names = AppStrategyArgs { top_level_domain: "dev".into(), author: "podlab".into(), app_name: "podlab".into() };
    choose_app_strategy(names).ok().map(|folders| folders.data_dir().join("progress.json"))
}

//! `/version`: what the server says it is.

use serde_json::{Value, json};

use crate::model::KUBERNETES_VERSION;

/// `v1.36.2-podlab`: the version whose behaviour is simulated, and by what.
pub const GIT_VERSION: &str = "v1.36.2-podlab";

/// The answer to `/version` (`apimachinery/pkg/version.Info`).
///
/// **Simplified:** there is no build to tell of, so commit and date are those of nothing, in every run the same.
#[must_use]
pub fn version() -> Value {
    let mut parts = KUBERNETES_VERSION.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let previous = minor.parse::<u32>().unwrap_or_default().saturating_sub(1).to_string();
    json!({
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": previous,
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "rustc",
        "platform": "linux/amd64",
    })
}

//! The JSON Schema of the format, for editors: `podlab schema`, and `assets/scenario.schema.json` in the repository.

use super::spec::ScenarioFile;

/// The schema as text, as it stands in `assets/scenario.schema.json`.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(ScenarioFile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_in_the_repository_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenario.schema.json");
        let fresh = super::schema();
        if std::fs::read_to_string(path).unwrap_or_default() != fresh {
            std::fs::write(path, &fresh).unwrap();
            panic!("assets/scenario.schema.json was stale; it has been written anew");
        }
    }
}

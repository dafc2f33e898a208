//! `podlab list`: the scenarios that come with podlab.

use std::io::Write;

use serde_json::json;

use crate::scenario::{Language, catalog};

use super::args::{self, Format};
use super::failure::Failure;
use super::surroundings;

/// Lists the scenarios.
///
/// # Errors
/// When one does not load.
pub fn list(args: &args::List, language: Option<Language>, out: &mut dyn Write) -> Result<u8, Failure> {
    let language = language.unwrap_or_else(surroundings::language);
    let all = catalog::all().map_err(Failure::input)?;
    let width = all.iter().map(|scenario| scenario.name().len()).max().unwrap_or(0);
    for scenario in all {
        let (spec, name) = (scenario.spec(), scenario.name());
        let (track, level) = (scenario.label("track").unwrap_or("-"), scenario.label("level").unwrap_or("1"));
        let title = spec.title.get(language);
        match args.output {
            Format::Json => writeln!(
                out,
                "{}",
                json!({"name": name, "title": title, "track": track, "level": level, "minutes": spec.minutes})
            )?,
            Format::Text => {
                let stars = "*".repeat(level.parse().unwrap_or(1));
                writeln!(out, "{name:width$}  {track:<12}  {stars:<5}  {:>3} min  {title}", spec.minutes)?;
            }
        }
    }
    Ok(0)
}

//! `podlab shot`: a screen as a picture.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::scenario::Language;
use crate::tui::picture;
use crate::tui::shot::{Shot, ShotError, shot as draw};
use crate::tui::theme::{Colours, Glyphs, Theme};

use super::args;
use super::failure::Failure;
use super::{sources, surroundings};

/// Saves a screen.
///
/// # Errors
/// When there is no such scenario or key, the file's ending is unknown, or the file cannot be written.
pub fn shot(args: &args::Shot, language: Option<Language>, out: &mut dyn Write) -> Result<u8, Failure> {
    let kind = args.output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !matches!(kind, "svg" | "png" | "txt") {
        let file = args.output.display();
        return Err(Failure::input(format!("{file}: a screen is saved as .svg, .png or .txt")));
    }
    let scenario = args.scenario.as_deref().map(sources::scenario).transpose()?;
    let plain = surroundings::variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colours = if plain { Colours::None } else { Colours::True };
    let buffer = draw(Shot {
        scenario,
        at: args.at,
        keys: args.keys.clone(),
        size: args.size,
        seed: args.seed,
        language: language.unwrap_or_default(),
        theme: Theme { colours, glyphs: Glyphs::Unicode },
    })
    .map_err(|error| match error {
        ShotError::Io(error) => Failure::Io(error),
        ShotError::Key { .. } => Failure::input(error),
    })?;
    let bytes = match kind {
        "svg" => picture::svg(&buffer).into_bytes(),
        "png" => picture::png(&buffer).map_err(|error| Failure::NotMet(error.to_string()))?,
        _ => picture::text(&buffer).into_bytes(),
    };
    write_atomically(&args.output, &bytes)?;
    writeln!(out, "{}", args.output.display())?;
    Ok(0)
}

/// First beside it, then in its place: a reader never sees half a picture.
fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| Failure::input(format!("{}: {error}", path.display()));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    // A picture is for everyone to see, unlike what a temporary file usually holds.
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).map_err(failed)?;
    Ok(())
}

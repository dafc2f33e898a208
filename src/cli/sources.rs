//! Where scenarios come from: by name from the binary, by path from the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::suggest;
use crate::scenario::{Scenario, catalog, load};

use super::failure::Failure;

/// The scenario of that name, or in that file.
///
/// # Errors
/// When there is none, with the nearest name; when the file does not load, with the place in it.
pub fn scenario(name: &str) -> Result<Arc<Scenario>, Failure> {
    let path = Path::new(name);
    if path.is_file() {
        return from_file(path);
    }
    if let Some(found) = catalog::find(name).map_err(Failure::input)? {
        return Ok(found);
    }
    if name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml") {
        return Err(Failure::input(format!("{name}: no such file")));
    }
    let all = catalog::all().map_err(Failure::input)?;
    let hint = suggest::closest(name, all.iter().map(|scenario| scenario.name()))
        .map_or_else(|| "`podlab list` shows them all".to_owned(), |close| format!("did you mean {close}?"));
    Err(Failure::input(format!("there is no scenario \"{name}\"; {hint}")))
}

/// The scenario in a file.
///
/// # Errors
/// When the file cannot be read or does not load.
pub fn from_file(path: &Path) -> Result<Arc<Scenario>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    load(&path.display().to_string(), &text).map(Arc::new).map_err(Failure::input)
}

/// The scenario files at these paths; folders are searched for `.yaml` and `.yml`, in the order of their names.
///
/// # Errors
/// When a path does not exist or a folder holds no scenario.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            search(path, &mut found)?;
            if found.len() == before {
                return Err(Failure::input(format!("{}: there is no .yaml file in it", path.display())));
            }
        } else if path.is_file() {
            found.push(path.clone());
        } else {
            return Err(Failure::input(format!("{}: no such file or folder", path.display())));
        }
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let mut entries =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            search(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
    Ok(())
}

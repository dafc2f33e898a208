//! `kubectl edit`: an object as text, changed by hand, and sent as the difference.
//!
//! Source: `kubectl/pkg/cmd/util/editor/editoptions.go`.

use serde_json::Value;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::resources::Found;
use crate::kubectl::session::Session;
use crate::model::yaml;
use crate::printers::manifest as printed;

use super::change;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "o:output",
    "!save-config",
    "!windows-line-endings",
    "!output-patch",
    ":subresource",
    "?validate=strict",
    ":field-manager",
];

/// What stands above the object.
const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will \
                      abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant \
                      failures.\n#\n";

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    change::part(flags)?;
    let selection = crate::kubectl::resources::select(session, flags, &flags.args, true)?;
    let found = crate::kubectl::resources::fetch(session, flags, selection)?;
    Failure::all(found.failures.clone())?;
    if found.items.is_empty() {
        return Err(Failure::text_of("edit cancelled, no objects found"));
    }
    // kubectl opens one file for all of them; here each has its own, one after the other.
    for item in &found.items {
        edit(session, flags, item)?;
    }
    Ok(())
}

fn edit(session: &mut Session<'_>, flags: &Flags, item: &Found) -> Result<(), Failure> {
    let original = printed::value(&item.object);
    let text = yaml::write(&original);
    let mut shown = format!("{HEADER}{text}");
    let mut is_reopened = false;
    loop {
        let saved = session.edit(&shown)?.unwrap_or_else(|| shown.clone());
        let body: String = saved.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
        if body.trim().is_empty() {
            session.err_line("Edit cancelled, saved file was empty.");
            return Ok(());
        }
        if saved == shown {
            if is_reopened {
                return Err(Failure::text_of("Edit cancelled, no valid changes were saved."));
            }
            session.err_line("Edit cancelled, no changes made.");
            return Ok(());
        }
        let problem = match parse(&body, &original) {
            Err(problem) => format!("# The edited file had a syntax error: {problem}\n#\n"),
            Ok(edited) if edited == original => {
                session.err_line("Edit cancelled, no changes made.");
                return Ok(());
            }
            Ok(edited) => match change::send_to(session, &item.object, change::part(flags)?, &edited, DryRun::None) {
                Ok(value) => {
                    let done = if value.is_some() { "edited" } else { "skipped" };
                    let value = value.unwrap_or(edited);
                    return output::changed(
                        session,
                        &Format::of(flags)?,
                        item.object.kind(),
                        &value,
                        done,
                        DryRun::None,
                    );
                }
                Err(Failure::Suspended) => return Err(Failure::Suspended),
                Err(failure) => {
                    let name = format!("{} {:?}", item.object.kind().group_resource(), item.object.name());
                    session.err(&format!("error: {name} is invalid\n"));
                    let lines: String = failure.text().lines().map(|line| format!("# {line}\n")).collect();
                    format!("# {name} was not valid:\n{lines}#\n")
                }
            },
        };
        is_reopened = true;
        shown = format!("{HEADER}{problem}{body}");
    }
}

/// The edited object; its kind and name must be what they were.
fn parse(body: &str, original: &Value) -> Result<Value, String> {
    let documents = yaml::read("edited", body).map_err(|error| error.to_string())?;
    let edited = documents.into_iter().next().map(|document| document.value).unwrap_or_default();
    for field in ["/apiVersion", "/kind", "/metadata/name"] {
        if edited.pointer(field) != original.pointer(field) {
            return Err(format!("{} must not be changed", field.trim_start_matches('/').replace('/', ".")));
        }
    }
    Ok(edited)
}

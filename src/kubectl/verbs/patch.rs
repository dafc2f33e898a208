//! `kubectl patch`.
//!
//! Source: `kubectl/pkg/cmd/patch/patch.go`.

use crate::apiserver::PatchType;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::Session;
use crate::model::yaml;
use crate::printers::manifest as printed;

use super::change;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "p:patch",
    ":patch-file",
    ":type",
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "o:output",
    "?dry-run=unchanged",
    "!local",
    ":subresource",
    ":field-manager",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.has("local") {
        return Err(Failure::not_modelled("patch --local"));
    }
    let part = change::part(flags)?;
    let type_ = match flags.text("type").unwrap_or("strategic") {
        "json" => PatchType::Json,
        "merge" => PatchType::Merge,
        "strategic" => PatchType::Strategic,
        other => {
            let said = format!("--type must be one of [json merge strategic], not {other:?}");
            return Err(Failure::text_of(said));
        }
    };
    let text = patch_text(session, flags)?;
    let read = yaml::read("patch", &text).map_err(|error| {
        Failure::text_of(format!(
            "unable to parse {text:?}: {}",
            error.message.trim_start_matches("error converting YAML to JSON: ")
        ))
    })?;
    let patch = read.into_iter().next().map(|document| document.value).unwrap_or_default();
    let found = change::targets(session, flags, &flags.args)?;
    if found.items.is_empty() && found.failures.is_empty() && manifests::are_named(flags) {
        return Err(Failure::text_of("no objects passed to patch"));
    }
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    let mut failures = found.failures;
    for item in &found.items {
        if dry_run == DryRun::Client {
            let value = printed::value(&item.object);
            output::changed(session, &format, item.object.kind(), &value, "patched", dry_run)?;
            continue;
        }
        match change::send_patch_to(session, &item.object.key(), part, type_, patch.clone(), dry_run) {
            Ok(value) => {
                let is_same = value == printed::value(&item.object);
                let done = if is_same { "patched (no change)" } else { "patched" };
                output::changed(session, &format, item.object.kind(), &value, done, dry_run)?;
            }
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

fn patch_text(session: &Session<'_>, flags: &Flags) -> Result<String, Failure> {
    match (flags.text("patch"), flags.text("patch-file")) {
        (Some(_), Some(_)) => Err(Failure::text_of("cannot specify --patch and --patch-file together")),
        (Some(text), None) if !text.is_empty() => Ok(text.to_owned()),
        (None, Some(path)) => {
            let known = session.workspace().files.get(path.strip_prefix("./").unwrap_or(path));
            let missing =
                || Failure::text_of(format!("unable to read patch file: open {path}: no such file or directory"));
            known.map(|text| text.to_string()).ok_or_else(missing)
        }
        _ => Err(Failure::text_of("must specify --patch or --patch-file containing the contents of the patch")),
    }
}

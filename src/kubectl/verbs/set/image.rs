//! `kubectl set image`.
//!
//! Source: `kubectl/pkg/cmd/set/set_image.go`.

use serde_json::{Value, json};

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::change;
use crate::printers::manifest as printed;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "!all",
    "l:selector",
    "o:output",
    "?dry-run=unchanged",
    ":field-manager",
    "!record",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let (resources, pairs) = change::resources_and_pairs(&flags.args, "image")?;
    let mut images = Vec::new();
    for pair in pairs {
        let (name, image) = pair.split_once('=').filter(|(_, image)| !image.is_empty()).unwrap_or_default();
        if name.is_empty() {
            return Err(Failure::text_of(format!("invalid image format: {pair}")));
        }
        images.push((name, image));
    }
    if resources.is_empty() && !manifests::are_named(flags) {
        return Err(change::no_resources());
    }
    if images.is_empty() {
        return Err(Failure::text_of("at least one image update is required"));
    }
    let found = change::targets(session, flags, resources)?;
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    Failure::all(found.failures)?;
    let mut failures = Vec::new();
    for item in &found.items {
        let mut value = printed::value(&item.object);
        // A container that is not there does not keep the others from being changed.
        set(&mut value, &images, &mut failures);
        match change::send(session, &item.object, &value, dry_run) {
            Ok(None) => {}
            Ok(Some(value)) => {
                output::changed(session, &format, item.object.kind(), &value, "image updated", dry_run)?;
            }
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => {
                let said = format!("failed to patch image update to pod template: {}", failure.message());
                failures.push(Failure::text_of(said));
            }
        }
    }
    Failure::all(failures)
}

fn set(value: &mut Value, images: &[(&str, &str)], failures: &mut Vec<Failure>) {
    let Some(spec) = change::pod_spec(value) else { return failures.push(change::no_pod_spec(value)) };
    for (name, image) in images {
        let mut found = false;
        for list in ["initContainers", "containers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if *name == "*" || container["name"] == *name {
                    container["image"] = json!(image);
                    found = true;
                }
            }
        }
        if !found {
            failures.push(Failure::text_of(format!("error: unable to find container named {name:?}")));
        }
    }
}

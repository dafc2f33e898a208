//! `kubectl replace`: the manifest takes the place of the object.
//!
//! Source: `kubectl/pkg/cmd/replace/replace.go`.

use serde_json::{Value, json};

use crate::apiserver::{Body, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::{Session, object_of};
use crate::model::{Meta, ObjectKey};
use crate::printers::manifest as printed;

use super::apply::with_last_applied;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    "!force",
    ":subresource",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !manifests::are_named(flags) {
        return Err(Failure::usage("replace", "Must specify --filename to replace"));
    }
    for unknown in ["force", "subresource"] {
        if flags.has(unknown) {
            return Err(Failure::not_modelled(&format!("replace --{unknown}")));
        }
    }
    let (manifests, mut failures) = manifests::read(session, flags)?;
    for manifest in &manifests {
        match replace(session, flags, manifest) {
            Ok(()) => {}
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure.from_source("replacing", &manifest.source)),
        }
    }
    Failure::all(failures)
}

fn replace(session: &mut Session<'_>, flags: &Flags, manifest: &Manifest) -> Result<(), Failure> {
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    let key = ObjectKey::new(manifest.kind, manifest.namespace.clone(), manifest.name.as_str());
    let live = session.get(&key)?;
    let has_config = live.meta().annotation(super::apply::LAST_APPLIED).is_some();
    let mut value = manifest.value.clone();
    if flags.yes("save-config") || has_config {
        value = with_last_applied(&value);
    }
    let has_revision =
        value.pointer("/metadata/resourceVersion").and_then(Value::as_str).is_some_and(|it| !it.is_empty());
    if !has_revision {
        value["metadata"]["resourceVersion"] = json!(live.meta().resource_version);
    }
    if dry_run != DryRun::Client {
        let mut request = session.request(Verb::Update, key.kind, &key.namespace).named(key.name.clone());
        request.options.dry_run = dry_run == DryRun::Server;
        request.options.field_validation = manifests::validation(flags)?;
        value = printed::value(&object_of(session.call(request.body(Body::Manifest(value)))?)?);
    }
    output::changed(session, &format, key.kind, &value, "replaced", dry_run)
}

//! `kubectl apply --server-side`: the server lays the manifest over the object and keeps track of who set which field.
//!
//! Source: `kubectl/pkg/cmd/apply/apply.go`, `client-go/util/csaupgrade/upgrade.go`.

use serde_json::{Value, json};

use crate::apiserver::{Body, FieldValidation, PatchType, Reason, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::{Session, object_of};
use crate::model::fields::{Element, FieldSet};
use crate::model::{Kind, Meta, Object};
use crate::printers::manifest as printed;

use super::apply::LAST_APPLIED;

/// The manager of what is applied on the server's side, unless told otherwise.
const MANAGER: &str = "kubectl";
/// The manager of what was applied on the client's side.
const CLIENT_SIDE: &str = "kubectl-client-side-apply";
/// How often the migration of ownership is tried. Source: `maxPatchRetry`.
const TRIES: usize = 5;
const HOW_TO_RESOLVE: &str = "
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

/// How the objects of one run are applied.
struct Manner {
    format: Format,
    dry_run: DryRun,
    validation: FieldValidation,
    manager: String,
    force: bool,
}

/// Checks the flags of both ways to apply. Source: `ApplyOptions.Validate`.
///
/// # Errors
/// In kubectl's words.
pub fn check_flags(flags: &Flags) -> Result<(), Failure> {
    let is_server_side = flags.yes("server-side");
    if flags.yes("force-conflicts") && !is_server_side {
        return Err(Failure::text_of("--force-conflicts only works with --server-side"));
    }
    if is_server_side && DryRun::of(flags)? == DryRun::Client {
        let said = "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)";
        return Err(Failure::text_of(said));
    }
    if is_server_side && flags.yes("force") {
        return Err(Failure::text_of("--force cannot be used with --server-side"));
    }
    Ok(())
}

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let manner = Manner {
        format: Format::of(flags)?,
        dry_run: DryRun::of(flags)?,
        validation: manifests::validation(flags)?,
        manager: flags.text("field-manager").unwrap_or(MANAGER).to_owned(),
        force: flags.yes("force-conflicts"),
    };
    let (manifests, mut failures) = manifests::read(session, flags)?;
    if manifests.is_empty() && failures.is_empty() {
        return Err(Failure::text_of("no objects passed to apply"));
    }
    let mut applied = Vec::new();
    for manifest in &manifests {
        match apply_one(session, &manner, manifest) {
            Ok(object) => applied.push((manifest.kind, object)),
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    print_all(session, flags, &manner, applied)?;
    Failure::all(failures)
}

fn print_all(
    session: &mut Session<'_>,
    flags: &Flags,
    manner: &Manner,
    applied: Vec<(Kind, Object)>,
) -> Result<(), Failure> {
    if manner.format.is_human() || matches!(manner.format, Format::Name) {
        return Ok(());
    }
    let Some(kind) = applied.first().map(|(kind, _)| *kind) else { return Ok(()) };
    let shown = |object: &Object| {
        if flags.yes("show-managed-fields") { printed::whole(object) } else { printed::value(object) }
    };
    let mut values: Vec<Value> = applied.iter().map(|(_, object)| shown(object)).collect();
    let value = if values.len() == 1 { values.remove(0) } else { printed::list(values) };
    output::print(session, &manner.format, kind, &value)
}

fn apply_one(session: &mut Session<'_>, manner: &Manner, manifest: &Manifest) -> Result<Object, Failure> {
    if manifest.name.is_empty() {
        let prefix = manifest.value.pointer("/metadata/generateName").and_then(Value::as_str).unwrap_or_default();
        return Err(Failure::text_of(format!("from {prefix}: cannot use generate name with apply")));
    }
    let mut object = send(session, manner, manifest)?;
    if object.meta().is_terminating() {
        let name = format!("{}/{}", manifest.kind.plural(), manifest.name);
        session.warn(&format!("Detected changes to resource {name} which is currently being deleted."));
    }
    if manner.dry_run == DryRun::None && migrate(session, manner, manifest, &object)? {
        // What client-side apply had set and the manifest no longer says goes only now.
        object = send(session, manner, manifest)?;
    }
    if manner.format.is_human() || matches!(manner.format, Format::Name) {
        let value = printed::value(&object);
        output::changed(session, &manner.format, manifest.kind, &value, "serverside-applied", manner.dry_run)?;
    }
    Ok(object)
}

/// What applying would make of an object; the server is asked, and stores nothing.
///
/// # Errors
/// As `apply`.
pub fn tried(session: &mut Session<'_>, flags: &Flags, manifest: &Manifest) -> Result<Object, Failure> {
    let manner = Manner {
        format: Format::Human,
        dry_run: DryRun::Server,
        validation: FieldValidation::Ignore,
        manager: flags.text("field-manager").unwrap_or(MANAGER).to_owned(),
        force: flags.yes("force-conflicts"),
    };
    send(session, &manner, manifest)
}

fn send(session: &mut Session<'_>, manner: &Manner, manifest: &Manifest) -> Result<Object, Failure> {
    let body = Body::Patch(PatchType::Apply, manifest.value.clone());
    let mut request = session.request(Verb::Patch, manifest.kind, &manifest.namespace).named(manifest.name.as_str());
    request.body = body;
    request.options.field_manager = Some(manner.manager.as_str().into());
    request.options.force = manner.force;
    request.options.dry_run = manner.dry_run == DryRun::Server;
    request.options.field_validation = manner.validation;
    request.options.managed_fields = true;
    match session.call(request) {
        Ok(response) => object_of(response),
        Err(failure) if failure.is(Reason::Conflict) => {
            Err(Failure::text_of(format!("{}{HOW_TO_RESOLVE}", failure.message())))
        }
        Err(failure) => Err(failure),
    }
}

/// Hands over to the manager what client-side apply manages; whether there was anything to hand over.
fn migrate(session: &mut Session<'_>, manner: &Manner, manifest: &Manifest, object: &Object) -> Result<bool, Failure> {
    let mut object = object.clone();
    for _ in 0..TRIES {
        let value = object.to_value();
        let Some(entries) = value["metadata"]["managedFields"].as_array() else { return Ok(false) };
        let Some(upgraded) = upgraded(entries, &manner.manager) else { return Ok(false) };
        let operations = json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": upgraded},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": value["metadata"]["resourceVersion"]},
        ]);
        let mut request =
            session.request(Verb::Patch, manifest.kind, &manifest.namespace).named(manifest.name.as_str());
        request.body = Body::Patch(PatchType::Json, operations);
        request.options.field_manager = Some(manner.manager.as_str().into());
        match session.call(request) {
            Ok(_) => return Ok(true),
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) if failure.is(Reason::Conflict) => {
                let mut again = session.request(Verb::Get, manifest.kind, &manifest.namespace);
                again = again.named(manifest.name.as_str());
                again.options.managed_fields = true;
                object = object_of(session.call(again)?)?;
            }
            Err(failure) => {
                session.warn(&format!(
                    "failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply. This is \
                     non-fatal and will be retried next time you apply. Error: {}",
                    failure.message()
                ));
                return Ok(false);
            }
        }
    }
    Ok(false)
}

/// The entries with those of client-side apply made part of the manager's own; `None` when there are none.
fn upgraded(entries: &[Value], manager: &str) -> Option<Vec<Value>> {
    let annotation = ["metadata", "annotations", LAST_APPLIED].map(Element::field);
    let set = |entry: &Value| FieldSet::from_value(&entry["fieldsV1"]).unwrap_or_default();
    let is_main = |entry: &Value| entry["subresource"].as_str().unwrap_or_default().is_empty();
    let is_ours = |entry: &Value| {
        let by_name = entry["manager"] == CLIENT_SIDE;
        entry["operation"] == "Update" && is_main(entry) && (by_name || set(entry).has(&annotation))
    };
    let is_mine = |entry: &Value| entry["operation"] == "Apply" && entry["manager"] == manager && is_main(entry);
    let theirs: Vec<&Value> = entries.iter().filter(|entry| is_ours(entry)).collect();
    let first = theirs.first()?;
    let mut merged = entries.iter().find(|entry| is_mine(entry)).map_or_else(
        || {
            let mut entry = (*first).clone();
            entry["manager"] = manager.into();
            entry["operation"] = "Apply".into();
            entry
        },
        Value::clone,
    );
    let all = theirs.iter().fold(set(&merged), |all, entry| all.union(&set(entry)));
    merged["fieldsV1"] = all.to_value();
    let others = entries.iter().filter(|entry| !is_ours(entry) && !is_mine(entry)).cloned();
    Some(std::iter::once(merged).chain(others).collect())
}

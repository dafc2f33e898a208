//! `kubectl apply`: the manifest, the object, and what was applied last, brought together on the client's side.
//!
//! Source: `kubectl/pkg/cmd/apply/{apply,patcher}.go`, `kubectl/pkg/util/apply.go`.

use serde_json::{Value, json};

use crate::apiserver::{Body, FieldValidation, PatchType, Reason, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::{Session, object_of};
use crate::model::patch::{Schema, apply_strategic, merge_three_way, three_way};
use crate::model::{Kind, Meta, Object, ObjectKey, json_text};
use crate::printers::manifest as printed;

use super::server_side_apply;

/// Where apply keeps what it applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// How often a patch is tried again after a conflict.
const TRIES: usize = 5;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!server-side",
    "!force-conflicts",
    "!force",
    "!overwrite",
    "!prune",
    "l:selector",
    "!all",
    ":field-manager",
    "!show-managed-fields",
    ":template",
    "!wait",
    "~timeout",
    "?cascade=background",
    "#grace-period",
];

/// How the objects of one run are applied.
struct Manner {
    format: Format,
    dry_run: DryRun,
    validation: FieldValidation,
    field_manager: String,
    /// Whether it says that it never applied the object before.
    warns: bool,
}

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if let Some(word) = flags.args.first() {
        return Err(Failure::usage("apply", &format!("Unexpected args: [{word}]")));
    }
    if !manifests::are_named(flags) {
        return Err(Failure::text_of("must specify one of -f and -k"));
    }
    if flags.yes("prune") {
        return Err(Failure::not_modelled("apply --prune"));
    }
    server_side_apply::check_flags(flags)?;
    if flags.yes("server-side") {
        return server_side_apply::run(session, flags);
    }
    let manner = Manner {
        format: Format::of(flags)?,
        dry_run: DryRun::of(flags)?,
        validation: manifests::validation(flags)?,
        field_manager: flags.text("field-manager").unwrap_or("kubectl-client-side-apply").to_owned(),
        warns: true,
    };
    let (manifests, mut failures) = manifests::read(session, flags)?;
    if manifests.is_empty() && failures.is_empty() {
        return Err(Failure::text_of("no objects passed to apply"));
    }
    let mut applied = Vec::new();
    for manifest in &manifests {
        match apply_one(session, &manner, manifest) {
            Ok(value) => applied.extend(value.map(|value| (manifest.kind, value))),
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    print_all(session, &manner, applied)?;
    Failure::all(failures)
}

/// With `-o`, all objects are printed at the end: one as it is, several as a list.
fn print_all(
    session: &mut Session<'_>,
    manner: &Manner,
    mut applied: Vec<(crate::model::Kind, Value)>,
) -> Result<(), Failure> {
    let Some((kind, _)) = applied.first().cloned() else { return Ok(()) };
    if applied.len() == 1 {
        let (kind, value) = applied.remove(0);
        return output::print(session, &manner.format, kind, &value);
    }
    let values = applied.into_iter().map(|(_, value)| value).collect();
    output::print(session, &manner.format, kind, &printed::list(values))
}

/// Applies one object; its new state if it is to be printed with the others.
fn apply_one(session: &mut Session<'_>, manner: &Manner, manifest: &Manifest) -> Result<Option<Value>, Failure> {
    if manifest.name.is_empty() {
        let prefix = manifest.value.pointer("/metadata/generateName").and_then(Value::as_str);
        return Err(match prefix {
            Some(prefix) => Failure::text_of(format!("from {prefix}: cannot use generate name with apply")),
            None => Failure::text_of(format!(
                "error when retrieving current configuration of:\nResource: {:?}, GroupVersionKind: {:?}\nName: \"\", Namespace: \
                 {:?}\nfrom server for: {:?}: resource name may not be empty",
                resource(manifest),
                format!("{}, Kind={}", group_version(manifest), manifest.kind.name()),
                manifest.namespace,
                manifest.source
            )),
        });
    }
    let modified = with_last_applied(&manifest.value);
    let key = ObjectKey::new(manifest.kind, manifest.namespace.clone(), manifest.name.as_str());
    let (value, done) = match session.get(&key) {
        Ok(object) => patch(session, manner, manifest, &key, object, &modified)?,
        Err(failure) if failure.is(Reason::NotFound) => (create(session, manner, manifest, modified)?, "created"),
        Err(Failure::Suspended) => return Err(Failure::Suspended),
        Err(failure) => {
            let what = format!(
                "retrieving current configuration of:\nResource: {:?}, GroupVersionKind: {:?}\nName: {:?}, Namespace: {:?}\nfrom \
                 server for:",
                resource(manifest),
                format!("{}, Kind={}", group_version(manifest), manifest.kind.name()),
                manifest.name,
                manifest.namespace
            );
            return Err(failure.while_doing(&format!("error when {what} {:?}", manifest.source)));
        }
    };
    if manner.format.is_human() || matches!(manner.format, Format::Name) {
        output::changed(session, &manner.format, manifest.kind, &value, done, manner.dry_run)?;
        return Ok(None);
    }
    Ok(Some(value))
}

fn create(session: &mut Session<'_>, manner: &Manner, manifest: &Manifest, mut value: Value) -> Result<Value, Failure> {
    prune_nulls(&mut value);
    if manner.dry_run == DryRun::Client {
        return Ok(value);
    }
    let mut request = session.request(Verb::Create, manifest.kind, &manifest.namespace).body(Body::Manifest(value));
    request.options.dry_run = manner.dry_run == DryRun::Server;
    request.options.field_validation = manner.validation;
    request.options.field_manager = Some(manner.field_manager.as_str().into());
    let response = session.call(request).map_err(|failure| failure.from_source("creating", &manifest.source))?;
    object_of(response).map(|object| printed::value(&object))
}

fn patch(
    session: &mut Session<'_>,
    manner: &Manner,
    manifest: &Manifest,
    key: &ObjectKey,
    mut object: Object,
    modified: &Value,
) -> Result<(Value, &'static str), Failure> {
    if manner.warns && object.meta().annotation(LAST_APPLIED).is_none() {
        let name = format!("{}/{}", key.kind.plural(), key.name);
        session.warn(&format!(
            "resource {name} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply \
             should only be used on resources created declaratively by either kubectl create --save-config or kubectl \
             apply. The missing annotation will be patched automatically."
        ));
    }
    let schema = Schema::of_kind(key.kind.name());
    for attempt in 1.. {
        let current = printed::value(&object);
        let original = object.meta().annotation(LAST_APPLIED).and_then(|text| serde_json::from_str(text).ok());
        let original = original.unwrap_or_else(|| json!({}));
        let is_custom = matches!(key.kind, Kind::Custom(_));
        let made = match is_custom {
            true => Ok(merge_three_way(&original, modified, &current)),
            false => three_way(&original, modified, &current, schema),
        };
        let patch = made.map_err(|error| {
            Failure::text_of(format!("error when creating patch for: {:?}: {error}", manifest.source))
        })?;
        if patch == json!({}) {
            return Ok((current, "unchanged"));
        }
        if manner.dry_run == DryRun::Client {
            let patched =
                apply_strategic(&current, &patch, schema).map_err(|error| Failure::text_of(error.to_string()))?;
            return Ok((patched, "configured"));
        }
        let type_ = if is_custom { PatchType::Merge } else { PatchType::Strategic };
        let body = Body::Patch(type_, patch.clone());
        let mut request = session.request(Verb::Patch, key.kind, &key.namespace).named(key.name.clone()).body(body);
        request.options.dry_run = manner.dry_run == DryRun::Server;
        request.options.field_validation = manner.validation;
        request.options.field_manager = Some(manner.field_manager.as_str().into());
        match session.call(request) {
            Ok(response) => {
                let patched = object_of(response)?;
                if patched.meta().is_terminating() {
                    let name = format!("{}/{}", key.kind.plural(), key.name);
                    session.warn(&format!("Detected changes to resource {name} which is currently being deleted."));
                }
                return Ok((printed::value(&patched), "configured"));
            }
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) if failure.is(Reason::Conflict) && attempt < TRIES => object = session.get(key)?,
            Err(failure) => {
                let what = format!(
                    "error when applying patch:\n{}\nto:\nResource: {:?}, GroupVersionKind: {:?}\nName: {:?}, Namespace: \
                     {:?}\nfor: {:?}: error when patching {:?}",
                    json_text::compact(&patch),
                    resource(manifest),
                    format!("{}, Kind={}", group_version(manifest), manifest.kind.name()),
                    manifest.name,
                    manifest.namespace,
                    manifest.source,
                    manifest.source
                );
                return Err(failure.while_doing(&what));
            }
        }
    }
    Err(Failure::text_of("too many conflicts"))
}

/// What applying would make of an object; the server is asked, and stores nothing.
///
/// # Errors
/// As `apply`.
pub fn tried(
    session: &mut Session<'_>,
    manifest: &Manifest,
    validation: FieldValidation,
    manager: Option<&str>,
) -> Result<Value, Failure> {
    let manner = Manner {
        format: Format::Human,
        dry_run: DryRun::Server,
        validation,
        field_manager: manager.unwrap_or("kubectl-client-side-apply").to_owned(),
        warns: false,
    };
    // What was applied last is left as it is.
    let modified = &manifest.value;
    let key = ObjectKey::new(manifest.kind, manifest.namespace.clone(), manifest.name.as_str());
    match session.get(&key) {
        Ok(object) => patch(session, &manner, manifest, &key, object, modified).map(|(value, _)| value),
        Err(failure) if failure.is(Reason::NotFound) => create(session, &manner, manifest, modified.clone()),
        Err(failure) => Err(failure),
    }
}

fn group_version(manifest: &Manifest) -> String {
    let info = manifest.kind.info();
    format!("{}/{}", info.group, info.version)
}

fn resource(manifest: &Manifest) -> String {
    format!("{}, Resource={}", group_version(manifest), manifest.kind.plural())
}

/// The manifest with itself as an annotation (`GetModifiedConfiguration`).
#[must_use]
pub fn with_last_applied(manifest: &Value) -> Value {
    let mut value = manifest.clone();
    let annotations = annotations_of(&mut value);
    annotations.remove(LAST_APPLIED);
    let applied = json_text::compact(&value).trim_end().to_owned() + "\n";
    annotations_of(&mut value).insert(LAST_APPLIED.into(), json!(applied));
    value
}

fn annotations_of(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    let meta = &mut value["metadata"];
    if !meta.get("annotations").is_some_and(Value::is_object) {
        meta["annotations"] = json!({});
    }
    match &mut meta["annotations"] {
        Value::Object(annotations) => annotations,
        // It was made an object just above.
        _ => unreachable!("annotations are an object"),
    }
}

/// A field that is null is not set when an object is created, as it would be taken away when it is changed.
fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}

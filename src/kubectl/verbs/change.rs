//! Changing an object that was read: the difference becomes a patch.

use serde_json::{Value, json};

use crate::apiserver::{Body, PatchType, Subresource, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::resources::{self, FoundAll};
use crate::kubectl::session::{Session, object_of};
use crate::model::patch::{Schema, merge_two_way, two_way};
use crate::model::{Kind, Object, ObjectKey};
use crate::printers::manifest as printed;

/// Reads the objects that `args` mean.
///
/// # Errors
/// As [`resources::select`] and [`resources::fetch`].
pub fn targets(session: &mut Session<'_>, flags: &Flags, args: &[String]) -> Result<FoundAll, Failure> {
    let selection = resources::select(session, flags, args, false)?;
    resources::fetch(session, flags, selection)
}

/// Sends the difference between `object` and `changed` as a strategic merge patch; `None` when there is none.
///
/// # Errors
/// The server's.
pub fn send(
    session: &mut Session<'_>,
    object: &Object,
    changed: &Value,
    dry_run: DryRun,
) -> Result<Option<Value>, Failure> {
    send_to(session, object, Subresource::None, changed, dry_run)
}

/// The same to a part of the object.
///
/// # Errors
/// The server's.
pub fn send_to(
    session: &mut Session<'_>,
    object: &Object,
    part: Subresource,
    changed: &Value,
    dry_run: DryRun,
) -> Result<Option<Value>, Failure> {
    let old = printed::value(object);
    let schema = Schema::of_kind(object.kind().name());
    let is_custom = matches!(object.kind(), Kind::Custom(_));
    let patch = match is_custom {
        // Custom objects have no merge keys.
        true => merge_two_way(&old, changed),
        false => two_way(&old, changed, schema).map_err(|error| Failure::text_of(error.to_string()))?,
    };
    if patch == json!({}) {
        return Ok(None);
    }
    if dry_run == DryRun::Client {
        return Ok(Some(changed.clone()));
    }
    let type_ = if is_custom { PatchType::Merge } else { PatchType::Strategic };
    send_patch_to(session, &object.key(), part, type_, patch, dry_run).map(Some)
}

/// The part of an object that `--subresource` names.
///
/// # Errors
/// For parts that kubectl cannot change.
pub fn part(flags: &Flags) -> Result<Subresource, Failure> {
    match flags.text("subresource") {
        None => Ok(Subresource::None),
        Some("status") => Ok(Subresource::Status),
        Some("resize") => Ok(Subresource::Resize),
        Some("scale") => Err(Failure::not_modelled("--subresource=scale")),
        Some(other) => {
            Err(Failure::text_of(format!("invalid subresource value: {other:?}. Must be one of [status scale resize]")))
        }
    }
}

/// Sends a patch.
///
/// # Errors
/// The server's.
pub fn send_patch(
    session: &mut Session<'_>,
    key: &ObjectKey,
    type_: PatchType,
    patch: Value,
    dry_run: DryRun,
) -> Result<Value, Failure> {
    send_patch_to(session, key, Subresource::None, type_, patch, dry_run)
}

/// The same to a part of the object.
///
/// # Errors
/// The server's.
pub fn send_patch_to(
    session: &mut Session<'_>,
    key: &ObjectKey,
    part: Subresource,
    type_: PatchType,
    patch: Value,
    dry_run: DryRun,
) -> Result<Value, Failure> {
    let mut request = session.request(Verb::Patch, key.kind, &key.namespace).named(key.name.clone());
    request.options.dry_run = dry_run == DryRun::Server;
    let response = session.call(request.part(part).body(Body::Patch(type_, patch)))?;
    object_of(response).map(|object| printed::value(&object))
}

/// Changes each object in turn and tells of it; an object that stays as it is is passed over in silence.
///
/// # Errors
/// What `change` and the server refuse, all together at the end.
pub fn each(
    session: &mut Session<'_>,
    flags: &Flags,
    found: FoundAll,
    done: &str,
    change: impl Fn(&mut Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    let mut failures = found.failures;
    for item in &found.items {
        let mut value = printed::value(&item.object);
        if let Err(failure) = change(&mut value) {
            failures.push(failure);
            continue;
        }
        match send(session, &item.object, &value, dry_run) {
            Ok(None) => {}
            Ok(Some(value)) => output::changed(session, &format, item.object.kind(), &value, done, dry_run)?,
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

/// The Pod spec inside a Pod or the template of a workload.
/// Source: `kubectl/pkg/polymorphichelpers/updatepodspecforobject.go`.
#[must_use]
pub fn pod_spec(value: &mut Value) -> Option<&mut Value> {
    let pointer = match value.get("kind").and_then(Value::as_str)? {
        "Pod" => "/spec",
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" | "Job" | "ReplicationController" => {
            "/spec/template/spec"
        }
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => return None,
    };
    value.pointer_mut(pointer)
}

/// What is said of an object that has no Pod spec.
#[must_use]
pub fn no_pod_spec(value: &Value) -> Failure {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, name) = (text("/kind").to_lowercase(), text("/metadata/name"));
    Failure::text_of(format!(
        "error: {kind}s/{name} the object is not a pod or does not have a pod template: {}",
        text("/kind")
    ))
}

/// Cuts arguments into resources and pairs: `deploy web a=b c-`; `what` names the pairs in errors.
///
/// # Errors
/// When a resource follows a pair.
pub fn resources_and_pairs<'a>(args: &'a [String], what: &str) -> Result<(&'a [String], &'a [String]), Failure> {
    let is_pair = |word: &String| word.find('=').is_some_and(|at| at > 0) || word.len() > 1 && word.ends_with('-');
    let cut = args.iter().position(is_pair).unwrap_or(args.len());
    let (resources, pairs) = args.split_at(cut);
    match pairs.iter().find(|word| !is_pair(word)) {
        Some(word) => Err(Failure::text_of(format!("all resources must be specified before {what} changes: {word}"))),
        None => Ok((resources, pairs)),
    }
}

/// What is said when no resource is named.
#[must_use]
pub fn no_resources() -> Failure {
    Failure::text_of("one or more resources must be specified as <resource> <name> or <resource>/<name>")
}

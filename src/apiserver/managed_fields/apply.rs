//! Server-side apply: laying a configuration over the live object, giving up what is no longer applied, asking the others.
//!
//! Source: `structured-merge-diff/merge/update.go`, `managedfields/internal/{structuredmerge,lastappliedmanager,
//! lastappliedupdater,skipnonapplied}.go`.

use serde_json::Value;

use crate::apiserver::decode;
use crate::apiserver::status::{Reason, Status};
use crate::engine::SimTime;
use crate::model::fields::{Comparison, FieldSet, Shape, gather, merge, remove, validate};
use crate::model::{Kind, Meta, Object, json_text};

use super::conflict::{Conflict, refusal};
use super::manager::{Managers, Operation, Owned, stamp};
use super::update::{Door, as_go, managed, nothing};

/// The manager that kubectl is unless told otherwise; it takes over what its client-side apply left.
const KUBECTL: &str = "kubectl";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Who manages what was there before anybody was written down.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// A request to apply.
#[derive(Clone, Copy, Debug)]
pub(in crate::apiserver) struct Application<'a> {
    /// What is to be so.
    pub(in crate::apiserver) configuration: &'a Value,
    pub(in crate::apiserver) manager: &'a str,
    pub(in crate::apiserver) force: bool,
    pub(in crate::apiserver) kind: Kind,
    pub(in crate::apiserver) subresource: &'a str,
    pub(in crate::apiserver) now: SimTime,
}

/// The object that applying makes of `live` (`None`: nothing yet), and its managers.
///
/// # Errors
/// 400 for what cannot be applied, 500 for fields that the kind does not have, 409 when others are in the way.
pub(in crate::apiserver) fn apply(
    live: Option<&Object>,
    managers: Managers,
    wanted: Application<'_>,
) -> Result<(Value, Managers), Box<Status>> {
    wanted.check()?;
    let shape = wanted.door().shape();
    let before = live.map_or_else(|| nothing(shape), |live| as_go(live, shape));
    let raw = live.map_or_else(|| Value::Object(serde_json::Map::new()), Object::to_value);
    let mut managers = managers;
    if managers.is_empty() && live.is_some() {
        managers =
            managers.updated(&nothing(shape), &before, BEFORE_FIRST_APPLY, wanted.door(), Some(stamp(wanted.now)));
    }
    let outcome = wanted.merged(&raw, &before, managers.clone(), wanted.force);
    let outcome = match outcome {
        Err(conflicts) if wanted.manager == KUBECTL => {
            match live.and_then(|live| allowed(live, &before, shape, wanted.kind)) {
                Some(allowed) if conflicts.iter().all(|one| allowed.has(&one.path)) => {
                    wanted.merged(&raw, &before, managers, true)
                }
                Some(allowed) => Err(conflicts.into_iter().filter(|one| !allowed.has(&one.path)).collect()),
                None => Err(conflicts),
            }
        }
        outcome => outcome,
    };
    let (mut object, managers) = outcome.map_err(|conflicts| refusal(&conflicts))?;
    if wanted.manager == KUBECTL {
        keep_last_applied(&mut object, wanted.configuration);
    }
    Ok((object, managers))
}

impl Application<'_> {
    fn door(&self) -> Door<'_> {
        Door { kind: self.kind, subresource: self.subresource }
    }

    /// Whether the configuration may be applied at all.
    fn check(&self) -> Result<(), Box<Status>> {
        let text = |field: &str| self.configuration.get(field).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        if kind.is_empty() {
            return Err(Box::new(Status::bad_request("error decoding patch: Object 'Kind' is missing")));
        }
        let gvk = |version: &str, kind: &str| {
            let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
            format!("{version}, Kind={kind}")
        };
        if !self.kind.info().is(version, kind) {
            return Err(Box::new(Status::bad_request(format!("invalid object type: {}", gvk(version, kind)))));
        }
        if self.configuration["metadata"].get("managedFields").is_some_and(|fields| !fields.is_null()) {
            return Err(Box::new(Status::bad_request("metadata.managedFields must be nil")));
        }
        let untyped = |why: String| {
            let meta = |field: &str| self.configuration["metadata"][field].as_str().unwrap_or_default().to_owned();
            let what = format!("{}/{}; {}", meta("namespace"), meta("name"), gvk(version, kind));
            let message = format!("failed to create typed patch object ({what}): {why}");
            Box::new(Status::new(500, Reason::Unknown, message))
        };
        validate(self.configuration, self.door().shape()).map_err(untyped)?;
        let (_, unknown) = decode::patched(self.kind, self.configuration.clone()).map_err(|error| {
            let found = value_at(self.configuration, &error.path);
            let place = typed_path(self.configuration, &error.path, self.door().shape());
            untyped(format!("{place}: {}", mismatch(&error.message, found)))
        })?;
        let faults: Vec<_> = unknown
            .iter()
            .map(|path| typed_path(self.configuration, path, self.door().shape()) + ": field not declared in schema")
            .collect();
        match &faults[..] {
            [] => Ok(()),
            [only] => Err(untyped(only.clone())),
            all => Err(untyped(format!("errors:\n  {}", all.join("\n  ")))),
        }
    }

    /// The live object with the configuration laid over it, unless others are in the way.
    fn merged(
        &self,
        raw: &Value,
        before: &Value,
        mut managers: Managers,
        force: bool,
    ) -> Result<(Value, Managers), Vec<Conflict>> {
        let (door, shape) = (self.door(), self.door().shape());
        let me = door.manager(self.manager, Operation::Apply);
        let last = managers.0.get(&me).cloned();
        let fields = gather(self.configuration, shape).outside(&door.reset());
        let time = last.as_ref().and_then(|last| last.time.clone());
        managers.0.insert(me.clone(), Owned { fields, api_version: door.kind.api_version(), time });
        let mut merged = merge(raw, self.configuration, shape);
        if let Some(last) = last.filter(|last| !last.fields.is_empty()) {
            merged = prune(&merged, &managers, &last.fields, shape);
        }
        let mut after = merged.clone();
        shape.fill(&mut after);
        let mut here = before.clone();
        // What no client writes is the same on both sides.
        if let (Some(after), Some(here)) = (after["metadata"].as_object(), here["metadata"].as_object_mut()) {
            for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
                here.extend(after.get(field).map(|value| (field.to_owned(), value.clone())));
            }
        }
        let compared = Comparison::between(&here, &after, shape).outside(&door.reset());
        let conflicts = managers.take_over(&compared, Some(&me), force, door.kind);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        if let Some(mine) = managers.0.get_mut(&me) {
            mine.fields = managed(&mine.fields);
            if here != after {
                mine.time = Some(stamp(self.now));
            }
        }
        managers.0.retain(|_, owned| !owned.fields.is_empty());
        Ok((merged, managers))
    }
}

/// Takes away what the manager applied last time, does not apply now, and nobody else manages.
fn prune(merged: &Value, managers: &Managers, last: &FieldSet, shape: Shape<'_>) -> Value {
    let of = |value: &Value| gather(value, shape).with_declared(shape);
    let last = last.with_declared(shape);
    let everything = of(merged);
    let pruned = remove(merged, &last, shape);
    let owned = managers.0.values().fold(FieldSet::default(), |all, one| all.union(&one.fields)).with_declared(shape);
    let pruned = remove(merged, &everything.difference(&of(&pruned).union(&owned)), shape);
    remove(merged, &everything.difference(&of(&pruned)).intersection(&last), shape)
}

/// What kubectl may take over because its client-side apply has put it there.
fn allowed(live: &Object, live_value: &Value, shape: Shape<'_>, kind: Kind) -> Option<FieldSet> {
    let text = live.meta().annotation(LAST_APPLIED).filter(|text| !text.is_empty())?;
    let applied: Value = serde_json::from_str(text).ok()?;
    if applied["apiVersion"].as_str() != Some(&kind.api_version()) {
        return None;
    }
    let compared = Comparison::between(&applied, live_value, shape);
    let fields = gather(&applied, shape);
    Some(fields.difference(&compared.modified).difference(&compared.added).difference(&compared.removed))
}

/// kubectl's annotation follows what it applies, where there is one.
fn keep_last_applied(object: &mut Value, configuration: &Value) {
    let has_one = object["metadata"]["annotations"][LAST_APPLIED].as_str().is_some_and(|text| !text.is_empty());
    if !has_one {
        return;
    }
    let mut applied = configuration.clone();
    if let Some(annotations) = applied["metadata"]["annotations"].as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    object["metadata"]["annotations"][LAST_APPLIED] = (json_text::compact(&applied) + "\n").into();
}

/// `spec.containers[0].image` as `.spec.containers[name="app"].image`.
fn typed_path(value: &Value, path: &str, shape: Shape<'_>) -> String {
    let (mut place, mut here, mut shape) = (String::new(), value, shape);
    for step in steps(path) {
        match step {
            Ok(name) => {
                place.push_str(&format!(".{name}"));
                (here, shape) = (&here[name], shape.field(name));
            }
            Err(index) => {
                let element = shape.element_of(&here[index]).ok().filter(|_| shape.is_associative());
                place.push_str(&element.map_or_else(|| format!("[{index}]"), |element| element.to_string()));
                (here, shape) = (&here[index], shape.elements());
            }
        }
    }
    place
}

fn value_at<'v>(value: &'v Value, path: &str) -> &'v Value {
    steps(path).into_iter().fold(value, |here, step| match step {
        Ok(name) => &here[name],
        Err(index) => &here[index],
    })
}

/// The names and indices of a path.
fn steps(path: &str) -> Vec<Result<&str, usize>> {
    let parts = path.split(['.', '[']).filter(|part| !part.is_empty());
    parts.map(|part| part.strip_suffix(']').and_then(|index| index.parse().ok()).map_or(Ok(part), Err)).collect()
}

/// What structured-merge-diff says of a wrong type. Source: `typed/validate.go`.
fn mismatch(message: &str, found: &Value) -> String {
    let expected = message.rsplit("expected ").next().unwrap_or_default();
    let go = |value: &Value| format!("&{{{}}}", crate::model::patch::go_print(value));
    if expected.starts_with("a map") || expected.starts_with("struct") {
        return format!("expected map, got {}", go(found));
    }
    if expected.starts_with("a sequence") {
        return format!("expected list, got {}", go(found));
    }
    if expected.starts_with("a string") {
        return format!("expected string, got &value.valueUnstructured{{Value:{found}}}");
    }
    if expected.starts_with("a bool") {
        return format!("expected boolean, got {}", go(found));
    }
    let type_ = match found {
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Object(_) => "map[string]interface {}",
        Value::Array(_) => "[]interface {}",
        _ => "<nil>",
    };
    format!("expected numeric (int or float), got {type_}")
}

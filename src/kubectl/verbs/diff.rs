//! `kubectl diff`: what `apply` would change, as `diff -u -N` shows it.
//!
//! Source: `kubectl/pkg/cmd/diff/diff.go`. The files that the real one compares lie in folders with random names; here the
//! names are always the same.

use serde_json::Value;

use crate::apiserver::{FieldValidation, Reason};
use crate::engine::SimTime;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::session::Session;
use crate::model::{Kind, ObjectKey, time, unified_diff, yaml};
use crate::printers::manifest as printed;

use super::{apply, server_side_apply};

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "l:selector",
    "!server-side",
    "!force-conflicts",
    ":field-manager",
    "!show-managed-fields",
    "!prune",
    "#concurrency",
];

/// Where the real one keeps what it compares.
const BEFORE: &str = "/tmp/LIVE-1000000001";
/// The time of a file that is not there.
const NEVER: &str = "1970-01-01 00:00:00.000000000 +0000";
const AFTER: &str = "/tmp/MERGED-1000000002";

/// Runs it.
///
/// # Errors
/// In kubectl's words; exit code 1 without a word when there are differences.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !manifests::are_named(flags) {
        return Err(Failure::text_of("must specify one of -f and -k"));
    }
    for unknown in ["prune", "selector"] {
        if flags.has(unknown) {
            return Err(Failure::not_modelled(&format!("diff --{unknown}")));
        }
    }
    server_side_apply::check_flags(flags)?;
    if flags.yes("show-managed-fields") {
        session.show_managed_fields();
    }
    let (found, failures) = manifests::read(session, flags)?;
    Failure::all(failures)?;
    let mut pairs = Vec::new();
    for manifest in &found {
        let (before, after) = compare(session, flags, manifest)?;
        pairs.push((file(manifest), before, after));
    }
    // diff goes through a folder by name.
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    let mut differ = false;
    for (name, before, after) in pairs {
        let text = difference(&name, before.as_ref(), &after, session.now());
        differ |= !text.is_empty();
        session.out(&text);
    }
    if differ { Err(Failure::Exit(1)) } else { Ok(()) }
}

/// The object as it is, and as it would be.
fn compare(session: &mut Session<'_>, flags: &Flags, manifest: &Manifest) -> Result<(Option<Value>, Value), Failure> {
    let key = ObjectKey::new(manifest.kind, manifest.namespace.clone(), manifest.name.as_str());
    let shown = |object: &crate::model::Object| {
        if flags.yes("show-managed-fields") { printed::whole(object) } else { printed::value(object) }
    };
    let before = match session.get(&key) {
        Ok(object) => Some(shown(&object)),
        Err(failure) if failure.is(Reason::NotFound) => None,
        Err(failure) => return Err(failure),
    };
    let after = if flags.yes("server-side") {
        shown(&server_side_apply::tried(session, flags, manifest)?)
    } else {
        apply::tried(session, manifest, FieldValidation::Ignore, flags.text("field-manager"))?
    };
    let mut pair = (before, after);
    if manifest.kind == Kind::Secret {
        mask(&mut pair);
    }
    Ok(pair)
}

/// `apps.v1.Deployment.default.web`.
fn file(manifest: &Manifest) -> String {
    let info = manifest.kind.info();
    let parts = [info.group, info.version, info.name, &manifest.namespace, &manifest.name];
    let group = usize::from(info.group.is_empty());
    parts[group..].join(".")
}

fn difference(name: &str, before: Option<&Value>, after: &Value, now: SimTime) -> String {
    let lines = |value: &Value| -> Vec<String> { yaml::write(value).lines().map(str::to_owned).collect() };
    let hunks = unified_diff::unified(&before.map(lines).unwrap_or_default(), &lines(after));
    if hunks.is_empty() {
        return hunks;
    }
    let at = |there: bool| {
        if there { time::file_time(now) } else { NEVER.to_owned() }
    };
    format!(
        "diff -u -N {BEFORE}/{name} {AFTER}/{name}\n--- {BEFORE}/{name}\t{}\n+++ {AFTER}/{name}\t{}\n{hunks}",
        at(before.is_some()),
        at(true)
    )
}

/// Values of Secrets are not shown; whether they differ is. Source: `Masker`.
fn mask((before, after): &mut (Option<Value>, Value)) {
    for field in ["data", "stringData"] {
        let old = before.as_ref().map(|value| value[field].clone()).unwrap_or_default();
        let new = after[field].clone();
        let hidden = |values: &mut Value, other: &Value, word: &str| {
            for (key, value) in values.as_object_mut().into_iter().flatten() {
                let differs = other.get(key).is_some_and(|other| other != value);
                *value = if differs { format!("*** ({word})") } else { "***".to_owned() }.into();
            }
        };
        if let Some(values) = before.as_mut().and_then(|value| value.get_mut(field)) {
            hidden(values, &new, "before");
        }
        if let Some(values) = after.get_mut(field) {
            hidden(values, &old, "after");
        }
    }
}

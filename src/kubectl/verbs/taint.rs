//! `kubectl taint`.
//!
//! Source: `kubectl/pkg/cmd/taint/`.

use serde_json::{Value, json};

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::resources::{self, Selection};
use crate::kubectl::session::Session;
use crate::model::core::Taint;
use crate::model::{Kind, ObjectKey, names};
use crate::printers::manifest as printed;

use super::change;

/// Its flags.
pub const FLAGS: &[&str] =
    &["!all", "l:selector", "!overwrite", "o:output", "?dry-run=unchanged", "?validate=strict", ":field-manager"];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let is_taint = |word: &&String| word.contains(['=', ':']) || word.ends_with('-');
    let cut = flags.args.iter().position(|word| is_taint(&word)).unwrap_or(flags.args.len());
    let (words, specs) = flags.args.split_at(cut);
    if let Some(word) = specs.iter().find(|word| !is_taint(word)) {
        let said = format!("all resources must be specified before taint changes: {word}");
        return Err(Failure::text_of(said));
    }
    let Some((type_, names)) = words.split_first() else {
        return Err(Failure::text_of("one or more resources must be specified as <resource> <name>"));
    };
    if specs.is_empty() {
        return Err(Failure::text_of("at least one taint update is required"));
    }
    let (added, removed) = read_all(specs).map_err(|failure| Failure::usage("taint", &failure.message()))?;
    if resources::kind(type_)? != Kind::Node {
        let said = format!("invalid resource type {}, only node types are supported", type_.to_lowercase());
        return Err(Failure::text_of(said));
    }
    let is_whole = flags.yes("all") || flags.has("selector");
    if names.is_empty() && !is_whole {
        return Err(Failure::text_of("at least one resource name must be specified since 'all' parameter is not set"));
    }
    let selection = if is_whole {
        Selection::Kinds(vec![Kind::Node])
    } else {
        Selection::Named(names.iter().map(|name| ObjectKey::new(Kind::Node, "", name.as_str())).collect(), false)
    };
    let found = resources::fetch(session, flags, selection)?;
    let mut failures = found.failures;
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    for item in &found.items {
        let mut value = printed::value(&item.object);
        let done = match update(&mut value, item.object.name(), flags, &added, &removed) {
            Ok(done) => done,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        match change::send(session, &item.object, &value, dry_run) {
            Ok(patched) => {
                let value = patched.unwrap_or(value);
                output::changed(session, &format, Kind::Node, &value, done, dry_run)?;
            }
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

/// Brings the taints of a node up to date; says what was done.
fn update(
    value: &mut Value,
    node: &str,
    flags: &Flags,
    added: &[Taint],
    removed: &[Taint],
) -> Result<&'static str, Failure> {
    let old: Vec<Taint> = serde_json::from_value(value["spec"]["taints"].clone()).unwrap_or_default();
    let same = |one: &Taint, other: &Taint| one.key == other.key && one.effect == other.effect;
    let known: Vec<&str> =
        added.iter().filter(|new| old.iter().any(|old| same(new, old))).map(|new| new.key.as_str()).collect();
    if !known.is_empty() && !flags.yes("overwrite") {
        return Err(Failure::text_of(format!(
            "node {node} already has {} taint(s) with same effect(s) and --overwrite is false",
            known.join(",")
        )));
    }
    let mut taints = added.to_vec();
    taints.extend(old.iter().filter(|old| !added.iter().any(|new| same(new, old))).cloned());
    let has_added = old.len() != taints.len();
    let mut has_removed = false;
    let mut missing = Vec::new();
    for gone in removed {
        let before = taints.len();
        taints.retain(|taint| taint.key != gone.key || !gone.effect.is_empty() && taint.effect != gone.effect);
        has_removed = taints.len() != before;
        if !has_removed {
            let shown = if gone.effect.is_empty() { gone.key.clone() } else { format!("{}:{}", gone.key, gone.effect) };
            missing.push(Failure::text_of(format!("taint {shown:?} not found")));
        }
    }
    Failure::all(missing)?;
    value["spec"]["taints"] = json!(taints);
    if taints.is_empty() {
        value["spec"].as_object_mut().map(|spec| spec.remove("taints"));
    }
    Ok(match (has_added, has_removed) {
        _ if flags.yes("overwrite") => "modified",
        (true, true) => "modified",
        (true, false) => "tainted",
        (false, _) => "untainted",
    })
}

fn read_all(specs: &[String]) -> Result<(Vec<Taint>, Vec<Taint>), Failure> {
    let (mut added, mut removed): (Vec<Taint>, Vec<Taint>) = (Vec::new(), Vec::new());
    for spec in specs {
        if let Some(spec) = spec.strip_suffix('-') {
            removed.push(read(spec)?);
            continue;
        }
        let taint = read(spec)?;
        if taint.effect.is_empty() {
            return Err(Failure::text_of(format!("invalid taint spec: {spec}")));
        }
        if added.iter().any(|known| known.key == taint.key && known.effect == taint.effect) {
            let said = format!("duplicated taints with the same key and effect: {spec}");
            return Err(Failure::text_of(said));
        }
        added.push(taint);
    }
    Ok((added, removed))
}

/// `key=value:effect`, `key:effect` or `key`.
fn read(spec: &str) -> Result<Taint, Failure> {
    let wrong = |more: &str| Failure::text_of(format!("invalid taint spec: {spec}{more}"));
    let (pair, effect) = spec.split_once(':').unwrap_or((spec, ""));
    if spec.contains(':') && !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
        return Err(match effect.contains(':') {
            true => wrong(""),
            false => Failure::text_of(format!("invalid taint effect: {effect}, unsupported taint effect")),
        });
    }
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let mut faults = names::label_key(key);
    faults.extend(names::label_value(value));
    if !faults.is_empty() {
        return Err(wrong(&format!(", {}", faults.join("; "))));
    }
    let value = (!value.is_empty()).then(|| value.to_owned());
    Ok(Taint { key: key.to_owned(), effect: effect.to_owned(), value, time_added: None })
}

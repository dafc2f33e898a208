//! `kubectl label` and `kubectl annotate`.
//!
//! Source: `kubectl/pkg/cmd/label/label.go`, `kubectl/pkg/cmd/annotate/annotate.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::apiserver::PatchType;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::resources::Found;
use crate::kubectl::session::Session;
use crate::model::names;
use crate::model::patch::apply_merge;
use crate::printers::manifest as printed;

use super::change;

/// Their flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "!all",
    "A!all-namespaces",
    "l:selector",
    ":field-selector",
    "!overwrite",
    "!list",
    "!local",
    ":resource-version",
    "o:output",
    "?dry-run=unchanged",
    ":field-manager",
];

/// What is to be set and what to be taken away.
type Pairs = (BTreeMap<String, String>, Vec<String>);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Labels,
    Annotations,
}

impl What {
    fn field(self) -> &'static str {
        if self == Self::Labels { "labels" } else { "annotations" }
    }

    fn singular(self) -> &'static str {
        if self == Self::Labels { "label" } else { "annotation" }
    }
}

/// `kubectl label`.
///
/// # Errors
/// In kubectl's words.
pub fn label(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    run(session, flags, What::Labels)
}

/// `kubectl annotate`.
///
/// # Errors
/// In kubectl's words.
pub fn annotate(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    run(session, flags, What::Annotations)
}

fn run(session: &mut Session<'_>, flags: &Flags, what: What) -> Result<(), Failure> {
    if flags.yes("local") {
        return Err(Failure::not_modelled("--local"));
    }
    let (resources, pairs) = change::resources_and_pairs(&flags.args, what.singular())?;
    let (set, removed) = read_pairs(pairs, what)?;
    if resources.is_empty() && !manifests::are_named(flags) {
        return Err(change::no_resources());
    }
    if set.is_empty() && removed.is_empty() && !flags.yes("list") {
        return Err(Failure::text_of(format!("at least one {} update is required", what.singular())));
    }
    let found = change::targets(session, flags, resources)?;
    let mut failures = found.failures;
    for item in &found.items {
        if flags.yes("list") {
            let value = printed::value(&item.object);
            for (key, held) in value["metadata"][what.field()].as_object().into_iter().flatten() {
                session.line(&format!("{key}={}", held.as_str().unwrap_or_default()));
            }
            continue;
        }
        match one(session, flags, what, item, &set, &removed) {
            Ok(()) => {}
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

fn read_pairs(pairs: &[String], what: What) -> Result<Pairs, Failure> {
    let (mut set, mut removed) = (BTreeMap::new(), Vec::new());
    for pair in pairs {
        if let Some((key, value)) = pair.split_once('=') {
            if what == What::Labels {
                if value.contains('=') {
                    return Err(Failure::text_of(format!("invalid label spec: {pair}")));
                }
                let wrong = names::label_value(value);
                if !wrong.is_empty() {
                    let said = format!("invalid label value: {pair:?}: {}", wrong.join(";"));
                    return Err(Failure::text_of(said));
                }
            }
            set.insert(key.to_owned(), value.to_owned());
        } else if let Some(key) = pair.strip_suffix('-') {
            removed.push(key.to_owned());
        }
    }
    if removed.iter().any(|key| set.contains_key(key)) {
        let said = format!("can not both modify and remove the following {}(s) in the same command", what.singular());
        return Err(Failure::text_of(match what {
            What::Labels => "can not both modify and remove a label in the same command".to_owned(),
            What::Annotations => said,
        }));
    }
    Ok((set, removed))
}

fn one(
    session: &mut Session<'_>,
    flags: &Flags,
    what: What,
    item: &Found,
    set: &BTreeMap<String, String>,
    removed: &[String],
) -> Result<(), Failure> {
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    let meta = item.object.meta();
    let held = if what == What::Labels { &meta.labels } else { &meta.annotations }.clone().unwrap_or_default();
    if !flags.yes("overwrite") {
        refuse_overwrites(what, set, &held)?;
    }
    let mut patch = Map::new();
    let added = set.iter().filter(|(key, value)| held.get(*key) != Some(value)).count();
    patch.extend(
        set.iter().filter(|(key, value)| held.get(*key) != Some(value)).map(|(key, value)| (key.clone(), json!(value))),
    );
    let mut taken = 0;
    for key in removed {
        if held.contains_key(key) {
            patch.insert(key.clone(), Value::Null);
            taken += 1;
        } else if what == What::Labels {
            session.line(&format!("label {key:?} not found."));
        }
    }
    let done = match (what, added > 0, taken > 0) {
        (What::Annotations, ..) => "annotated",
        (_, true, true) => "modified",
        (_, true, false) => "labeled",
        (_, false, true) => "unlabeled",
        (_, false, false) => "not labeled",
    };
    let mut value = printed::value(&item.object);
    if !patch.is_empty() {
        let patch = json!({"metadata": {what.field(): patch}});
        value = match dry_run {
            DryRun::Client => apply_merge(&value, &patch),
            _ => change::send_patch(session, &item.object.key(), PatchType::Merge, patch, dry_run)?,
        };
    }
    output::changed(session, &format, item.object.kind(), &value, done, dry_run)
}

fn refuse_overwrites(
    what: What,
    set: &BTreeMap<String, String>,
    held: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let clash = |(key, value): (&String, &String)| {
        held.get(key).filter(|old| *old != value).map(|old| (key.clone(), old.clone()))
    };
    let clashes: Vec<(String, String)> = set.iter().filter_map(clash).collect();
    if clashes.is_empty() {
        return Ok(());
    }
    let had = |(key, old): &(String, String)| format!("'{key}' already has a value ({old})");
    Err(match what {
        What::Labels => {
            let said: Vec<String> = clashes.iter().map(|clash| had(clash) + ", and --overwrite is false").collect();
            Failure::text_of(if said.len() > 1 { format!("[{}]", said.join(", ")) } else { said.concat() })
        }
        What::Annotations => {
            let said: Vec<String> = clashes.iter().map(had).collect();
            let list = said.join(", ");
            Failure::text_of(format!("--overwrite is false but found the following declared annotation(s): {list}"))
        }
    })
}

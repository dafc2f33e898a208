//! Which objects a command line means: `pods`, `pod web db`, `deploy/web svc/web`, `pods,svc -l app=web`, `-f file`.
//!
//! Source: `cli-runtime/pkg/resource/builder.go`.

use std::sync::Arc;

use crate::apiserver::Reason;
use crate::model::{Kind, Object, ObjectKey};

use super::failure::Failure;
use super::flags::Flags;
use super::manifests::{self, Manifest};
use super::session::Session;

/// Kinds that Kubernetes has and podlab has not, so that a learner is told which of the two is missing.
const NOT_MODELLED: [(&str, &str); 3] =
    [("cs", "componentstatuses"), ("componentstatus", "componentstatuses"), ("binding", "bindings")];

/// What a command line means.
#[derive(Clone, Debug)]
pub enum Selection {
    /// These objects, by name; the flag says whether exactly one was meant.
    Named(Vec<ObjectKey>, bool),
    /// All objects of these kinds that the selectors leave.
    Kinds(Vec<Kind>),
    /// The objects of these manifests, and what went wrong with others.
    Files(Vec<Manifest>, Vec<Failure>),
}

/// An object that was found, and the file that named it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The object.
    pub object: Object,
    /// The file; empty if none.
    pub source: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct FoundAll {
    /// The objects, in the order in which they were named.
    pub items: Vec<Found>,
    /// What was refused.
    pub failures: Vec<Failure>,
    /// The kinds of lists that were read, also when they were empty.
    pub kinds: Vec<Kind>,
    /// The revision of the last list.
    pub revision: u64,
    /// Whether one object by name was meant, rather than a list.
    pub is_single: bool,
}

/// The kind that a word names.
///
/// # Errors
/// When the server has no such kind.
pub fn kind(word: &str) -> Result<Kind, Failure> {
    Kind::from_word(word).ok_or_else(|| {
        let missing = format!("the server doesn't have a resource type {word:?}");
        let lower = word.to_lowercase();
        let known = NOT_MODELLED.iter().find(|(short, plural)| lower == *short || lower == *plural);
        Failure::text_of(match known {
            Some((_, plural)) => format!("{missing}\n({plural} exist in Kubernetes; podlab does not model them)"),
            None => missing,
        })
    })
}

/// The kind that a word names, be it built in or declared by a definition.
///
/// # Errors
/// When the server has no such kind.
pub fn any_kind(session: &mut Session<'_>, word: &str) -> Result<Kind, Failure> {
    kind(word).or_else(|missing| {
        let custom = session.custom_kinds()?;
        custom.into_iter().find(|kind| kind.info().answers_to(word)).ok_or(missing)
    })
}

/// The kinds of a list of words: `pods,svc`, `all`.
fn kinds(session: &mut Session<'_>, list: &str) -> Result<Vec<Kind>, Failure> {
    let mut kinds = Vec::new();
    for word in list.split(',').filter(|word| !word.is_empty()) {
        let found = if word == "all" { category_all() } else { vec![any_kind(session, word)?] };
        kinds.extend(found.into_iter().filter(|found| !kinds.contains(found)).collect::<Vec<_>>());
    }
    Ok(kinds)
}

/// The kinds of `get all`, in the order of discovery: the core group first.
fn category_all() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Kind::all().filter(|kind| kind.info().categories.contains(&"all")).collect();
    kinds.sort_by_key(|kind| (kind.info().group, kind.plural()));
    kinds
}

/// Reads what `args` and the flags mean. Without names or selectors, all objects of a kind are meant if `whole_kinds`.
///
/// # Errors
/// In kubectl's words.
pub fn select(
    session: &mut Session<'_>,
    flags: &Flags,
    args: &[String],
    whole_kinds: bool,
) -> Result<Selection, Failure> {
    let selects = flags.has("selector") || flags.has("field-selector") || flags.yes("all");
    if manifests::are_named(flags) {
        if !args.is_empty() {
            return Err(Failure::text_of(
                "when paths, URLs, or stdin is provided as input, you may not specify a resource by arguments as well",
            ));
        }
        let (manifests, failures) = manifests::read(session, flags)?;
        return Ok(Selection::Files(manifests, failures));
    }
    if args.iter().any(|word| word.contains('/')) {
        return pairs(session, flags, args, selects);
    }
    let Some((types, names)) = args.split_first() else { return Err(nothing_named()) };
    let kinds = kinds(session, types)?;
    if kinds.is_empty() {
        return Err(nothing_named());
    }
    if !names.is_empty() && selects {
        return Err(Failure::text_of("name cannot be provided when a selector is specified"));
    }
    if names.is_empty() {
        return match selects || whole_kinds {
            true => Ok(Selection::Kinds(kinds)),
            false => Err(Failure::text_of("resource(s) were provided, but no name was specified")),
        };
    }
    let mut keys = Vec::new();
    for kind in &kinds {
        for name in names {
            keys.push(key(session, flags, *kind, name)?);
        }
    }
    let is_single = keys.len() == 1;
    Ok(Selection::Named(keys, is_single))
}

/// `deploy/web svc/web`.
fn pairs(session: &mut Session<'_>, flags: &Flags, args: &[String], selects: bool) -> Result<Selection, Failure> {
    if !args.iter().all(|word| word.contains('/')) {
        return Err(Failure::text_of(
            "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form \
             (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
        ));
    }
    let mut keys = Vec::new();
    for word in args {
        let (type_, name) = word.split_once('/').unwrap_or_default();
        if name.contains('/') {
            return Err(Failure::text_of("arguments in resource/name form may not have more than one slash"));
        }
        if type_.is_empty() || name.is_empty() || type_.contains(',') {
            return Err(Failure::text_of("arguments in resource/name form must have a single resource and name"));
        }
        let kind = any_kind(session, type_)?;
        keys.push(key(session, flags, kind, name)?);
    }
    if selects {
        return Err(Failure::text_of("selectors and the all flag cannot be used when passing resource/name arguments"));
    }
    let is_single = keys.len() == 1;
    Ok(Selection::Named(keys, is_single))
}

fn key(session: &Session<'_>, flags: &Flags, kind: Kind, name: &str) -> Result<ObjectKey, Failure> {
    if !kind.is_namespaced() {
        return Ok(ObjectKey::new(kind, "", name));
    }
    if flags.yes("all-namespaces") {
        return Err(Failure::text_of("a resource cannot be retrieved by name across all namespaces"));
    }
    Ok(ObjectKey::new(kind, session.namespace(), name))
}

fn nothing_named() -> Failure {
    Failure::text_of(
        "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   \
         '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
    )
}

/// The namespace in which lists of `kind` are read.
#[must_use]
pub fn list_namespace(session: &Session<'_>, flags: &Flags, kind: Kind) -> Arc<str> {
    let everywhere = flags.yes("all-namespaces") || !kind.is_namespaced();
    if everywhere { "".into() } else { session.namespace() }
}

/// Reads what a selection means. What is refused does not keep the rest from being read.
///
/// # Errors
/// [`Failure::Suspended`] while answers are missing.
pub fn fetch(session: &mut Session<'_>, flags: &Flags, selection: Selection) -> Result<FoundAll, Failure> {
    let mut all = FoundAll::default();
    match selection {
        Selection::Named(keys, is_single) => {
            all.is_single = is_single;
            for key in keys {
                take(&mut all, session.get(&key), "")?;
            }
        }
        Selection::Files(manifests, failures) => {
            all.is_single = manifests.len() == 1;
            for manifest in manifests {
                let key = ObjectKey::new(manifest.kind, manifest.namespace, manifest.name);
                take(&mut all, session.get(&key), &manifest.source)?;
            }
            all.failures.extend(failures);
        }
        Selection::Kinds(kinds) => {
            for kind in kinds {
                all.kinds.push(kind);
                match list(session, flags, kind) {
                    Ok(list) => {
                        all.revision = list.revision;
                        let found = |object| Found { object, source: String::new() };
                        all.items.extend(list.items.into_iter().map(found));
                    }
                    Err(Failure::Suspended) => return Err(Failure::Suspended),
                    Err(failure) => all.failures.push(failure),
                }
            }
        }
    }
    if flags.yes("ignore-not-found") {
        all.failures.retain(|failure| !failure.is(Reason::NotFound));
    }
    Ok(all)
}

fn take(all: &mut FoundAll, result: Result<Object, Failure>, source: &str) -> Result<(), Failure> {
    match result {
        Ok(object) => all.items.push(Found { object, source: source.to_owned() }),
        Err(Failure::Suspended) => return Err(Failure::Suspended),
        Err(failure) => all.failures.push(failure),
    }
    Ok(())
}

/// Reads the list of one kind that the selectors leave.
///
/// # Errors
/// The server's, with the selectors in front when it is they that are wrong.
pub fn list(session: &mut Session<'_>, flags: &Flags, kind: Kind) -> Result<crate::apiserver::List, Failure> {
    let namespace = list_namespace(session, flags, kind);
    let (labels, fields) = (flags.text_or_empty("selector"), flags.text_or_empty("field-selector"));
    session.list(kind, &namespace, labels, fields).map_err(|failure| {
        if !(failure.is(Reason::BadRequest) || failure.is(Reason::NotFound)) {
            return failure;
        }
        let info = kind.info();
        let resource = format!("{}/{}, Resource={}", info.group, info.version, info.plural);
        failure.while_doing(&format!(
            "Unable to find {resource:?} that match label selector {labels:?}, field selector {fields:?}"
        ))
    })
}

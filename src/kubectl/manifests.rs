//! Manifests named by `-f`: which files, which objects, what is wrong with them before any server sees them.
//!
//! Source: `cli-runtime/pkg/resource/{builder,visitor,mapper}.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::apiserver::FieldValidation;
use crate::model::{Kind, yaml};

use super::failure::Failure;
use super::flags::Flags;
use super::session::Session;

/// What errors call standard input.
const STDIN: &str = "STDIN";
/// What a directory is searched for.
const EXTENSIONS: [&str; 3] = [".json", ".yaml", ".yml"];

/// Flags of every verb that reads manifests.
pub const FLAGS: [&str; 3] = ["f+filename", "k:kustomize", "R!recursive"];

/// An object as a file describes it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// What it is.
    pub kind: Kind,
    /// Its namespace; empty when the kind has none.
    pub namespace: Arc<str>,
    /// Its name; empty if one is to be generated.
    pub name: String,
    /// The file, or `STDIN`.
    pub source: String,
    /// The object, its namespace filled in.
    pub value: Value,
}

/// Whether the command line names files.
#[must_use]
pub fn are_named(flags: &Flags) -> bool {
    flags.has("filename") || flags.has("kustomize")
}

/// All objects of all named files, and what went wrong beside them.
///
/// # Errors
/// When a file does not exist, or is not to be had.
pub fn read(session: &mut Session<'_>, flags: &Flags) -> Result<(Vec<Manifest>, Vec<Failure>), Failure> {
    if flags.has("kustomize") {
        return Err(Failure::not_modelled("kustomize (-k)"));
    }
    let mut texts = Vec::new();
    for path in flags.list("filename") {
        texts.extend(files(session, path, flags.yes("recursive"))?);
    }
    let (mut manifests, mut failures) = (Vec::new(), Vec::new());
    for (source, text) in texts {
        match yaml::read(&source, &text) {
            Err(error) => failures.push(Failure::text_of(error.to_string())),
            Ok(documents) => {
                for document in documents {
                    match flatten(session, flags, &source, document.value) {
                        Ok(found) => manifests.extend(found),
                        Err(Failure::Suspended) => return Err(Failure::Suspended),
                        Err(failure) => failures.push(failure),
                    }
                }
            }
        }
    }
    Ok((manifests, failures))
}

/// The files behind one word of `-f`.
fn files(session: &Session<'_>, path: &str, is_recursive: bool) -> Result<Vec<(String, Arc<str>)>, Failure> {
    let workspace = session.workspace();
    if path == "-" {
        let nothing = || Failure::text_of("standard input is empty: type the manifest into a file and name it with -f");
        return Ok(vec![(STDIN.into(), workspace.stdin.clone().ok_or_else(nothing)?)]);
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(Failure::not_modelled("reading manifests from the network"));
    }
    let plain = path.strip_prefix("./").unwrap_or(path);
    if let Some(text) = workspace.files.get(path).or_else(|| workspace.files.get(plain)) {
        return Ok(vec![(path.to_owned(), Arc::clone(text))]);
    }
    let folder = if matches!(plain, "." | "") { String::new() } else { format!("{}/", plain.trim_end_matches('/')) };
    let is_inside = |file: &&String| {
        let rest = file.strip_prefix(&folder);
        let near = rest.is_some_and(|rest| is_recursive || !rest.contains('/'));
        near && EXTENSIONS.iter().any(|extension| file.ends_with(extension))
    };
    let inside: Vec<&String> = workspace.files.keys().filter(is_inside).collect();
    if inside.is_empty() && !workspace.files.keys().any(|file| file.starts_with(&folder)) || inside.is_empty() {
        return Err(Failure::text_of(format!("the path {path:?} does not exist")));
    }
    Ok(inside.into_iter().map(|file| (file.clone(), Arc::clone(&workspace.files[file]))).collect())
}

/// The objects of a document: itself, or the items of a list.
fn flatten(session: &mut Session<'_>, flags: &Flags, source: &str, value: Value) -> Result<Vec<Manifest>, Failure> {
    let is_list = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match value.get("items").and_then(Value::as_array).filter(|_| is_list) {
        Some(items) => {
            let mut all = Vec::new();
            for item in items {
                all.extend(flatten(session, flags, source, item.clone())?);
            }
            Ok(all)
        }
        None => one(session, flags, source, value).map(|manifest| vec![manifest]),
    }
}

fn one(session: &mut Session<'_>, flags: &Flags, source: &str, mut value: Value) -> Result<Manifest, Failure> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let unset: Vec<&str> = [("apiVersion not set", &version), ("kind not set", &kind)]
        .into_iter()
        .filter_map(|(said, value)| value.is_empty().then_some(said))
        .collect();
    if !unset.is_empty() {
        let unset = if unset.len() > 1 { format!("[{}]", unset.join(", ")) } else { unset.concat() };
        return Err(Failure::text_of(format!(
            "error validating {source:?}: error validating data: {unset}; if you choose to ignore these errors, turn \
             validation off with --validate=false"
        )));
    }
    let named = |field: &str| value.pointer(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, given) = (named("/metadata/name"), named("/metadata/namespace"));
    let known = match Kind::from_gvk(&version, &kind) {
        Some(known) => Some(known),
        None => session.custom_kinds()?.into_iter().find(|one| one.info().is(&version, &kind)),
    };
    let known = known.ok_or_else(|| {
        Failure::text_of(format!(
            "resource mapping not found for name: {name:?} namespace: {given:?} from {source:?}: no matches for kind \
             {kind:?} in version {version:?}\nensure CRDs are installed first"
        ))
    })?;
    if !known.is_namespaced() {
        return Ok(Manifest { kind: known, namespace: "".into(), name, source: source.to_owned(), value });
    }
    if flags.has("namespace") && !given.is_empty() && *given != *session.namespace() {
        let here = session.namespace();
        return Err(Failure::text_of(format!(
            "the namespace from the provided object {given:?} does not match the namespace {here:?}. You must pass \
             '--namespace={given}' to perform this operation."
        )));
    }
    let namespace: Arc<str> = if given.is_empty() { session.namespace() } else { given.into() };
    if let Some(fields) = value.as_object_mut() {
        let meta = fields.entry("metadata").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("namespace".into(), json!(&*namespace));
        }
    }
    Ok(Manifest { kind: known, namespace, name, source: source.to_owned(), value })
}

/// What `--validate` asks of the server.
///
/// # Errors
/// When it says something else than kubectl knows.
pub fn validation(flags: &Flags) -> Result<FieldValidation, Failure> {
    match flags.text("validate").unwrap_or("strict") {
        "strict" | "true" => Ok(FieldValidation::Strict),
        "warn" => Ok(FieldValidation::Warn),
        "ignore" | "false" => Ok(FieldValidation::Ignore),
        other => Err(Failure::text_of(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        ))),
    }
}

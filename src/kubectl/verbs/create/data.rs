//! Keys and values of ConfigMaps and Secrets: `--from-literal`, `--from-file`, `--from-env-file`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::names;

/// Flags that name data.
pub const FLAGS: &[&str] = &[
    "+from-literal",
    "+from-file",
    "+from-env-file",
    ":type",
    "!append-hash",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// What the flags name; `kind` and `name` are for what is said when it is wrong.
///
/// # Errors
/// For missing files, wrong forms, bad and doubled keys.
pub(super) fn read(
    session: &Session<'_>,
    flags: &Flags,
    kind: &str,
    name: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut data = BTreeMap::new();
    let mut add = |key: &str, value: String| {
        let wrong = names::config_map_key(key);
        if !wrong.is_empty() {
            let said = format!("{key:?} is not a valid key name for a {kind}: {}", wrong.join(","));
            return Err(Failure::text_of(said));
        }
        if data.insert(key.to_owned(), value).is_some() {
            return Err(Failure::text_of(format!(
                "cannot add key {key:?}, another key by that name already exists in Data for {kind} {name:?}"
            )));
        }
        Ok(())
    };
    for source in flags.all("from-file") {
        for (key, text) in files(session, source)? {
            add(&key, text.to_string())?;
        }
    }
    for literal in flags.all("from-literal") {
        let form = || Failure::text_of(format!("invalid literal source {literal}, expected key=value"));
        let (key, value) = literal.split_once('=').ok_or_else(form)?;
        if key.is_empty() {
            return Err(form());
        }
        add(key, value.to_owned())?;
    }
    for path in flags.all("from-env-file") {
        for line in
            file(session, path)?.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            add(key, value.to_owned())?;
        }
    }
    Ok(data)
}

/// `--from-file=[key=]path`; a directory stands for all its files.
fn files(session: &Session<'_>, source: &str) -> Result<Vec<(String, Arc<str>)>, Failure> {
    let (key, path) = match source.split_once('=') {
        Some(("", _)) => return Err(Failure::text_of("key name for file path ".to_owned() + source + " missing")),
        Some((key, path)) => (Some(key), path),
        None => (None, source),
    };
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let folder = format!("{}/", path.trim_end_matches('/'));
    let inside: Vec<_> = session.workspace().files.iter().filter(|(file, _)| file.starts_with(&folder)).collect();
    if inside.is_empty() {
        let text = file(session, path)?;
        return Ok(vec![(key.map_or_else(|| base(path), str::to_owned), text)]);
    }
    if key.is_some() {
        return Err(Failure::text_of("cannot give a key name for a directory path"));
    }
    let direct = inside.into_iter().filter(|(file, _)| !file[folder.len()..].contains('/'));
    Ok(direct.map(|(file, text)| (base(file), Arc::clone(text))).collect())
}

/// A file of the workspace.
pub(super) fn file(session: &Session<'_>, path: &str) -> Result<Arc<str>, Failure> {
    let plain = path.strip_prefix("./").unwrap_or(path);
    let known = session.workspace().files.get(plain).cloned();
    known.ok_or_else(|| Failure::text_of(format!("error reading {path}: no such file or directory")))
}

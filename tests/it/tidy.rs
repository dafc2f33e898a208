//! The house rules that a machine can check: who may name whom, how large a file may be, what its first line says.

use std::fs;
use std::path::{Path, PathBuf};

/// Lowest layer first; a folder may name only what stands in its row. Source: the plan of the house, section 3.
const LAYERS: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("model", &["engine"]),
    ("etcd", &["engine"]),
    ("printers", &["engine", "model"]),
    ("apiserver", &["engine", "model", "etcd", "printers"]),
    ("client", &["engine", "model", "apiserver"]),
    ("machine", &["engine", "model"]),
    ("scheduler", &["engine", "model", "client"]),
    ("controllers", &["engine", "model", "client"]),
    ("kubelet", &["engine", "model", "client", "machine"]),
    ("network", &["engine", "model", "client", "machine"]),
    ("storage", &["engine", "model", "client", "machine"]),
    ("monitoring", &["engine", "model", "client"]),
    ("kubectl", &["engine", "model", "printers", "apiserver", "client"]),
    (
        "cluster",
        &[
            "engine",
            "model",
            "etcd",
            "printers",
            "apiserver",
            "client",
            "machine",
            "scheduler",
            "controllers",
            "kubelet",
            "network",
            "storage",
            "monitoring",
            "kubectl",
        ],
    ),
    (
        "scenario",
        &["engine", "model", "etcd", "printers", "apiserver", "client", "machine", "network", "cluster", "kubectl"],
    ),
    (
        "session",
        &[
            "engine",
            "model",
            "printers",
            "apiserver",
            "client",
            "machine",
            "scheduler",
            "controllers",
            "kubelet",
            "network",
            "storage",
            "cluster",
            "kubectl",
            "scenario",
            "etcd",
        ],
    ),
    ("wire", &["engine", "model", "printers", "apiserver", "cluster", "scenario", "session"]),
    ("tui", &["engine", "model", "printers", "scenario", "session"]),
    ("cli", &["engine", "model", "printers", "cluster", "scenario", "session", "tui", "wire", "kubectl"]),
];

/// No file may be longer; split along its nouns well before.
const LINES_MAX: usize = 500;

/// Long files that are allowed, each with its reason; empty on release day.
const LONG_FILES: &[(&str, &str)] = &[];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folders that a line of code names by `crate::folder`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

fn complain(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn a_folder_names_only_lower_layers() {
    let mut complaints = Vec::new();
    for (folder, allowed) in LAYERS {
        let path = root().join("src").join(folder);
        if !path.exists() {
            continue;
        }
        for file in sources(&path) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let place = || format!("{}:{}", file.strip_prefix(root()).unwrap().display(), number + 1);
                for name in named(code).filter(|name| LAYERS.iter().any(|(layer, _)| layer == name)) {
                    if name != *folder && !allowed.contains(&name) {
                        complaints.push(format!("{}: {folder} may not name {name}; talk through the API", place()));
                    }
                }
                if code.contains("use crate::{") || code.contains("super::super") {
                    complaints.push(format!("{}: name the folder: use crate::folder::…", place()));
                }
            }
        }
    }
    complain(&complaints);
}

#[test]
fn every_folder_has_its_row_in_the_layer_table() {
    let mut complaints = Vec::new();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_used = path.is_dir() && !sources(&path).is_empty();
        if is_used && !LAYERS.iter().any(|(layer, _)| *layer == name) {
            complaints.push(format!("src/{name}: give it a row in LAYERS"));
        }
    }
    complain(&complaints);
}

#[test]
fn only_the_model_names_the_wire_types() {
    let mut complaints = Vec::new();
    for file in sources(&root().join("src")) {
        let relative = file.strip_prefix(root()).unwrap().display().to_string();
        let code = fs::read_to_string(&file).unwrap();
        let names = code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("k8s_openapi"));
        if names && !relative.starts_with("src/model/") {
            complaints.push(format!("{relative}: say crate::model::core::…, not k8s_openapi"));
        }
    }
    complain(&complaints);
}

#[test]
fn a_file_says_what_it_is_and_stays_small() {
    let mut complaints = Vec::new();
    for file in sources(&root().join("src")) {
        let relative = file.strip_prefix(root()).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        if !text.starts_with("//!") {
            complaints.push(format!("{relative}: begin with //! and say what it models"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX && !LONG_FILES.iter().any(|(name, _)| *name == relative) {
            complaints.push(format!("{relative}: {lines} lines; split it along its nouns (tests into tests.rs first)"));
        }
    }
    complain(&complaints);
}

//! The documents of version 3: one for each group and version, and their index.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::wire::discovery::{Catalog, GIT_VERSION, Group, Resource};

use super::definitions::{self, Flavor};
use super::paths;

/// A document as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// JSON, or the protobuf of version 2.
    pub body: Arc<[u8]>,
    /// Changes with the body; clients keep a document for as long as the index names the same hash.
    pub hash: String,
}

impl Document {
    /// A document with its hash.
    #[must_use]
    pub fn new(value: &Value) -> Self {
        Self::of_bytes(value.to_string().into_bytes())
    }

    /// A document that is no JSON.
    pub(super) fn of_bytes(body: Vec<u8>) -> Self {
        let hash = Sha256::digest(&body).iter().fold(String::new(), |mut text, byte| {
            // Writing into a String has no way to fail.
            let _ = write!(text, "{byte:02X}");
            text
        });
        Self { body: body.into(), hash }
    }
}

/// Every document by its path below `/openapi/v3/`: `api/v1`, `apis/apps/v1`.
#[derive(Clone, Debug, Default)]
pub struct Documents(BTreeMap<String, Document>);

impl Documents {
    /// Those of the built-in API, built at the first call.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Documents> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let catalog = Catalog::built_in();
            let all = definitions::built_in();
            let of = |(group, version, resources): (&Group, &str, &[Resource])| {
                let api_version = group.api_version(version);
                (path_of(&api_version), Document::new(&document(resources, all)))
            };
            Self(catalog.versions().map(of).collect())
        })
    }

    /// These, and one more under `apiVersion` (see [`super::custom()`]).
    #[must_use]
    pub fn with(mut self, api_version: &str, document: Document) -> Self {
        self.0.insert(path_of(api_version), document);
        self
    }

    /// The document at a path below `/openapi/v3/`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Document> {
        self.0.get(path)
    }

    /// `/openapi/v3`: where each document is.
    #[must_use]
    pub fn index(&self) -> Value {
        let entry = |(path, document): (&String, &Document)| {
            let url = format!("/openapi/v3/{path}?hash={}", document.hash);
            (path.clone(), json!({"serverRelativeURL": url}))
        };
        json!({"paths": self.0.iter().map(entry).collect::<Map<_, _>>()})
    }
}

fn path_of(api_version: &str) -> String {
    format!("{}/{api_version}", if api_version.contains('/') { "apis" } else { "api" })
}

/// The document of one group and version of the built-in API.
fn document(resources: &[Resource], all: &Map<String, Value>) -> Value {
    let mut paths = Map::new();
    let mut roots = Vec::new();
    for resource in resources {
        if let Some(name) = definitions::name_of(&resource.api_version(), &resource.kind) {
            paths::add(resource, &name, false, &mut paths);
            roots.push(name);
        }
    }
    assemble(paths, all, &roots)
}

/// A document of these paths and of the types that they and `roots` need.
pub(super) fn assemble(paths: Map<String, Value>, all: &Map<String, Value>, roots: &[String]) -> Value {
    let paths = Value::Object(paths);
    let mut named: Vec<_> = roots.iter().map(String::as_str).collect();
    references(&paths, &mut named);
    let mut wanted = BTreeSet::new();
    for name in named {
        reach(name, all, &mut wanted);
    }
    let schemas: Map<_, _> = all.iter().filter(|(name, _)| wanted.contains(*name)).map(owned).collect();
    let bearer = json!({
        "type": "apiKey", "description": "Bearer Token authentication", "name": "authorization", "in": "header",
    });
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": GIT_VERSION},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"BearerToken": bearer}},
        "security": [{"BearerToken": []}],
    })
}

fn owned((name, schema): (&String, &Value)) -> (String, Value) {
    (name.clone(), schema.clone())
}

/// A type and every type that it consists of.
fn reach(name: &str, all: &Map<String, Value>, wanted: &mut BTreeSet<String>) {
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        let Some(schema) = all.get(&name) else { continue };
        if wanted.insert(name) {
            let mut named = Vec::new();
            references(schema, &mut named);
            open.extend(named.into_iter().map(str::to_owned));
        }
    }
}

/// The names of the types that a piece of a document refers to.
fn references<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                match inner.as_str().filter(|_| key == "$ref") {
                    Some(text) => into.extend(text.strip_prefix(Flavor::Three.prefix())),
                    None => references(inner, into),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, into)),
        _ => {}
    }
}

//! Discovery as it has always been: one answer for the groups, one for each group and version.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::catalog::{Catalog, Group};
use super::resource::{Part, Resource};

/// `/api`: the versions of the core group, and where clients of any address find the server.
#[must_use]
pub fn versions(catalog: &Catalog, address: &str) -> Value {
    let versions: Vec<_> = catalog.core.versions.iter().map(|(version, _)| version).collect();
    json!({
        "kind": "APIVersions",
        "versions": versions,
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

/// `/apis`: the named groups.
#[must_use]
pub fn groups(catalog: &Catalog) -> Value {
    let groups: Vec<_> = catalog.named.iter().map(|group| Value::Object(group_body(group))).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/apps`: one group; `None` when there is no such group.
#[must_use]
pub fn group(catalog: &Catalog, name: &str) -> Option<Value> {
    let found = catalog.named.iter().find(|group| group.name == name)?;
    let mut object = Map::from_iter([("kind".into(), "APIGroup".into()), ("apiVersion".into(), "v1".into())]);
    object.extend(group_body(found));
    Some(Value::Object(object))
}

fn group_body(group: &Group) -> Map<String, Value> {
    let named = |version: &String| json!({"groupVersion": group.api_version(version), "version": version});
    let versions: Vec<_> = group.versions.iter().map(|(version, _)| named(version)).collect();
    let preferred = versions.first().cloned().unwrap_or_default();
    Map::from_iter([
        ("name".into(), group.name.clone().into()),
        ("versions".into(), versions.into()),
        ("preferredVersion".into(), preferred),
    ])
}

/// `/api/v1` and `/apis/apps/v1`: the resources of a group and version; `None` when there is no such version.
#[must_use]
pub fn resources(catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let resources = catalog.resources(group, version)?;
    let api_version = catalog.group(group)?.api_version(version);
    let mut listed: Vec<_> = resources
        .iter()
        .flat_map(|resource| resource.paths().map(move |(path, part)| (path.clone(), entry(resource, path, part))))
        .collect();
    // By path, as the real server registers them: `pods`, `pods/log`, `podtemplates`.
    listed.sort_by(|one, other| one.0.cmp(&other.0));
    let listed: Vec<_> = listed.into_iter().map(|(_, entry)| entry).collect();
    let mut answer = Map::from_iter([
        ("kind".into(), "APIResourceList".into()),
        ("groupVersion".into(), api_version.into()),
        ("resources".into(), listed.into()),
    ]);
    // A slip of the real server that clients have learnt to live with.
    if !group.is_empty() {
        answer.insert("apiVersion".into(), "v1".into());
    }
    Some(Value::Object(answer))
}

/// `metav1.APIResource`.
fn entry(resource: &Resource, path: String, part: Option<&Part>) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), path.into());
    entry.insert("singularName".into(), if part.is_none() { resource.singular.clone() } else { String::new() }.into());
    entry.insert("namespaced".into(), resource.is_namespaced.into());
    let Some(part) = part else {
        entry.insert("kind".into(), resource.kind.clone().into());
        entry.insert("verbs".into(), resource.verbs.clone().into());
        if !resource.short_names.is_empty() {
            entry.insert("shortNames".into(), resource.short_names.clone().into());
        }
        if !resource.categories.is_empty() {
            entry.insert("categories".into(), resource.categories.clone().into());
        }
        if let Some(stored) = &resource.stored {
            entry.insert("storageVersionHash".into(), hash(stored).into());
        }
        return Value::Object(entry);
    };
    if let Some((group, version)) = part.api {
        entry.insert("group".into(), group.into());
        entry.insert("version".into(), version.into());
    }
    entry.insert("kind".into(), part.kind.unwrap_or(&resource.kind).into());
    entry.insert("verbs".into(), part.verbs.into());
    Value::Object(entry)
}

/// Eight bytes that change with the form in which objects are stored.
///
/// Source: `apiserver/pkg/endpoints/discovery/storageversionhash.go`.
fn hash(stored: &str) -> String {
    BASE64_STANDARD.encode(&Sha256::digest(stored)[..8])
}

//! Discovery in two answers: everything of the core group, everything of the named ones. What clients since v1.27 prefer.

use serde_json::{Map, Value, json};

use super::catalog::{Catalog, Group};
use super::resource::{Part, Resource};

/// The content type of these answers.
pub const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Whether a client with this `Accept` header understands aggregated discovery.
#[must_use]
pub fn is_aggregated(accept: &str) -> bool {
    accept.split(',').any(|wanted| {
        let has = |word: &str| wanted.split(';').any(|part| part.trim() == word);
        has("application/json") && has("g=apidiscovery.k8s.io") && has("v=v2") && has("as=APIGroupDiscoveryList")
    })
}

/// `/api` in one answer.
#[must_use]
pub fn aggregated_core(catalog: &Catalog) -> Value {
    list(std::iter::once(&catalog.core))
}

/// `/apis` in one answer.
#[must_use]
pub fn aggregated_apis(catalog: &Catalog) -> Value {
    list(catalog.named.iter())
}

fn list<'g>(groups: impl Iterator<Item = &'g Group>) -> Value {
    let items: Vec<_> = groups.map(group).collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn group(group: &Group) -> Value {
    let metadata = if group.name.is_empty() { json!({}) } else { json!({"name": group.name}) };
    let version = |(version, resources): &(String, Vec<Resource>)| {
        let resources: Vec<_> = resources.iter().map(resource).collect();
        json!({"version": version, "resources": resources, "freshness": "Current"})
    };
    let versions: Vec<_> = group.versions.iter().map(version).collect();
    json!({"metadata": metadata, "versions": versions})
}

/// `apidiscovery.APIResourceDiscovery`.
fn resource(resource: &Resource) -> Value {
    let mut entry = Map::new();
    entry.insert("resource".into(), resource.plural.clone().into());
    entry.insert("responseKind".into(), kind(&resource.group, &resource.version, &resource.kind));
    entry.insert("scope".into(), if resource.is_namespaced { "Namespaced" } else { "Cluster" }.into());
    entry.insert("singularResource".into(), resource.singular.clone().into());
    entry.insert("verbs".into(), resource.verbs.clone().into());
    if !resource.short_names.is_empty() {
        entry.insert("shortNames".into(), resource.short_names.clone().into());
    }
    if !resource.categories.is_empty() {
        entry.insert("categories".into(), resource.categories.clone().into());
    }
    if !resource.parts.is_empty() {
        let parts: Vec<_> = resource.parts.iter().map(|one| part(resource, one)).collect();
        entry.insert("subresources".into(), parts.into());
    }
    Value::Object(entry)
}

fn part(resource: &Resource, part: &Part) -> Value {
    let (group, version) = part.api.unwrap_or((&resource.group, &resource.version));
    json!({
        "subresource": part.name,
        "responseKind": kind(group, version, part.kind.unwrap_or(&resource.kind)),
        "verbs": part.verbs,
    })
}

fn kind(group: &str, version: &str, kind: &str) -> Value {
    json!({"group": group, "version": version, "kind": kind})
}

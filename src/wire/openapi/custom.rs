//! The document of custom resources: their own schemas between the paths and types of every resource.

use serde_json::{Map, Value, json};

use crate::wire::discovery::Resource;

use super::definitions::{self, Flavor, gvk, meta, referring};
use super::document::{Document, assemble};
use super::paths;

/// The document of one group and version of custom resources, each with its `openAPIV3Schema`.
///
/// Source: `apiextensions-apiserver/pkg/controller/openapi/builder`.
#[must_use]
pub fn custom(resources: &[(Resource, Value)]) -> Document {
    let mut all = definitions::built_in().clone();
    let (mut paths, mut roots) = (Map::new(), vec![meta("ObjectMeta")]);
    for (resource, schema) in resources {
        let name = name(resource);
        let object = object(resource, schema);
        let list = definitions::list(Flavor::Three, resource, &Flavor::Three.reference(&name), &object);
        roots.extend([name.clone(), format!("{name}List")]);
        all.insert(format!("{name}List"), list);
        all.insert(name.clone(), Value::Object(object));
        paths::add(resource, &name, true, &mut paths);
    }
    Document::new(&assemble(paths, &all, &roots))
}

/// `com.example.stable.v1.CronTab`.
fn name(resource: &Resource) -> String {
    let group: Vec<_> = resource.group.rsplit('.').collect();
    format!("{}.{}.{}", group.join("."), resource.version, resource.kind)
}

/// The schema with what every object has.
fn object(resource: &Resource, schema: &Value) -> Map<String, Value> {
    let mut object = schema.as_object().cloned().unwrap_or_default();
    let described = |text: &str| Map::from_iter([("description".to_owned(), Value::from(text))]);
    let metadata = referring(
        Flavor::Three,
        &Flavor::Three.reference(&meta("ObjectMeta")),
        described("Standard object's metadata."),
    );
    if let Some(properties) = object.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
        let text = |what: &str| json!({"type": "string", "description": what});
        properties.insert("apiVersion".into(), text("The version of the schema of this object."));
        properties.insert("kind".into(), text("The kind of this object."));
        properties.insert("metadata".into(), metadata);
    }
    object.insert("type".into(), "object".into());
    let kind = gvk(&resource.group, &resource.version, &resource.kind);
    object.insert("x-kubernetes-group-version-kind".into(), json!([kind]));
    object
}

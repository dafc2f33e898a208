//! The document of version 2: everything in one, as JSON.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::wire::discovery::{Catalog, GIT_VERSION};

use super::definitions::{self, Flavor};
use super::document::Document;
use super::paths;

/// `/openapi/v2`, built at the first call.
#[must_use]
pub fn swagger() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| Document::new(&value()))
}

/// The document.
pub(super) fn value() -> Value {
    let catalog = Catalog::built_in();
    let mut paths = Map::new();
    for (_, _, resources) in catalog.versions() {
        for resource in resources {
            if let Some(name) = definitions::name_of(&resource.api_version(), &resource.kind) {
                paths::add(resource, &name, false, &mut paths);
            }
        }
    }
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": GIT_VERSION},
        "paths": paths.into_iter().map(|(path, item)| (path, converted_item(item))).collect::<Map<_, _>>(),
        "definitions": definitions::definitions(Flavor::Swagger, catalog),
        "securityDefinitions": {
            "BearerToken": {
                "type": "apiKey", "description": "Bearer Token authentication", "name": "authorization", "in": "header",
            },
        },
        "security": [{"BearerToken": []}],
    })
}

/// A path of version 3 in the form of version 2.
fn converted_item(item: Value) -> Value {
    let Value::Object(item) = item else { return item };
    let converted = item.into_iter().map(|(key, value)| {
        let value = if key == "parameters" { parameters(value) } else { operation(value) };
        (key, value)
    });
    Value::Object(converted.collect())
}

fn operation(operation: Value) -> Value {
    let Value::Object(mut operation) = operation else { return operation };
    let mut list = operation.remove("parameters").map(parameters).unwrap_or_else(|| json!([]));
    if let (Some(body), Some(list)) = (operation.remove("requestBody"), list.as_array_mut()) {
        let content = body.get("content").and_then(Value::as_object);
        let schema = content.and_then(|content| content.values().next()).and_then(|one| one.get("schema"));
        let is_required = body.get("required").cloned().unwrap_or(Value::Bool(false));
        let schema = swaggered(schema.cloned().unwrap_or_default());
        let consumed: Vec<_> = content.into_iter().flat_map(|content| content.keys().cloned()).collect();
        operation.insert("consumes".into(), consumed.into());
        list.push(json!({"name": "body", "in": "body", "required": is_required, "schema": schema}));
    }
    operation.insert("parameters".into(), list);
    operation.insert("produces".into(), json!(["application/json"]));
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        for response in responses.values_mut().filter_map(Value::as_object_mut) {
            let content = response.remove("content").unwrap_or_default();
            let schema =
                content.as_object().and_then(|content| content.values().next()).and_then(|one| one.get("schema"));
            if let Some(schema) = schema {
                response.insert("schema".into(), swaggered(schema.clone()));
            }
        }
    }
    Value::Object(operation)
}

/// Parameters with their type beside their name.
fn parameters(list: Value) -> Value {
    let Value::Array(list) = list else { return list };
    let flat = list.into_iter().map(|parameter| {
        let Value::Object(mut parameter) = parameter else { return parameter };
        if let Some(Value::Object(schema)) = parameter.remove("schema") {
            parameter.extend(schema);
        }
        Value::Object(parameter)
    });
    Value::Array(flat.collect())
}

/// A schema of a body or an answer: a reference, or a bare type.
fn swaggered(schema: Value) -> Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(Flavor::Three.prefix()));
    name.map_or(schema.clone(), |name| Flavor::Swagger.reference(name))
}

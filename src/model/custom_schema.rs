//! What a structural schema does to an object: fields that it does not know go, defaults that it names come.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting}`.

use serde_json::Value;

use super::apiextensions::{JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool};

/// What every object has at its top, and an embedded one too.
const OBJECT_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// The schema of the elements of a list.
#[must_use]
pub fn items(schema: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    match schema.items.as_ref()? {
        JSONSchemaPropsOrArray::Schema(schema) => Some(schema),
        JSONSchemaPropsOrArray::Schemas(schemas) => schemas.first(),
    }
}

/// The schema of a field.
#[must_use]
pub fn field<'s>(schema: &'s JSONSchemaProps, name: &str) -> Option<&'s JSONSchemaProps> {
    if let Some(schema) = schema.properties.as_ref().and_then(|properties| properties.get(name)) {
        return Some(schema);
    }
    match schema.additional_properties.as_ref()? {
        JSONSchemaPropsOrBool::Schema(schema) => Some(schema),
        JSONSchemaPropsOrBool::Bool(_) => None,
    }
}

/// The path of a field below `path`.
#[must_use]
pub fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Removes fields that `schema` does not know, and adds their paths to `unknown`.
pub fn prune(value: &mut Value, schema: &JSONSchemaProps, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Array(elements) => {
            let Some(schema) = items(schema) else { return };
            for (index, element) in elements.iter_mut().enumerate() {
                prune(element, schema, &format!("{path}[{index}]"), unknown);
            }
        }
        Value::Object(fields) => {
            let keeps_all = schema.x_kubernetes_preserve_unknown_fields == Some(true)
                || matches!(schema.additional_properties, Some(JSONSchemaPropsOrBool::Bool(true)));
            let is_object = path.is_empty() || schema.x_kubernetes_embedded_resource == Some(true);
            fields.retain(|name, value| match field(schema, name) {
                Some(schema) => {
                    prune(value, schema, &below(path, name), unknown);
                    true
                }
                None if keeps_all || is_object && OBJECT_FIELDS.contains(&name.as_str()) => true,
                None => {
                    unknown.push(below(path, name));
                    false
                }
            });
        }
        _ => {}
    }
}

/// Fills in the defaults that `schema` names.
pub fn default(value: &mut Value, schema: &JSONSchemaProps) {
    match value {
        Value::Array(elements) => {
            if let Some(schema) = items(schema) {
                elements.iter_mut().for_each(|element| default(element, schema));
            }
        }
        Value::Object(fields) => {
            for (name, schema) in schema.properties.iter().flatten() {
                let Some(default) = &schema.default else { continue };
                let is_null = fields.get(name).is_some_and(Value::is_null) && schema.nullable != Some(true);
                if is_null || !fields.contains_key(name) {
                    fields.insert(name.clone(), default.0.clone());
                }
            }
            for (name, value) in fields.iter_mut() {
                if let Some(schema) = field(schema, name) {
                    default(value, schema);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> JSONSchemaProps {
        serde_json::from_value(json!({"type": "object", "properties": {
            "spec": {"type": "object", "default": {}, "properties": {
                "size": {"type": "integer", "default": 3},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                "map": {"type": "object", "additionalProperties": {"type": "string"}},
                "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}}},
            }}}}))
        .unwrap()
    }

    #[test]
    fn what_a_schema_does_not_know_goes() {
        let mut value = json!({"other": 1, "spec": {"size": 1, "odd": 2, "free": {"any": 1}, "map": {"k": "v"},
            "list": [{"a": "1", "b": "2"}]}});
        let mut unknown = Vec::new();
        prune(&mut value, &schema(), "", &mut unknown);
        assert_eq!(value, json!({"spec": {"size": 1, "free": {"any": 1}, "map": {"k": "v"}, "list": [{"a": "1"}]}}));
        unknown.sort();
        assert_eq!(unknown, ["other", "spec.list[0].b", "spec.odd"]);
    }

    #[test]
    fn defaults_fill_in_what_is_missing_at_every_depth() {
        let mut value = json!({});
        default(&mut value, &schema());
        assert_eq!(value, json!({"spec": {"size": 3}}));
        let mut value = json!({"spec": {"size": null, "list": [{}]}});
        default(&mut value, &schema());
        assert_eq!(value, json!({"spec": {"size": 3, "list": [{"a": "x"}]}}));
    }
}

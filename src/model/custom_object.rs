//! An object of a custom kind: metadata, and whatever else its definition allows.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Map, Value};

use super::custom_kind::CustomKind;
use super::custom_schema::prune;
use super::decode::{DecodeError, decode_typed};
use super::kind::Kind;
use super::object::{Object, Resource};

/// An object of a custom kind.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomObject {
    /// Its kind, in the version in which it is shown.
    pub kind: CustomKind,
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// Everything but `apiVersion`, `kind` and `metadata`.
    pub fields: Map<String, Value>,
}

impl CustomObject {
    /// An object with nothing in it.
    #[must_use]
    pub fn empty(kind: CustomKind) -> Self {
        Self { kind, metadata: ObjectMeta::default(), fields: Map::new() }
    }

    /// Reads an object; fields that the definition does not know are left out, and their paths added to `unknown`.
    ///
    /// # Errors
    /// When the metadata are none.
    pub fn from_value(kind: CustomKind, value: Value, unknown: &mut Vec<String>) -> Result<Self, DecodeError> {
        let Value::Object(mut fields) = value else {
            return Err(DecodeError { path: String::new(), message: "expected an object".into() });
        };
        fields.remove("apiVersion");
        fields.remove("kind");
        let metadata = fields.remove("metadata").unwrap_or_else(|| Value::Object(Map::new()));
        let mut inside = Vec::new();
        let metadata = decode_typed::<ObjectMeta>(metadata, &mut inside)
            .map_err(|error| DecodeError { path: format!("metadata.{}", error.path), message: error.message })?;
        unknown.extend(inside.into_iter().map(|path| format!("metadata.{path}")));
        if let Some(schema) = &kind.definition().schema {
            let mut whole = Value::Object(fields);
            prune(&mut whole, schema, "", unknown);
            fields = match whole {
                Value::Object(fields) => fields,
                _ => Map::new(),
            };
        }
        Ok(Self { kind, metadata, fields })
    }

    /// The object as JSON, with `apiVersion` and `kind`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut whole = self.fields.clone();
        whole.insert("apiVersion".into(), Kind::Custom(self.kind).api_version().into());
        whole.insert("kind".into(), self.kind.definition().info.name.into());
        // Plain data has no way not to be written.
        whole.insert("metadata".into(), serde_json::to_value(&self.metadata).unwrap_or_default());
        Value::Object(whole)
    }

    /// The value behind a path such as `.spec.replicas`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.').filter(|part| !part.is_empty());
        let mut value = self.fields.get(parts.next()?)?;
        for part in parts {
            value = value.get(part)?;
        }
        Some(value)
    }
}

impl Resource for CustomObject {
    const KIND: Kind = Kind::Custom(CustomKind::ANY);

    fn kind(&self) -> Kind {
        Kind::Custom(self.kind)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }

    fn of(object: &Object) -> Option<&Arc<Self>> {
        match object {
            Object::Custom(object) => Some(object),
            _ => None,
        }
    }
}

impl From<CustomObject> for Object {
    fn from(object: CustomObject) -> Self {
        Self::Custom(Arc::new(object))
    }
}

impl From<Arc<CustomObject>> for Object {
    fn from(object: Arc<CustomObject>) -> Self {
        Self::Custom(object)
    }
}

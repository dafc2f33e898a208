//! The documentation of the built-in kinds as JSON Schema: what `kubectl explain` reads.
//!
//! **Simplified:** of the allowed values of a field only the names are told, not what each of them means.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::api_types::{Field, Fields, MessageId, Shape, Type};
use super::kind::Kind;
use super::kinds::with_kinds;
use super::{Pod, core};

/// Declares [`of`].
macro_rules! schemas {
    ({} $($kind:ident($type:ty)),+ $(,)?) => {
        /// The schema of a kind; what it refers to stands under `$defs`.
        #[must_use]
        pub fn of(kind: Kind) -> Value {
            match kind {
                $(Kind::$kind => root::<$type>(),)+
                Kind::Custom(kind) => serde_json::to_value(&kind.definition().schema).unwrap_or_default(),
            }
        }
    };
}

with_kinds!(schemas);

/// Declares [`definitions`].
macro_rules! all_types {
    ({ $($other:ty),+ $(,)? } $($kind:ident($type:ty)),+ $(,)?) => {
        /// Every type of the API under upstream's name (`io.k8s.api.core.v1.PodSpec`): the kinds, what they consist of, and
        /// what requests carry. References have the form of [`of`].
        #[must_use]
        pub fn definitions() -> Map<String, Value> {
            let mut generator = SchemaGenerator::default();
            $(let _: Schema = generator.subschema_for::<$type>();)+
            $(let _: Schema = generator.subschema_for::<$other>();)+
            let mut definitions = generator.take_definitions(false);
            definitions.iter_mut().for_each(|(name, schema)| add_values(name, schema));
            definitions
        }
    };
}

with_kinds!(
    all_types,
    k8s_openapi::api::authentication::v1::SelfSubjectReview,
    k8s_openapi::api::authentication::v1::TokenRequest,
    k8s_openapi::api::authentication::v1::TokenReview,
    k8s_openapi::api::authorization::v1::LocalSubjectAccessReview,
    k8s_openapi::api::authorization::v1::SelfSubjectAccessReview,
    k8s_openapi::api::authorization::v1::SelfSubjectRulesReview,
    k8s_openapi::api::authorization::v1::SubjectAccessReview,
    k8s_openapi::api::autoscaling::v1::HorizontalPodAutoscaler,
    k8s_openapi::api::autoscaling::v1::Scale,
    k8s_openapi::api::core::v1::Binding,
    k8s_openapi::api::core::v1::ComponentStatus,
    k8s_openapi::api::events::v1::Event,
    k8s_openapi::api::policy::v1::Eviction,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::DeleteOptions,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ListMeta,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::Status,
);

impl JsonSchema for Pod {
    fn schema_name() -> Cow<'static, str> {
        core::Pod::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        core::Pod::json_schema(generator)
    }
}

fn root<T: JsonSchema>() -> Value {
    let mut root: Value = SchemaGenerator::default().into_root_schema_for::<T>().into();
    add_values(&T::schema_name(), &mut root);
    let inner = root.get_mut("$defs").and_then(Value::as_object_mut);
    inner.into_iter().flatten().for_each(|(name, schema)| add_values(name, schema));
    root
}

/// Adds to the fields of a type the values that they allow, which the wire types do not carry.
fn add_values(name: &str, schema: &mut Value) {
    let fields = Fields::get();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    if let (Some(id), Some(properties)) = (fields.of_definition(name), properties) {
        add_values_of(fields, id, properties);
    }
}

fn add_values_of(fields: &Fields, id: MessageId, properties: &mut Map<String, Value>) {
    for field in fields.message(id).into_iter().flat_map(|message| &message.fields) {
        match (field.json, field.type_) {
            (None, Type::Message(inner)) => add_values_of(fields, inner, properties),
            (Some(name), _) if !field.values.is_empty() => {
                if let Some(property) = properties.get_mut(name).and_then(Value::as_object_mut) {
                    add_values_to(field, property);
                }
            }
            _ => {}
        }
    }
}

fn add_values_to(field: &Field, property: &mut Map<String, Value>) {
    let values: Vec<_> = field.values.iter().map(|value| format!(" - `{value:?}`")).collect();
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{description}\n\nPossible enum values:\n{}", values.join("\n"));
    property.insert("description".into(), description.into());
    let holder = match (field.shape, property.get_mut("items")) {
        (Shape::List, Some(Value::Object(items))) => items,
        _ => property,
    };
    holder.insert("enum".into(), field.values.clone().into());
}

/// The schema that `reference` (`#/$defs/…`) names inside `root`.
#[must_use]
pub fn resolve<'s>(root: &'s Value, reference: &str) -> Option<&'s Value> {
    root.pointer(reference.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_schemas() {
        let pod = of(Kind::Pod);
        let reference = pod["properties"]["spec"]["$ref"].as_str().unwrap();
        assert_eq!(resolve(&pod, reference).unwrap()["properties"]["restartPolicy"]["type"], "string");
    }
}

//! The documentation of the built-in kinds as JSON Schema: what `kubectl explain` reads.
//!
//! **Not modelled:** the lists of allowed values (`ENUM:`), which are not among what the wire types carry.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

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
            generator.take_definitions(false)
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
    SchemaGenerator::default().into_root_schema_for::<T>().into()
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

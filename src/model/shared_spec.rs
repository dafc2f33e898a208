//! Deployments and ReplicaSets: every Pod that starts changes their status, and the spec with its template is ten times as
//! large, so all states of one share it.

use std::borrow::Cow;
use std::sync::Arc;

use k8s_openapi::api::apps::v1 as wire;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! shares_spec {
    ($($(#[$doc:meta])* $name:ident($spec:ident, $status:ident)),+) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            /// Its metadata.
            pub metadata: ObjectMeta,
            /// What was asked for. Change it through `spec_mut`.
            pub spec: Option<Arc<wire::$spec>>,
            /// What its controller reported.
            pub status: Option<wire::$status>,
        }

        impl $name {
            /// The spec, empty if there was none, copied if anyone else holds it.
            pub fn spec_mut(&mut self) -> &mut wire::$spec {
                Arc::make_mut(self.spec.get_or_insert_default())
            }
        }

        impl From<wire::$name> for $name {
            fn from(wire: wire::$name) -> Self {
                Self { metadata: wire.metadata, spec: wire.spec.map(Arc::new), status: wire.status }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                wire::$name::deserialize(deserializer).map(Self::from)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let absent = usize::from(self.spec.is_none()) + usize::from(self.status.is_none());
                let mut fields = serializer.serialize_struct(stringify!($name), 5 - absent)?;
                fields.serialize_field("apiVersion", "apps/v1")?;
                fields.serialize_field("kind", stringify!($name))?;
                fields.serialize_field("metadata", &self.metadata)?;
                if let Some(spec) = &self.spec {
                    fields.serialize_field("spec", &**spec)?;
                }
                if let Some(status) = &self.status {
                    fields.serialize_field("status", status)?;
                }
                fields.end()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                wire::$name::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                wire::$name::json_schema(generator)
            }
        }
    )+ };
}

shares_spec!(
    /// An `apps/v1` Deployment.
    Deployment(DeploymentSpec, DeploymentStatus),
    /// An `apps/v1` ReplicaSet.
    ReplicaSet(ReplicaSetSpec, ReplicaSetStatus)
);

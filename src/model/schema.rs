//! The documentation of the built-in kinds as JSON Schema: what `kubectl explain` reads.
//!
//! **Not modelled:** the lists of allowed values (`ENUM:`), which are not among what the wire types carry.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use super::kind::Kind;
use super::{apps, coordination, core, discovery, scheduling, storage};

/// The schema of a kind; what it refers to stands under `$defs`.
#[must_use]
pub fn of(kind: Kind) -> Value {
    match kind {
        Kind::Namespace => root::<core::Namespace>(),
        Kind::Node => root::<core::Node>(),
        Kind::Pod => root::<core::Pod>(),
        Kind::ReplicaSet => root::<apps::ReplicaSet>(),
        Kind::Deployment => root::<apps::Deployment>(),
        Kind::Service => root::<core::Service>(),
        Kind::EndpointSlice => root::<discovery::EndpointSlice>(),
        Kind::ConfigMap => root::<core::ConfigMap>(),
        Kind::Secret => root::<core::Secret>(),
        Kind::ServiceAccount => root::<core::ServiceAccount>(),
        Kind::Event => root::<core::Event>(),
        Kind::Lease => root::<coordination::Lease>(),
        Kind::ResourceQuota => root::<core::ResourceQuota>(),
        Kind::PersistentVolume => root::<core::PersistentVolume>(),
        Kind::PersistentVolumeClaim => root::<core::PersistentVolumeClaim>(),
        Kind::StorageClass => root::<storage::StorageClass>(),
        Kind::PriorityClass => root::<scheduling::PriorityClass>(),
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

//! The API objects and what they mean: kinds, objects, metadata, conditions, quantities, selectors, patches.
//!
//! The only folder that names the wire types: the rest of the house says `model::core::Node`, never `k8s_openapi`.
//! Everything mirrors Kubernetes [`KUBERNETES_VERSION`].
//!
//! **Invariants.** An [`Object`] is shared, never changed in place by two holders: a change clones what it touches.
//! A [`Pod`] shares its spec and status with every copy of itself, because Pods exist by the hundred thousand.
//!
//! Reading order: [`kind`], [`object`], [`pod`], [`node`], [`meta`], [`key`], [`time`], [`mod@decode`], [`custom_kind`],
//! [`custom_object`], [`custom_schema`], [`conversion`], [`cron`]; then values and texts: [`quantity`], [`selector`],
//! [`field_selector`], [`names`], [`age`], [`yaml`], [`json_read`], [`json_text`], [`patch`], [`fields`], [`jsonpath`],
//! [`suggest`], [`unified_diff`], [`go_dump`], [`mod@cel`], [`api_types`], [`schema`], [`fidelity`].

pub mod age;
pub mod api_types;
pub mod cel;
pub mod conversion;
pub mod cron;
pub mod custom_kind;
pub mod custom_object;
pub mod custom_schema;
pub mod decode;
pub mod downward;
pub mod feature_gates;
pub mod fidelity;
pub mod field_selector;
pub mod fields;
pub mod go_dump;
pub mod json_read;
pub mod json_text;
pub mod jsonpath;
pub mod key;
pub mod kind;
mod kind_table;
mod kinds;
pub mod meta;
pub mod metrics;
pub mod names;
pub mod node;
pub mod node_selector;
pub mod object;
pub mod own_spec;
pub mod patch;
pub mod pod;
pub mod quantity;
pub mod resources;
pub mod schema;
pub mod selector;
mod shared_spec;
pub mod suggest;
pub mod time;
pub mod toleration;
pub mod unified_diff;
pub mod yaml;

pub use custom_kind::CustomKind;
pub use custom_object::CustomObject;
pub use decode::{DecodeError, decode};
pub use field_selector::FieldSelector;
pub use key::ObjectKey;
pub use kind::{Column, Kind, KindInfo, Scope};
pub(crate) use kinds::with_kinds;
pub use meta::Meta;
pub use object::{Object, Resource};
pub use pod::Pod;
pub use quantity::Quantity;
pub use resources::Resources;
pub use selector::Selector;

/// The version that every text, default and time of podlab follows.
pub const KUBERNETES_VERSION: &str = "v1.36.2";

/// Bytes of a Secret.
pub use k8s_openapi::ByteString;
pub use k8s_openapi::apimachinery::pkg::runtime::RawExtension;

/// `core/v1`: Pods, Nodes, Services and what goes with them.
pub mod core {
    pub use k8s_openapi::api::core::v1::*;
}

/// `apps/v1`: workloads.
pub mod apps {
    pub use super::shared_spec::{Deployment, ReplicaSet};
    pub use k8s_openapi::api::apps::v1::*;
}

/// `discovery.k8s.io/v1`: endpoint slices.
pub mod discovery {
    pub use k8s_openapi::api::discovery::v1::*;
}

/// `coordination.k8s.io/v1`: leases.
pub mod coordination {
    pub use k8s_openapi::api::coordination::v1::*;
}

/// `storage.k8s.io/v1`: storage classes.
pub mod storage {
    pub use k8s_openapi::api::storage::v1::*;
}

/// `scheduling.k8s.io/v1`: priority classes.
pub mod scheduling {
    pub use k8s_openapi::api::scheduling::v1::*;
}

/// `batch/v1`: Jobs and CronJobs.
pub mod batch {
    pub use k8s_openapi::api::batch::v1::*;
}

/// `autoscaling/v2`: horizontal Pod autoscalers.
pub mod autoscaling {
    pub use k8s_openapi::api::autoscaling::v2::*;
}

/// `policy/v1`: disruption budgets.
pub mod policy {
    pub use k8s_openapi::api::policy::v1::*;
}

/// `networking.k8s.io/v1`: Ingresses and network policies.
pub mod networking {
    pub use k8s_openapi::api::networking::v1::*;
}

/// `rbac.authorization.k8s.io/v1`: roles and their bindings.
pub mod rbac {
    pub use k8s_openapi::api::rbac::v1::*;
}

/// `node.k8s.io/v1`: runtime classes.
pub mod node_api {
    pub use k8s_openapi::api::node::v1::*;
}

/// `certificates.k8s.io/v1`: requests for certificates.
pub mod certificates {
    pub use k8s_openapi::api::certificates::v1::*;
}

/// `admissionregistration.k8s.io/v1`: webhooks and policies of admission.
pub mod admissionregistration {
    pub use k8s_openapi::api::admissionregistration::v1::*;
}

/// `flowcontrol.apiserver.k8s.io/v1`: priority and fairness.
pub mod flowcontrol {
    pub use k8s_openapi::api::flowcontrol::v1::*;
}

/// `resource.k8s.io/v1`: devices and claims on them.
pub mod resource {
    pub use k8s_openapi::api::resource::v1::*;
}

/// `authentication.k8s.io/v1`: questions about users and their tokens.
pub mod authentication {
    pub use k8s_openapi::api::authentication::v1::*;
}

/// `authorization.k8s.io/v1`: questions about what users may do.
pub mod authorization {
    pub use k8s_openapi::api::authorization::v1::*;
}

/// `apiregistration.k8s.io/v1`: API services.
pub mod apiregistration {
    pub use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::*;
}

/// `apiextensions.k8s.io/v1`: definitions of custom resources.
pub mod apiextensions {
    pub use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::*;
}

/// `meta/v1`: what every object shares.
pub mod metav1 {
    pub use k8s_openapi::apimachinery::pkg::api::resource::Quantity as WireQuantity;
    pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::*;
    pub use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
}

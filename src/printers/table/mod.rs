//! The columns of `kubectl get`, one file per kind.
//!
//! Source: `pkg/printers/internalversion/printers.go` of v1.36. Columns marked wide appear only with `-o wide`.

use crate::engine::SimTime;
pub use crate::model::Column;
use crate::model::{Kind, Meta, Object, core};

use super::date;

mod autoscaling;
mod batch;
mod config_map;
mod custom;
mod deployment;
mod endpoint_slice;
mod event;
mod extension;
mod lease;
mod namespace;
mod networking;
mod node;
mod persistent_volume;
mod persistent_volume_claim;
mod pod;
mod priority_class;
mod rbac;
mod replica_set;
mod requests;
mod resource_quota;
mod secret;
mod service;
mod service_account;
mod storage;
mod storage_class;
mod workloads;

pub use node::roles as node_roles;
pub use persistent_volume::access_modes;
pub use requests::certificate_state;

/// What stands in a cell that has nothing to say.
const NONE: &str = "<none>";
/// What stands in a cell whose field was never set.
const UNSET: &str = "<unset>";

/// Columns of kinds for which upstream has no printer of their own.
const PLAIN_COLUMNS: &[Column] = &[column("Name"), column("Age")];

/// A column that is always there.
const fn column(name: &'static str) -> Column {
    Column { name, wide: false }
}

/// A column of `-o wide`.
const fn wide(name: &'static str) -> Column {
    Column { name, wide: true }
}

/// The columns of a kind, in the order of [`cells`].
#[must_use]
pub fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Namespace => namespace::COLUMNS,
        Kind::Node => node::COLUMNS,
        Kind::Pod => pod::COLUMNS,
        Kind::ReplicaSet => replica_set::COLUMNS,
        Kind::Deployment => deployment::COLUMNS,
        Kind::Service => service::COLUMNS,
        Kind::EndpointSlice => endpoint_slice::COLUMNS,
        Kind::ConfigMap => config_map::COLUMNS,
        Kind::Secret => secret::COLUMNS,
        Kind::ServiceAccount => service_account::COLUMNS,
        Kind::Event => event::COLUMNS,
        Kind::Lease => lease::COLUMNS,
        Kind::ResourceQuota => resource_quota::COLUMNS,
        Kind::PersistentVolume => persistent_volume::COLUMNS,
        Kind::PersistentVolumeClaim => persistent_volume_claim::COLUMNS,
        Kind::StorageClass => storage_class::COLUMNS,
        Kind::PriorityClass => priority_class::COLUMNS,
        Kind::Role | Kind::ClusterRole => rbac::ROLE_COLUMNS,
        Kind::RoleBinding | Kind::ClusterRoleBinding => rbac::BINDING_COLUMNS,
        Kind::ReplicationController => workloads::REPLICATION_CONTROLLER_COLUMNS,
        Kind::StatefulSet => workloads::STATEFUL_SET_COLUMNS,
        Kind::DaemonSet => workloads::DAEMON_SET_COLUMNS,
        Kind::ControllerRevision => workloads::REVISION_COLUMNS,
        Kind::PodTemplate => workloads::POD_TEMPLATE_COLUMNS,
        Kind::Job => batch::JOB_COLUMNS,
        Kind::CronJob => batch::CRON_JOB_COLUMNS,
        Kind::HorizontalPodAutoscaler => autoscaling::AUTOSCALER_COLUMNS,
        Kind::PodDisruptionBudget => autoscaling::BUDGET_COLUMNS,
        Kind::Ingress => networking::INGRESS_COLUMNS,
        Kind::IngressClass => networking::CLASS_COLUMNS,
        Kind::NetworkPolicy => networking::POLICY_COLUMNS,
        Kind::Endpoints => networking::ENDPOINTS_COLUMNS,
        Kind::IPAddress => networking::ADDRESS_COLUMNS,
        Kind::ServiceCIDR => networking::RANGE_COLUMNS,
        Kind::VolumeAttachment => storage::ATTACHMENT_COLUMNS,
        Kind::VolumeAttributesClass => storage::ATTRIBUTES_COLUMNS,
        Kind::CSINode => storage::NODE_COLUMNS,
        Kind::CSIDriver => storage::DRIVER_COLUMNS,
        Kind::CSIStorageCapacity => storage::CAPACITY_COLUMNS,
        Kind::RuntimeClass => storage::RUNTIME_COLUMNS,
        Kind::MutatingWebhookConfiguration => extension::WEBHOOK_COLUMNS,
        Kind::ValidatingWebhookConfiguration => extension::WEBHOOK_COLUMNS,
        Kind::ValidatingAdmissionPolicy => extension::VALIDATING_POLICY_COLUMNS,
        Kind::MutatingAdmissionPolicy => extension::MUTATING_POLICY_COLUMNS,
        Kind::ValidatingAdmissionPolicyBinding => extension::POLICY_BINDING_COLUMNS,
        Kind::MutatingAdmissionPolicyBinding => extension::POLICY_BINDING_COLUMNS,
        Kind::APIService => extension::API_SERVICE_COLUMNS,
        Kind::CertificateSigningRequest => requests::CERTIFICATE_COLUMNS,
        Kind::FlowSchema => requests::FLOW_COLUMNS,
        Kind::PriorityLevelConfiguration => requests::LEVEL_COLUMNS,
        Kind::ResourceClaim => requests::CLAIM_COLUMNS,
        Kind::ResourceSlice => requests::SLICE_COLUMNS,
        Kind::LimitRange | Kind::CustomResourceDefinition => extension::CREATED_COLUMNS,
        Kind::Custom(custom) => &custom.definition().columns,
        _ => PLAIN_COLUMNS,
    }
}

/// The cells of an object at `now`, one for each of its kind's [`columns`].
#[must_use]
pub fn cells(object: &Object, now: SimTime) -> Vec<String> {
    match object {
        Object::Namespace(object) => namespace::cells(object, now),
        Object::Node(object) => node::cells(object, now),
        Object::Pod(object) => pod::cells(object, now),
        Object::ReplicaSet(object) => replica_set::cells(object, now),
        Object::Deployment(object) => deployment::cells(object, now),
        Object::Service(object) => service::cells(object, now),
        Object::EndpointSlice(object) => endpoint_slice::cells(object, now),
        Object::ConfigMap(object) => config_map::cells(object, now),
        Object::Secret(object) => secret::cells(object, now),
        Object::ServiceAccount(object) => service_account::cells(object, now),
        Object::Event(object) => event::cells(object, now),
        Object::Lease(object) => lease::cells(object, now),
        Object::ResourceQuota(object) => resource_quota::cells(object, now),
        Object::PersistentVolume(object) => persistent_volume::cells(object, now),
        Object::PersistentVolumeClaim(object) => persistent_volume_claim::cells(object, now),
        Object::StorageClass(object) => storage_class::cells(object, now),
        Object::PriorityClass(object) => priority_class::cells(object, now),
        Object::Role(object) => rbac::role_cells(&object.metadata),
        Object::ClusterRole(object) => rbac::role_cells(&object.metadata),
        Object::RoleBinding(object) => {
            rbac::binding_cells(&object.metadata, &object.role_ref, object.subjects.as_deref(), now)
        }
        Object::ClusterRoleBinding(object) => {
            rbac::binding_cells(&object.metadata, &object.role_ref, object.subjects.as_deref(), now)
        }
        Object::ReplicationController(object) => workloads::replication_controller(object, now),
        Object::StatefulSet(object) => workloads::stateful_set(object, now),
        Object::DaemonSet(object) => workloads::daemon_set(object, now),
        Object::ControllerRevision(object) => workloads::revision(object, now),
        Object::PodTemplate(object) => workloads::pod_template(object),
        Object::Job(object) => batch::job(object, now),
        Object::CronJob(object) => batch::cron_job(object, now),
        Object::HorizontalPodAutoscaler(object) => autoscaling::autoscaler(object, now),
        Object::PodDisruptionBudget(object) => autoscaling::budget(object, now),
        Object::Ingress(object) => networking::ingress(object, now),
        Object::IngressClass(object) => networking::class(object, now),
        Object::NetworkPolicy(object) => networking::policy(object, now),
        Object::Endpoints(object) => networking::endpoints(object, now),
        Object::IPAddress(object) => networking::address(object, now),
        Object::ServiceCIDR(object) => networking::range(object, now),
        Object::VolumeAttachment(object) => storage::attachment(object, now),
        Object::VolumeAttributesClass(object) => storage::attributes(object, now),
        Object::CSINode(object) => storage::node(object, now),
        Object::CSIDriver(object) => storage::driver(object, now),
        Object::CSIStorageCapacity(object) => storage::capacity(object),
        Object::RuntimeClass(object) => storage::runtime(object, now),
        Object::MutatingWebhookConfiguration(object) => extension::mutating_webhook(object, now),
        Object::ValidatingWebhookConfiguration(object) => extension::validating_webhook(object, now),
        Object::ValidatingAdmissionPolicy(object) => extension::validating_policy(object, now),
        Object::MutatingAdmissionPolicy(object) => extension::mutating_policy(object, now),
        Object::ValidatingAdmissionPolicyBinding(object) => extension::validating_binding(object, now),
        Object::MutatingAdmissionPolicyBinding(object) => extension::mutating_binding(object, now),
        Object::APIService(object) => extension::api_service(object, now),
        Object::CertificateSigningRequest(object) => requests::certificate(object, now),
        Object::FlowSchema(object) => requests::flow(object, now),
        Object::PriorityLevelConfiguration(object) => requests::level(object, now),
        Object::ResourceClaim(object) => requests::claim(object, now),
        Object::ResourceSlice(object) => requests::slice(object, now),
        Object::LimitRange(object) => extension::created(&object.metadata),
        Object::CustomResourceDefinition(object) => extension::created(&object.metadata),
        Object::Custom(object) => custom::cells(object, now),
        other => vec![name(other.meta()), age(other.meta(), now)],
    }
}

/// The AGE cell.
fn age(meta: &crate::model::metav1::ObjectMeta, now: SimTime) -> String {
    date::since(meta.creation_timestamp.as_ref(), now)
}

/// The NAME cell.
fn name(meta: &crate::model::metav1::ObjectMeta) -> String {
    meta.name().to_owned()
}

/// A text, or what stands for an absent one.
fn text_or(text: Option<&str>, absent: &str) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or(absent).to_owned()
}

/// The CONTAINERS and IMAGES cells of a workload.
fn containers_and_images(template: Option<&core::PodTemplateSpec>) -> [String; 2] {
    let spec = template.and_then(|template| template.spec.as_ref());
    let containers = spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
    let images: Vec<&str> = containers.iter().map(|container| container.image.as_deref().unwrap_or_default()).collect();
    [names.join(","), images.join(",")]
}

/// At most three of `list`, and how many more there are.
fn with_more(list: &[String], absent: &str) -> String {
    const SHOWN_MAX: usize = 3;
    if list.is_empty() {
        return absent.to_owned();
    }
    let shown = list[..list.len().min(SHOWN_MAX)].join(",");
    let more = list.len().saturating_sub(SHOWN_MAX);
    if more > 0 { format!("{shown} + {more} more...") } else { shown }
}

//! The texts of `kubectl describe`, one file per kind.
//!
//! Source: `k8s.io/kubectl/pkg/describe/describe.go` of v0.36. What an object does not hold itself (its events, its
//! Pods) is named by [`needs`] and handed in as [`Related`].

use crate::model::{Kind, Object};

mod batch;
mod config_map;
mod container;
mod deployment;
mod endpoint_slice;
mod environment;
mod event;
mod horizontal_pod_autoscaler;
mod ingress;
mod namespace;
mod node;
mod node_resources;
mod persistent_volume;
mod persistent_volume_claim;
mod pod;
mod pod_template;
mod policies;
mod priority_class;
mod rbac;
mod related;
mod replica_set;
mod resource_quota;
mod secret;
mod service;
mod service_account;
mod storage_class;
mod text;
mod unstructured;
mod volume;
mod workloads;

pub use event::{event_age, event_line};
pub use pod_template::raw as pod_template;
pub use related::{Need, Related, needs};

use text::Text;

/// The text of `kubectl describe` for `object`.
#[must_use]
pub fn describe(object: &Object, related: &Related<'_>) -> String {
    let mut text = Text::new(related.now);
    match object {
        Object::Namespace(object) => namespace::describe(&mut text, object, related),
        Object::Node(object) => node::describe(&mut text, object, related),
        Object::Pod(object) => pod::describe(&mut text, object),
        Object::ReplicaSet(object) => replica_set::describe(&mut text, object, related),
        Object::Deployment(object) => deployment::describe(&mut text, object, related),
        Object::Service(object) => service::describe(&mut text, object, related),
        Object::EndpointSlice(object) => endpoint_slice::describe(&mut text, object),
        Object::ConfigMap(object) => config_map::describe(&mut text, object),
        Object::Secret(object) => secret::describe(&mut text, object),
        Object::ServiceAccount(object) => service_account::describe(&mut text, object),
        Object::Event(object) => event::describe(&mut text, object),
        Object::ResourceQuota(object) => resource_quota::describe(&mut text, object),
        Object::PersistentVolume(object) => persistent_volume::describe(&mut text, object),
        Object::PersistentVolumeClaim(object) => persistent_volume_claim::describe(&mut text, object, related),
        Object::StorageClass(object) => storage_class::describe(&mut text, object),
        Object::PriorityClass(object) => priority_class::describe(&mut text, object),
        Object::Role(object) => rbac::describe_role(&mut text, &object.metadata, object.rules.as_deref()),
        Object::ClusterRole(object) => rbac::describe_role(&mut text, &object.metadata, object.rules.as_deref()),
        Object::RoleBinding(object) => {
            rbac::describe_binding(&mut text, &object.metadata, &object.role_ref, object.subjects.as_deref());
        }
        Object::ClusterRoleBinding(object) => {
            rbac::describe_binding(&mut text, &object.metadata, &object.role_ref, object.subjects.as_deref());
        }
        Object::ReplicationController(object) => workloads::replication_controller(&mut text, object, related),
        Object::StatefulSet(object) => workloads::stateful_set(&mut text, object, related),
        Object::DaemonSet(object) => workloads::daemon_set(&mut text, object, related),
        Object::Job(object) => batch::job(&mut text, object),
        Object::CronJob(object) => batch::cron_job(&mut text, object),
        Object::HorizontalPodAutoscaler(object) => horizontal_pod_autoscaler::describe(&mut text, object),
        Object::PodDisruptionBudget(object) => policies::budget(&mut text, object),
        Object::LimitRange(object) => policies::limit_range(&mut text, object),
        Object::NetworkPolicy(object) => policies::network_policy(&mut text, object),
        Object::Ingress(object) => ingress::describe(&mut text, object, related),
        Object::IngressClass(object) => ingress::class(&mut text, object),
        Object::Endpoints(object) => ingress::endpoints(&mut text, object),
        other => unstructured::describe(&mut text, other),
    }
    if has_events(object.kind()) {
        text.events(object, related);
    }
    text.finish()
}

/// Whether the text of a kind ends with its events.
fn has_events(kind: Kind) -> bool {
    let without = [
        Kind::Namespace,
        Kind::Secret,
        Kind::ResourceQuota,
        Kind::LimitRange,
        Kind::NetworkPolicy,
        Kind::Role,
        Kind::ClusterRole,
        Kind::RoleBinding,
        Kind::ClusterRoleBinding,
    ];
    !without.contains(&kind)
}

#[cfg(test)]
mod tests;

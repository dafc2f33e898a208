//! kube-controller-manager and its controllers: each compares what is with what was asked, and takes one step.
//!
//! What comes in: watches. What goes out: writes and Events. Controllers never call each other; what one writes, another
//! notices. The deciding part of each is a plain function of what its caches hold.
//!
//! Reading order: [`manager`], [`expectations`], [`claim`], [`replicaset`], [`deployment`], then any other.

pub mod claim;
pub mod cluster_role_aggregation;
pub mod cron_job;
pub mod custom_resources;
pub mod daemon_set;
pub mod deployment;
pub mod disruption;
pub mod disruption_budget;
pub mod endpoints;
pub mod endpointslice;
pub mod endpointslice_mirroring;
pub mod expectations;
pub mod garbage_collector;
pub mod history;
pub mod horizontal_pod_autoscaler;
pub mod job;
pub mod manager;
pub mod namespace;
pub mod node_ipam;
pub mod node_lifecycle;
pub mod options;
pub mod pod_control;
pub mod pod_gc;
pub mod pod_template;
pub mod rejection;
pub mod replicaset;
pub mod resource_quota;
pub mod root_ca;
pub mod service_account;
pub mod stateful_set;
pub mod taint_eviction;
pub mod ttl;
pub mod ttl_after_finished;
pub mod volume_binder;
pub mod volume_protection;

use std::sync::Arc;

use crate::client::Controller;

pub use manager::ControllerManager;
pub use options::Options;

/// Every controller, as `--controllers=*` starts them.
#[must_use]
pub fn all(options: &Options) -> Vec<Box<dyn Controller>> {
    vec![
        Box::new(deployment::DeploymentController::default()),
        Box::new(replicaset::ReplicaSetController::default()),
        Box::new(replicaset::ReplicaSetController::of(replicaset::flavor::Flavor::ReplicationController)),
        Box::new(stateful_set::StatefulSetController::default()),
        Box::new(daemon_set::DaemonSetController::default()),
        Box::new(job::JobController::default()),
        Box::new(cron_job::CronJobController::default()),
        Box::new(disruption_budget::DisruptionController),
        Box::new(horizontal_pod_autoscaler::HorizontalPodAutoscalerController::default()),
        Box::new(endpoints::EndpointsController::default()),
        Box::new(endpointslice::EndpointSliceController::default()),
        Box::new(endpointslice_mirroring::EndpointSliceMirroringController::default()),
        Box::new(garbage_collector::GarbageCollector::default()),
        Box::new(custom_resources::CustomResourceFinalizer),
        Box::new(cluster_role_aggregation::ClusterRoleAggregation),
        Box::new(namespace::NamespaceController::default()),
        Box::new(node_lifecycle::NodeLifecycleController::default()),
        Box::new(taint_eviction::TaintEvictionController::default()),
        Box::new(node_ipam::NodeIpamController::new(options)),
        Box::new(pod_gc::PodGarbageCollector::default()),
        Box::new(service_account::ServiceAccountController),
        Box::new(ttl::TtlController::default()),
        Box::new(ttl_after_finished::TtlAfterFinishedController),
        Box::new(volume_binder::VolumeBinder::default()),
        Box::new(volume_protection::ClaimProtection::default()),
        Box::new(volume_protection::VolumeProtection),
        Box::new(resource_quota::ResourceQuotaController),
        Box::new(root_ca::RootCaPublisher::new(Arc::clone(&options.root_ca))),
    ]
}

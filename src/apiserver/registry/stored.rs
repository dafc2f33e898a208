//! Kinds of which the server checks nothing but names, metadata and the types of their fields.

use crate::model::admissionregistration::{
    MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingWebhookConfiguration, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
};
use crate::model::apiextensions::CustomResourceDefinition;
use crate::model::apiregistration::APIService;
use crate::model::apps::{ControllerRevision, DaemonSet, StatefulSet};
use crate::model::autoscaling::HorizontalPodAutoscaler;
use crate::model::batch::{CronJob, Job};
use crate::model::certificates::CertificateSigningRequest;
use crate::model::core::{Endpoints, LimitRange, PodTemplate, ReplicationController};
use crate::model::flowcontrol::{FlowSchema, PriorityLevelConfiguration};
use crate::model::networking::{IPAddress, Ingress, IngressClass, NetworkPolicy, ServiceCIDR};
use crate::model::node_api::RuntimeClass;
use crate::model::policy::PodDisruptionBudget;
use crate::model::resource::{DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice};
use crate::model::storage::{CSIDriver, CSINode, CSIStorageCapacity, VolumeAttachment, VolumeAttributesClass};

use super::Strategy;

macro_rules! stored {
    ($($type:ty),+ $(,)?) => { $(impl Strategy for $type {})+ };
}

stored!(
    APIService,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    CertificateSigningRequest,
    ControllerRevision,
    CronJob,
    CustomResourceDefinition,
    DaemonSet,
    DeviceClass,
    Endpoints,
    FlowSchema,
    HorizontalPodAutoscaler,
    IPAddress,
    Ingress,
    IngressClass,
    Job,
    LimitRange,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    MutatingWebhookConfiguration,
    NetworkPolicy,
    PodDisruptionBudget,
    PodTemplate,
    PriorityLevelConfiguration,
    ReplicationController,
    ResourceClaim,
    ResourceClaimTemplate,
    ResourceSlice,
    RuntimeClass,
    ServiceCIDR,
    StatefulSet,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingWebhookConfiguration,
    VolumeAttachment,
    VolumeAttributesClass,
);

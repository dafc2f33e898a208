//! The wire type of each kind: the one list from which everything that exists once per kind is generated.
//!
//! The order is that of [`Kind`](super::Kind) and of the table in [`super::kind`].

/// Calls the macro `$then` with `{ what was given } Kind(type), …` for every kind.
macro_rules! with_kinds {
    ($then:ident $(, $($given:tt)*)?) => {
        $then! {
            { $($($given)*)? }
            Namespace($crate::model::core::Namespace),
            Node($crate::model::core::Node),
            Pod($crate::model::Pod),
            ReplicaSet($crate::model::apps::ReplicaSet),
            Deployment($crate::model::apps::Deployment),
            Service($crate::model::core::Service),
            EndpointSlice($crate::model::discovery::EndpointSlice),
            ConfigMap($crate::model::core::ConfigMap),
            Secret($crate::model::core::Secret),
            ServiceAccount($crate::model::core::ServiceAccount),
            Event($crate::model::core::Event),
            Lease($crate::model::coordination::Lease),
            ResourceQuota($crate::model::core::ResourceQuota),
            PersistentVolume($crate::model::core::PersistentVolume),
            PersistentVolumeClaim($crate::model::core::PersistentVolumeClaim),
            StorageClass($crate::model::storage::StorageClass),
            PriorityClass($crate::model::scheduling::PriorityClass),
            Role($crate::model::rbac::Role),
            RoleBinding($crate::model::rbac::RoleBinding),
            ClusterRole($crate::model::rbac::ClusterRole),
            ClusterRoleBinding($crate::model::rbac::ClusterRoleBinding),
            LimitRange($crate::model::core::LimitRange),
            Endpoints($crate::model::core::Endpoints),
            PodTemplate($crate::model::core::PodTemplate),
            ReplicationController($crate::model::core::ReplicationController),
            StatefulSet($crate::model::apps::StatefulSet),
            DaemonSet($crate::model::apps::DaemonSet),
            ControllerRevision($crate::model::apps::ControllerRevision),
            Job($crate::model::batch::Job),
            CronJob($crate::model::batch::CronJob),
            HorizontalPodAutoscaler($crate::model::autoscaling::HorizontalPodAutoscaler),
            PodDisruptionBudget($crate::model::policy::PodDisruptionBudget),
            Ingress($crate::model::networking::Ingress),
            IngressClass($crate::model::networking::IngressClass),
            NetworkPolicy($crate::model::networking::NetworkPolicy),
            IPAddress($crate::model::networking::IPAddress),
            ServiceCIDR($crate::model::networking::ServiceCIDR),
            RuntimeClass($crate::model::node_api::RuntimeClass),
            CSIDriver($crate::model::storage::CSIDriver),
            CSINode($crate::model::storage::CSINode),
            CSIStorageCapacity($crate::model::storage::CSIStorageCapacity),
            VolumeAttachment($crate::model::storage::VolumeAttachment),
            VolumeAttributesClass($crate::model::storage::VolumeAttributesClass),
            CertificateSigningRequest($crate::model::certificates::CertificateSigningRequest),
            MutatingWebhookConfiguration($crate::model::admissionregistration::MutatingWebhookConfiguration),
            ValidatingWebhookConfiguration($crate::model::admissionregistration::ValidatingWebhookConfiguration),
            MutatingAdmissionPolicy($crate::model::admissionregistration::MutatingAdmissionPolicy),
            MutatingAdmissionPolicyBinding($crate::model::admissionregistration::MutatingAdmissionPolicyBinding),
            ValidatingAdmissionPolicy($crate::model::admissionregistration::ValidatingAdmissionPolicy),
            ValidatingAdmissionPolicyBinding($crate::model::admissionregistration::ValidatingAdmissionPolicyBinding),
            FlowSchema($crate::model::flowcontrol::FlowSchema),
            PriorityLevelConfiguration($crate::model::flowcontrol::PriorityLevelConfiguration),
            DeviceClass($crate::model::resource::DeviceClass),
            ResourceClaim($crate::model::resource::ResourceClaim),
            ResourceClaimTemplate($crate::model::resource::ResourceClaimTemplate),
            ResourceSlice($crate::model::resource::ResourceSlice),
            APIService($crate::model::apiregistration::APIService),
            CustomResourceDefinition($crate::model::apiextensions::CustomResourceDefinition),
        }
    };
}

pub(crate) use with_kinds;

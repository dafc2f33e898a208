//! The table of built-in kinds: group, version, names and scope. It feeds storage, discovery, kubectl, printers and
//! completion.

use super::kind::{BUILT_IN, KindInfo, Scope};

const STATUS: &[&str] = &["status"];
const SCALE: &[&str] = &["scale", "status"];
const ALL: &[&str] = &["all"];
const API_EXTENSIONS: &[&str] = &["api-extensions"];

/// A row of the table.
macro_rules! row {
    ($kind:ident, $group:literal, $plural:literal, $singular:literal, $short:expr, $scope:ident, $categories:expr, $sub:expr) => {
        KindInfo {
            name: stringify!($kind),
            group: $group,
            version: "v1",
            also: &[],
            plural: $plural,
            singular: $singular,
            short_names: $short,
            scope: Scope::$scope,
            categories: $categories,
            subresources: $sub,
            storage: concat!("/registry/", $plural, "/"),
        }
    };
}

/// A row of a kind that is asked and not stored.
macro_rules! asked {
    ($kind:ident, $group:literal, $plural:literal, $singular:literal, $scope:ident) => {
        KindInfo { storage: "", ..row!($kind, $group, $plural, $singular, &[], $scope, &[], &[]) }
    };
}

/// Every kind, in the order of [`Kind`](super::kind::Kind). Source: `kubectl api-resources` of v1.36.
pub(super) static TABLE: [KindInfo; BUILT_IN.len()] = [
    row!(Namespace, "", "namespaces", "namespace", &["ns"], Cluster, &[], &["finalize", "status"]),
    KindInfo { storage: "/registry/minions/", ..row!(Node, "", "nodes", "node", &["no"], Cluster, &[], STATUS) },
    row!(
        Pod,
        "",
        "pods",
        "pod",
        &["po"],
        Namespaced,
        ALL,
        &["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "resize", "status"]
    ),
    row!(ReplicaSet, "apps", "replicasets", "replicaset", &["rs"], Namespaced, ALL, SCALE),
    row!(Deployment, "apps", "deployments", "deployment", &["deploy"], Namespaced, ALL, SCALE),
    KindInfo {
        storage: "/registry/services/specs/",
        ..row!(Service, "", "services", "service", &["svc"], Namespaced, ALL, STATUS)
    },
    row!(EndpointSlice, "discovery.k8s.io", "endpointslices", "endpointslice", &[], Namespaced, &[], &[]),
    row!(ConfigMap, "", "configmaps", "configmap", &["cm"], Namespaced, &[], &[]),
    row!(Secret, "", "secrets", "secret", &[], Namespaced, &[], &[]),
    row!(ServiceAccount, "", "serviceaccounts", "serviceaccount", &["sa"], Namespaced, &[], &["token"]),
    KindInfo { also: &[("events.k8s.io", "v1")], ..row!(Event, "", "events", "event", &["ev"], Namespaced, &[], &[]) },
    row!(Lease, "coordination.k8s.io", "leases", "lease", &[], Namespaced, &[], &[]),
    row!(ResourceQuota, "", "resourcequotas", "resourcequota", &["quota"], Namespaced, &[], STATUS),
    row!(PersistentVolume, "", "persistentvolumes", "persistentvolume", &["pv"], Cluster, &[], STATUS),
    row!(
        PersistentVolumeClaim,
        "",
        "persistentvolumeclaims",
        "persistentvolumeclaim",
        &["pvc"],
        Namespaced,
        &[],
        STATUS
    ),
    row!(StorageClass, "storage.k8s.io", "storageclasses", "storageclass", &["sc"], Cluster, &[], &[]),
    row!(PriorityClass, "scheduling.k8s.io", "priorityclasses", "priorityclass", &["pc"], Cluster, &[], &[]),
    row!(Role, "rbac.authorization.k8s.io", "roles", "role", &[], Namespaced, &[], &[]),
    row!(RoleBinding, "rbac.authorization.k8s.io", "rolebindings", "rolebinding", &[], Namespaced, &[], &[]),
    row!(ClusterRole, "rbac.authorization.k8s.io", "clusterroles", "clusterrole", &[], Cluster, &[], &[]),
    row!(
        ClusterRoleBinding,
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        "clusterrolebinding",
        &[],
        Cluster,
        &[],
        &[]
    ),
    row!(LimitRange, "", "limitranges", "limitrange", &["limits"], Namespaced, &[], &[]),
    KindInfo {
        storage: "/registry/services/endpoints/",
        ..row!(Endpoints, "", "endpoints", "endpoints", &["ep"], Namespaced, &[], &[])
    },
    row!(PodTemplate, "", "podtemplates", "podtemplate", &[], Namespaced, &[], &[]),
    KindInfo {
        storage: "/registry/controllers/",
        ..row!(
            ReplicationController,
            "",
            "replicationcontrollers",
            "replicationcontroller",
            &["rc"],
            Namespaced,
            ALL,
            SCALE
        )
    },
    row!(StatefulSet, "apps", "statefulsets", "statefulset", &["sts"], Namespaced, ALL, SCALE),
    row!(DaemonSet, "apps", "daemonsets", "daemonset", &["ds"], Namespaced, ALL, STATUS),
    row!(ControllerRevision, "apps", "controllerrevisions", "controllerrevision", &[], Namespaced, &[], &[]),
    row!(Job, "batch", "jobs", "job", &[], Namespaced, ALL, STATUS),
    row!(CronJob, "batch", "cronjobs", "cronjob", &["cj"], Namespaced, ALL, STATUS),
    KindInfo {
        version: "v2",
        also: &[("autoscaling", "v1")],
        ..row!(
            HorizontalPodAutoscaler,
            "autoscaling",
            "horizontalpodautoscalers",
            "horizontalpodautoscaler",
            &["hpa"],
            Namespaced,
            ALL,
            STATUS
        )
    },
    row!(
        PodDisruptionBudget,
        "policy",
        "poddisruptionbudgets",
        "poddisruptionbudget",
        &["pdb"],
        Namespaced,
        &[],
        STATUS
    ),
    KindInfo {
        storage: "/registry/ingress/",
        ..row!(Ingress, "networking.k8s.io", "ingresses", "ingress", &["ing"], Namespaced, &[], STATUS)
    },
    row!(IngressClass, "networking.k8s.io", "ingressclasses", "ingressclass", &[], Cluster, &[], &[]),
    row!(NetworkPolicy, "networking.k8s.io", "networkpolicies", "networkpolicy", &["netpol"], Namespaced, &[], &[]),
    row!(IPAddress, "networking.k8s.io", "ipaddresses", "ipaddress", &["ip"], Cluster, &[], &[]),
    row!(ServiceCIDR, "networking.k8s.io", "servicecidrs", "servicecidr", &[], Cluster, &[], STATUS),
    row!(RuntimeClass, "node.k8s.io", "runtimeclasses", "runtimeclass", &[], Cluster, &[], &[]),
    row!(CSIDriver, "storage.k8s.io", "csidrivers", "csidriver", &[], Cluster, &[], &[]),
    row!(CSINode, "storage.k8s.io", "csinodes", "csinode", &[], Cluster, &[], &[]),
    row!(CSIStorageCapacity, "storage.k8s.io", "csistoragecapacities", "csistoragecapacity", &[], Namespaced, &[], &[]),
    row!(VolumeAttachment, "storage.k8s.io", "volumeattachments", "volumeattachment", &[], Cluster, &[], STATUS),
    row!(
        VolumeAttributesClass,
        "storage.k8s.io",
        "volumeattributesclasses",
        "volumeattributesclass",
        &["vac"],
        Cluster,
        &[],
        &[]
    ),
    row!(
        CertificateSigningRequest,
        "certificates.k8s.io",
        "certificatesigningrequests",
        "certificatesigningrequest",
        &["csr"],
        Cluster,
        &[],
        &["approval", "status"]
    ),
    row!(
        MutatingWebhookConfiguration,
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "mutatingwebhookconfiguration",
        &[],
        Cluster,
        API_EXTENSIONS,
        &[]
    ),
    row!(
        ValidatingWebhookConfiguration,
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "validatingwebhookconfiguration",
        &[],
        Cluster,
        API_EXTENSIONS,
        &[]
    ),
    row!(
        MutatingAdmissionPolicy,
        "admissionregistration.k8s.io",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicy",
        &[],
        Cluster,
        API_EXTENSIONS,
        &[]
    ),
    row!(
        MutatingAdmissionPolicyBinding,
        "admissionregistration.k8s.io",
        "mutatingadmissionpolicybindings",
        "mutatingadmissionpolicybinding",
        &[],
        Cluster,
        API_EXTENSIONS,
        &[]
    ),
    row!(
        ValidatingAdmissionPolicy,
        "admissionregistration.k8s.io",
        "validatingadmissionpolicies",
        "validatingadmissionpolicy",
        &[],
        Cluster,
        API_EXTENSIONS,
        STATUS
    ),
    row!(
        ValidatingAdmissionPolicyBinding,
        "admissionregistration.k8s.io",
        "validatingadmissionpolicybindings",
        "validatingadmissionpolicybinding",
        &[],
        Cluster,
        API_EXTENSIONS,
        &[]
    ),
    row!(FlowSchema, "flowcontrol.apiserver.k8s.io", "flowschemas", "flowschema", &[], Cluster, &[], STATUS),
    row!(
        PriorityLevelConfiguration,
        "flowcontrol.apiserver.k8s.io",
        "prioritylevelconfigurations",
        "prioritylevelconfiguration",
        &[],
        Cluster,
        &[],
        STATUS
    ),
    row!(DeviceClass, "resource.k8s.io", "deviceclasses", "deviceclass", &[], Cluster, &[], &[]),
    row!(ResourceClaim, "resource.k8s.io", "resourceclaims", "resourceclaim", &[], Namespaced, &[], STATUS),
    row!(
        ResourceClaimTemplate,
        "resource.k8s.io",
        "resourceclaimtemplates",
        "resourceclaimtemplate",
        &[],
        Namespaced,
        &[],
        &[]
    ),
    row!(ResourceSlice, "resource.k8s.io", "resourceslices", "resourceslice", &[], Cluster, &[], &[]),
    KindInfo {
        storage: "/registry/apiregistration.k8s.io/apiservices/",
        ..row!(APIService, "apiregistration.k8s.io", "apiservices", "apiservice", &[], Cluster, API_EXTENSIONS, STATUS)
    },
    KindInfo {
        storage: "/registry/apiextensions.k8s.io/customresourcedefinitions/",
        ..row!(
            CustomResourceDefinition,
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            "customresourcedefinition",
            &["crd", "crds"],
            Cluster,
            API_EXTENSIONS,
            STATUS
        )
    },
    asked!(SelfSubjectReview, "authentication.k8s.io", "selfsubjectreviews", "selfsubjectreview", Cluster),
    asked!(TokenReview, "authentication.k8s.io", "tokenreviews", "tokenreview", Cluster),
    asked!(
        LocalSubjectAccessReview,
        "authorization.k8s.io",
        "localsubjectaccessreviews",
        "localsubjectaccessreview",
        Namespaced
    ),
    asked!(
        SelfSubjectAccessReview,
        "authorization.k8s.io",
        "selfsubjectaccessreviews",
        "selfsubjectaccessreview",
        Cluster
    ),
    asked!(
        SelfSubjectRulesReview,
        "authorization.k8s.io",
        "selfsubjectrulesreviews",
        "selfsubjectrulesreview",
        Cluster
    ),
    asked!(SubjectAccessReview, "authorization.k8s.io", "subjectaccessreviews", "subjectaccessreview", Cluster),
];

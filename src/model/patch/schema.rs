//! Which lists and maps of the built-in types merge: the tags `patchStrategy` and `patchMergeKey` of k8s.io/api v1.36.

/// A type of the API, as far as patches need to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema(&'static str);

/// How a field is patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Maps merge, lists are replaced.
    Plain,
    /// A map that is replaced as a whole.
    Replace,
    /// A map whose other fields go when one is set: a union.
    Retain,
    /// A list whose elements merge by this key.
    List(&'static str),
    /// The same, and each element is a union.
    RetainList(&'static str),
    /// A list of texts that is a set.
    Set,
}

impl Rule {
    /// Whether lists under this rule merge.
    pub(super) const fn merges_lists(self) -> bool {
        matches!(self, Self::List(_) | Self::RetainList(_) | Self::Set)
    }

    /// The key by which elements are matched.
    pub(super) const fn key(self) -> Option<&'static str> {
        match self {
            Self::List(key) | Self::RetainList(key) => Some(key),
            _ => None,
        }
    }

    /// Whether `$retainKeys` belongs into the patch.
    pub(super) const fn retains(self) -> bool {
        matches!(self, Self::Retain | Self::RetainList(_))
    }
}

/// The type without known fields.
const OPAQUE: Schema = Schema("");

/// Kinds that consist of a Pod template and conditions.
const WORKLOADS: [&str; 5] = ["ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job"];

/// Kinds of whose fields only the conditions matter.
const CONDITIONED: [&str; 8] = [
    "Namespace",
    "PersistentVolumeClaim",
    "HorizontalPodAutoscaler",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "ServiceCIDR",
    "StorageVersionMigration",
    "DeviceTaintRule",
];

/// Type, field, type of the field (or of its elements), rule.
const FIELDS: &[(&str, &str, &str, Rule)] = &[
    ("ObjectMeta", "ownerReferences", "", Rule::List("uid")),
    ("ObjectMeta", "finalizers", "", Rule::Set),
    ("Conditioned", "conditions", "", Rule::List("type")),
    ("ComponentStatus", "conditions", "", Rule::List("type")),
    ("Pod", "spec", "PodSpec", Rule::Plain),
    ("Pod", "status", "PodStatus", Rule::Plain),
    ("PodTemplate", "template", "PodTemplateSpec", Rule::Plain),
    ("PodTemplateSpec", "spec", "PodSpec", Rule::Plain),
    ("PodSpec", "volumes", "", Rule::RetainList("name")),
    ("PodSpec", "initContainers", "Container", Rule::List("name")),
    ("PodSpec", "containers", "Container", Rule::List("name")),
    ("PodSpec", "ephemeralContainers", "Container", Rule::List("name")),
    ("PodSpec", "imagePullSecrets", "", Rule::List("name")),
    ("PodSpec", "hostAliases", "", Rule::List("ip")),
    ("PodSpec", "topologySpreadConstraints", "", Rule::List("topologyKey")),
    ("PodSpec", "schedulingGates", "", Rule::List("name")),
    ("PodSpec", "resourceClaims", "", Rule::RetainList("name")),
    ("Container", "ports", "", Rule::List("containerPort")),
    ("Container", "env", "", Rule::List("name")),
    ("Container", "volumeMounts", "", Rule::List("mountPath")),
    ("Container", "volumeDevices", "", Rule::List("devicePath")),
    ("PodStatus", "conditions", "", Rule::List("type")),
    ("PodStatus", "hostIPs", "", Rule::List("ip")),
    ("PodStatus", "podIPs", "", Rule::List("ip")),
    ("PodStatus", "resourceClaimStatuses", "", Rule::RetainList("name")),
    ("Deployment", "spec", "DeploymentSpec", Rule::Plain),
    ("Deployment", "status", "Conditioned", Rule::Plain),
    ("DeploymentSpec", "strategy", "", Rule::Retain),
    ("DeploymentSpec", "template", "PodTemplateSpec", Rule::Plain),
    ("WorkloadSpec", "template", "PodTemplateSpec", Rule::Plain),
    ("CronJob", "spec", "CronJobSpec", Rule::Plain),
    ("CronJobSpec", "jobTemplate", "JobTemplateSpec", Rule::Plain),
    ("JobTemplateSpec", "spec", "WorkloadSpec", Rule::Plain),
    ("Service", "spec", "ServiceSpec", Rule::Plain),
    ("Service", "status", "Conditioned", Rule::Plain),
    ("ServiceSpec", "ports", "", Rule::List("port")),
    ("ServiceAccount", "secrets", "", Rule::List("name")),
    ("Node", "spec", "NodeSpec", Rule::Plain),
    ("Node", "status", "NodeStatus", Rule::Plain),
    ("NodeSpec", "podCIDRs", "", Rule::Set),
    ("NodeStatus", "conditions", "", Rule::List("type")),
    ("NodeStatus", "addresses", "", Rule::List("type")),
    ("PodDisruptionBudget", "spec", "PodDisruptionBudgetSpec", Rule::Plain),
    ("PodDisruptionBudget", "status", "Conditioned", Rule::Plain),
    ("PodDisruptionBudgetSpec", "selector", "", Rule::Replace),
    ("ValidatingWebhookConfiguration", "webhooks", "Webhook", Rule::List("name")),
    ("MutatingWebhookConfiguration", "webhooks", "Webhook", Rule::List("name")),
    ("Webhook", "matchConditions", "", Rule::List("name")),
    ("ValidatingAdmissionPolicy", "spec", "AdmissionPolicySpec", Rule::Plain),
    ("MutatingAdmissionPolicy", "spec", "AdmissionPolicySpec", Rule::Plain),
    ("AdmissionPolicySpec", "matchConditions", "", Rule::List("name")),
    ("AdmissionPolicySpec", "variables", "", Rule::List("name")),
    ("CSINode", "spec", "CSINodeSpec", Rule::Plain),
    ("CSINodeSpec", "drivers", "", Rule::List("name")),
    ("ResourceClaim", "status", "ResourceClaimStatus", Rule::Plain),
    ("ResourceClaimStatus", "reservedFor", "", Rule::List("uid")),
];

impl Schema {
    /// The type of objects of `kind`. Of kinds outside the table only the metadata is known.
    #[must_use]
    pub fn of_kind(kind: &str) -> Self {
        if WORKLOADS.contains(&kind) {
            return Self("Workload");
        }
        if CONDITIONED.contains(&kind) {
            return Self("ConditionedKind");
        }
        Self(FIELDS.iter().map(|row| row.0).find(|name| *name == kind).unwrap_or("Kind"))
    }

    /// The type and rule of a field.
    pub(super) fn field(self, name: &str) -> (Self, Rule) {
        match (self.0, name) {
            ("", _) => (OPAQUE, Rule::Plain),
            ("Workload", "spec") => (Self("WorkloadSpec"), Rule::Plain),
            ("Workload" | "ConditionedKind", "status") => (Self("Conditioned"), Rule::Plain),
            (_, "metadata") => (Self("ObjectMeta"), Rule::Plain),
            _ => {
                let row = FIELDS.iter().find(|row| row.0 == self.0 && row.1 == name);
                row.map_or((OPAQUE, Rule::Plain), |row| (Self(row.2), row.3))
            }
        }
    }
}

//! How faithful podlab is, kind by kind: the table behind `podlab fidelity` and the page of the same name in the docs.
//!
//! A kind that nobody simulates is still stored, defaulted, checked and printed; the table says so, so that nobody takes the
//! silence of a cluster for an answer.

use std::fmt::Write;

use serde::Serialize;

use super::kind::Kind;

/// How faithful something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It behaves as in Kubernetes.
    Modelled,
    /// It behaves alike; the sentence says what is left out.
    Simplified,
    /// It is stored, defaulted, checked and printed; nothing acts on it.
    StoredOnly,
    /// It is refused, or has no effect.
    NotModelled,
}

impl Level {
    /// As people read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Modelled => "modelled",
            Self::Simplified => "simplified",
            Self::StoredOnly => "stored only",
            Self::NotModelled => "not modelled",
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The kind, or what else is meant: `kubectl`, `API`.
    pub kind: &'static str,
    /// Which of its fields or duties.
    pub part: &'static str,
    /// How faithful.
    pub level: Level,
    /// One sentence.
    pub note: &'static str,
}

const fn row(kind: &'static str, part: &'static str, level: Level, note: &'static str) -> Row {
    Row { kind, part, level, note }
}

use Level::{Modelled, NotModelled, Simplified, StoredOnly};

/// What is said of kinds that nobody simulates.
const UNSIMULATED: &str =
    "Stored, not simulated: defaulted, checked, printed and watched, but no component acts on it.";

/// The table, by kind; within a kind the most faithful first.
const ROWS: &[Row] = &[
    row(
        "API",
        "get, list, watch, create, update, patch, delete",
        Modelled,
        "With revisions, pages, selectors, bookmarks, 410 and 409 as in Kubernetes.",
    ),
    row(
        "API",
        "server-side apply, managed fields",
        Modelled,
        "With conflicts and co-owners; of a row of writes by one manager the first and last state count.",
    ),
    row(
        "API",
        "older versions of a kind",
        NotModelled,
        "Only the stable versions of v1.36 are served; beta and alpha groups are not.",
    ),
    row(
        "API",
        "mutating admission policies",
        NotModelled,
        "Their configurations are stored; nothing is computed. Webhooks and validating policies have rows of their own.",
    ),
    row(
        "API",
        "client certificates, tokens of ServiceAccounts, impersonation",
        Modelled,
        "Impersonation also in its constrained form, without that of a Pod's own node.",
    ),
    row(
        "API",
        "authorisation by Node and RBAC, access reviews",
        Modelled,
        "Escalation checks and the reasons of refusals included.",
    ),
    row(
        "API",
        "ABAC and webhook authorisation, OIDC, anonymous users",
        NotModelled,
        "Nobody is let in without a name.",
    ),
    row(
        "API",
        "componentstatuses, /proxy of Pods and Services",
        Modelled,
        "HTTP/1.1; links in pages are not rewritten.",
    ),
    row(
        "API",
        "/proxy of nodes",
        Simplified,
        "/stats/summary, /metrics/resource, /metrics/cadvisor, /healthz of the kubelet; nothing else of its server.",
    ),
    row(
        "API",
        "metrics.k8s.io",
        Simplified,
        "Once metrics-server is installed; kubelets are measured when it asks. Other aggregated groups are not reached.",
    ),
    row("API", "priority and fairness", NotModelled, "Requests are not queued by flow schemas."),
    row(
        "Namespace",
        "phases, deletion of content, finalizers",
        Modelled,
        "With the conditions that tell what remains.",
    ),
    row(
        "Namespace",
        "PodSecurity labels",
        Modelled,
        "Enforced and warned of, in every version of the levels; audit leaves no trace, as there is no audit log.",
    ),
    row(
        "Node",
        "status, leases, taints, cordon, drain, capacity",
        Modelled,
        "The kubelet reports as a real one does; the node controller taints and evicts by zone.",
    ),
    row(
        "Node",
        "kernel and runtime",
        Simplified,
        "A computer of its own kind: processes, files, sockets and memory are simulated, instructions are not.",
    ),
    row(
        "Node",
        "kubectl debug node",
        Simplified,
        "The machine's folders and a few files are below /host; processes of other Pods are not seen.",
    ),
    row(
        "Pod",
        "scheduling",
        Modelled,
        "Every default plugin, filters and scores; preemption; the queue; profiles. Of ResourceClaims only that there are none.",
    ),
    row(
        "Pod",
        "containers, init containers, sidecars, hooks, termination",
        Modelled,
        "Phases, conditions, back-off and exit codes as in Kubernetes.",
    ),
    row(
        "Pod",
        "probes",
        Simplified,
        "exec, http, tcp and gRPC are run, gRPC as one request with the state in its body; HTTPS is asked as HTTP.",
    ),
    row("Pod", "ephemeral containers", Modelled, ""),
    row(
        "Pod",
        "in-place resize",
        Modelled,
        "What is deferred is looked at again at once when something changes; resources of the Pod itself are not resized.",
    ),
    row(
        "Pod",
        "exec, attach, cp, port-forward",
        Simplified,
        "Over WebSockets as kubectl 1.31 and client libraries speak, not over bare SPDY; terminals without raw mode; forwarded ports carry HTTP/1.1 only.",
    ),
    row(
        "Pod",
        "security context",
        StoredOnly,
        "User and group are told to the processes; capabilities, seccomp and SELinux have no effect.",
    ),
    row(
        "Pod",
        "eviction under pressure",
        Simplified,
        "Hard thresholds of memory and disk; no soft thresholds, inodes or process ids.",
    ),
    row("ReplicaSet", "all fields", Modelled, ""),
    row("Deployment", "all fields", Modelled, "Names carry the hash that Go makes of the template."),
    row(
        "Service",
        "ClusterIP, NodePort, headless, session affinity, ExternalName",
        Modelled,
        "Each node's proxy learns of changes after a delay of its own.",
    ),
    row("Service", "LoadBalancer", StoredOnly, "Stays <pending>: there is no cloud."),
    row(
        "Endpoints",
        "all fields",
        Simplified,
        "IPv4 only; written for selectors, mirrored into slices when written by hand.",
    ),
    row("EndpointSlice", "all fields", Simplified, "IPv4 only; no topology hints."),
    row("ConfigMap", "all fields", Modelled, ""),
    row("Secret", "all fields", Simplified, "Types are checked by their keys; nothing is encrypted at rest."),
    row(
        "ServiceAccount",
        "default accounts, TokenRequest",
        Simplified,
        "Tokens are signed with HMAC instead of RSA; they die with the account and what they are bound to.",
    ),
    row(
        "ServiceAccount",
        "tokens projected into Pods",
        Simplified,
        "Made on the node, with the claims of real ones but without a signature: the API refuses them.",
    ),
    row("ServiceAccount", "tokens in Secrets", NotModelled, "Secrets of that type are stored and stay empty."),
    row("Role", "all fields", Modelled, "Authorisation uses roles and bindings as they are when it is asked."),
    row("RoleBinding", "all fields", Modelled, "Nobody grants what he does not hold, unless he may bind or escalate."),
    row("ClusterRole", "rules, aggregation", Modelled, "With the default roles of v1.36."),
    row("ClusterRoleBinding", "all fields", Modelled, ""),
    row("Event", "aggregation, expiry", Modelled, "Served under v1 and events.k8s.io/v1, written in the form of v1."),
    row("Lease", "all fields", Modelled, "Held by the scheduler, the controller manager and every kubelet."),
    row("ReplicationController", "all fields", Modelled, ""),
    row(
        "StatefulSet",
        "all fields",
        Modelled,
        "maxUnavailable needs the feature gate that v1.36 leaves off: `featureGates: {MaxUnavailableStatefulSet: true}` of a cluster.",
    ),
    row("DaemonSet", "all fields", Modelled, ""),
    row("ControllerRevision", "all fields", Modelled, "Written by StatefulSets and DaemonSets."),
    row("Job", "all fields but managedBy", Modelled, ""),
    row("Job", "managedBy", StoredOnly, "No controller looks at it."),
    row("CronJob", "all fields", Modelled, ""),
    row(
        "HorizontalPodAutoscaler",
        "Resource and ContainerResource metrics, behavior, conditions, Events",
        Modelled,
        "",
    ),
    row(
        "HorizontalPodAutoscaler",
        "Pods, Object and External metrics",
        NotModelled,
        "There are no adapters: they fail as in a cluster without one.",
    ),
    row("PodDisruptionBudget", "evictions, preemption", Modelled, ""),
    row(
        "LimitRange",
        "all fields",
        Modelled,
        "Containers get what they do not ask for; Pods and claims beyond the bounds are refused.",
    ),
    row(
        "ResourceQuota",
        "counts, compute resources, storage, scopes",
        Modelled,
        "Every namespaced kind can be counted with count/…; scopeSelector too.",
    ),
    row(
        "MutatingWebhookConfiguration",
        "all fields",
        Simplified,
        "Asked over the network of the cluster, of Pods behind a Service; TLS is taken to be in order, URLs lead nowhere outside, and side effects are not told from others.",
    ),
    row(
        "ValidatingWebhookConfiguration",
        "all fields",
        Simplified,
        "As MutatingWebhookConfiguration; all that match are asked at once.",
    ),
    row(
        "ValidatingAdmissionPolicy",
        "all fields",
        Simplified,
        "Computed, with bindings and parameters; without authorizer, costs, type checking, and CEL's libraries for URLs, addresses and versions. Audit leaves no trace.",
    ),
    row("ValidatingAdmissionPolicyBinding", "all fields", Simplified, "With the policy that it binds."),
    row(
        "PersistentVolume",
        "binding, reclaim, protection",
        Modelled,
        "hostPath, local, nfs and csi sources hold files.",
    ),
    row(
        "PersistentVolumeClaim",
        "binding, protection, expansion",
        Simplified,
        "Sizes grow in the API; file systems do not.",
    ),
    row("StorageClass", "binding modes, provisioning", Modelled, "Provisioned by a simulated CSI driver."),
    row("PriorityClass", "all fields", Modelled, ""),
    row(
        "CustomResourceDefinition",
        "names, versions, pruning, defaults, printer columns, status, scale",
        Simplified,
        "Established in the write that creates it; conversion only with the strategy None.",
    ),
    row(
        "CustomResourceDefinition",
        "schema",
        Simplified,
        "Types, required, enum, pattern, bounds, lists as sets and maps, compositions; of formats only date-time.",
    ),
    row(
        "CustomResourceDefinition",
        "x-kubernetes-validations",
        Simplified,
        "Rules in CEL are computed, without the libraries that Kubernetes adds and without cost limits.",
    ),
    row(
        "CustomResourceDefinition",
        "garbage collection",
        NotModelled,
        "Dependents of custom objects are not collected when their owner goes.",
    ),
    row(
        "kubectl",
        "the prompt's own kubectl",
        Simplified,
        "No plug-ins, kustomize, proxy, port-forward and terminals; the real kubectl over podlab serve has them.",
    ),
    row(
        "kubectl",
        "rolling-update (history)",
        Modelled,
        "As kubectl 1.17 had it, at the prompt's own kubectl; the names it makes up are other digits.",
    ),
];

/// Kinds that nobody simulates, unless [`ROWS`] says something of them.
fn is_unsimulated(kind: Kind) -> bool {
    ROWS.iter().all(|row| row.kind != kind.name())
}

/// The table: what is written above, and a line for every kind that nobody simulates.
#[must_use]
pub fn rows() -> Vec<Row> {
    let others = Kind::all().filter(|kind| is_unsimulated(*kind));
    let others = others.map(|kind| row(kind.name(), "all fields", StoredOnly, UNSIMULATED));
    ROWS.iter().copied().chain(others).collect()
}

/// The table as Markdown, as the docs have it.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| kind | part | | |\n|---|---|---|---|\n".to_owned();
    for row in rows().iter().filter(|row| row.note != UNSIMULATED) {
        // Writing into a String has no way to fail.
        let _ = writeln!(text, "| {} | {} | {} | {} |", row.kind, row.part, row.level.text(), row.note);
    }
    let others: Vec<&str> = Kind::all().filter(|kind| is_unsimulated(*kind)).map(Kind::name).collect();
    let _ = writeln!(text, "\nStored, not simulated: {}.", others.join(", "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_of() {
        let rows = rows();
        for kind in Kind::all() {
            assert!(rows.iter().any(|row| row.kind == kind.name()), "{kind}");
        }
    }

    #[test]
    fn the_readme_tells_the_same() {
        let readme = include_str!("../../README.md");
        let table = markdown();
        assert!(readme.contains(&table), "put this into README.md, under Fidelity:\n{table}");
    }
}

//! The table of kinds: group, version, names and scope. It feeds storage, discovery, kubectl, printers and completion; a
//! new kind is a row here and an arm in [`super::object`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// A built-in kind that podlab serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant is the Kubernetes kind of that name")]
pub enum Kind {
    Namespace,
    Node,
    Pod,
    ReplicaSet,
    Deployment,
    Service,
    EndpointSlice,
    ConfigMap,
    Secret,
    ServiceAccount,
    Event,
    Lease,
    ResourceQuota,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    PriorityClass,
}

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster itself.
    Cluster,
}

/// What is known of a kind before any object of it exists.
#[derive(Debug)]
pub struct KindInfo {
    /// The kind.
    pub kind: Kind,
    /// `Pod`.
    pub name: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// `v1`.
    pub version: &'static str,
    /// `pods`, as in URLs.
    pub plural: &'static str,
    /// `pod`.
    pub singular: &'static str,
    /// `po`.
    pub short_names: &'static [&'static str],
    /// Namespaced or not.
    pub scope: Scope,
    /// Categories such as `all`.
    pub categories: &'static [&'static str],
    /// Subresources that the API server answers: `status`, `scale`, `binding`, `eviction`, `log`, `exec`.
    pub subresources: &'static [&'static str],
}

const STATUS: &[&str] = &["status"];
const SCALE: &[&str] = &["scale", "status"];
const ALL: &[&str] = &["all"];

/// A row of the table.
macro_rules! row {
    ($kind:ident, $group:literal, $plural:literal, $singular:literal, $short:expr, $scope:ident, $categories:expr, $sub:expr) => {
        KindInfo {
            kind: Kind::$kind,
            name: stringify!($kind),
            group: $group,
            version: "v1",
            plural: $plural,
            singular: $singular,
            short_names: $short,
            scope: Scope::$scope,
            categories: $categories,
            subresources: $sub,
        }
    };
}

/// Every kind, in the order of [`Kind`]. Source: `kubectl api-resources` of v1.36.
static TABLE: [KindInfo; 17] = [
    row!(Namespace, "", "namespaces", "namespace", &["ns"], Cluster, &[], &["finalize", "status"]),
    row!(Node, "", "nodes", "node", &["no"], Cluster, &[], STATUS),
    row!(Pod, "", "pods", "pod", &["po"], Namespaced, ALL, &["binding", "eviction", "exec", "log", "status"]),
    row!(ReplicaSet, "apps", "replicasets", "replicaset", &["rs"], Namespaced, ALL, SCALE),
    row!(Deployment, "apps", "deployments", "deployment", &["deploy"], Namespaced, ALL, SCALE),
    row!(Service, "", "services", "service", &["svc"], Namespaced, ALL, STATUS),
    row!(EndpointSlice, "discovery.k8s.io", "endpointslices", "endpointslice", &[], Namespaced, &[], &[]),
    row!(ConfigMap, "", "configmaps", "configmap", &["cm"], Namespaced, &[], &[]),
    row!(Secret, "", "secrets", "secret", &[], Namespaced, &[], &[]),
    row!(ServiceAccount, "", "serviceaccounts", "serviceaccount", &["sa"], Namespaced, &[], &[]),
    row!(Event, "", "events", "event", &["ev"], Namespaced, &[], &[]),
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
];

impl Kind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|info| info.kind)
    }

    /// Its row in the table.
    #[must_use]
    pub fn info(self) -> &'static KindInfo {
        &TABLE[self as usize]
    }

    /// `Pod`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// `pods`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        self.info().plural
    }

    /// `v1` or `apps/v1`.
    #[must_use]
    pub fn api_version(self) -> String {
        let info = self.info();
        if info.group.is_empty() { info.version.to_owned() } else { format!("{}/{}", info.group, info.version) }
    }

    /// `pods` or `deployments.apps`, as error messages name it.
    #[must_use]
    pub fn group_resource(self) -> String {
        with_group(self.info().plural, self.info().group)
    }

    /// `pod` or `deployment.apps`, as kubectl names an object it has changed.
    #[must_use]
    pub fn qualified_singular(self) -> String {
        with_group(self.info().singular, self.info().group)
    }

    /// Whether its objects live in a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        self.info().scope == Scope::Namespaced
    }

    /// The kind that `apiVersion` and `kind` of a manifest name.
    #[must_use]
    pub fn from_gvk(api_version: &str, kind: &str) -> Option<Self> {
        // Events are served under two groups that share one storage.
        if kind == "Event" && api_version == "events.k8s.io/v1" {
            return Some(Self::Event);
        }
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let named = |info: &&KindInfo| info.name == kind && info.group == group && info.version == version;
        TABLE.iter().find(named).map(|info| info.kind)
    }

    /// The kind that a word on kubectl's command line names: plural, singular or short name, in any case, possibly with
    /// `.group` or `.version.group` behind it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let (name, rest) = word.split_once('.').unwrap_or((&word, ""));
        let named = |info: &&KindInfo| {
            let named = info.plural == name || info.singular == name || info.short_names.contains(&name);
            named && (rest.is_empty() || rest == info.group || rest == with_group(info.version, info.group))
        };
        TABLE.iter().find(named).map(|info| info.kind)
    }
}

fn with_group(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for info in &TABLE {
            assert_eq!(info.kind.info().name, info.name);
        }
    }

    #[test]
    fn kinds_are_found_by_every_name_kubectl_takes() {
        for word in ["deploy", "deployment", "deployments", "Deployment", "deployments.apps", "deployment.v1.apps"] {
            assert_eq!(Kind::from_word(word), Some(Kind::Deployment), "{word}");
        }
        assert_eq!(Kind::from_word("deploy.batch"), None);
        assert_eq!(Kind::from_gvk("apps/v1", "Deployment"), Some(Kind::Deployment));
        assert_eq!(Kind::from_gvk("apps/v1beta1", "Deployment"), None);
    }
}

//! `--authorization-mode=Node`: a kubelet may read what the Pods on its node refer to, and write what is its own.
//!
//! Source: `plugin/pkg/auth/authorizer/node/node_authorizer.go`, `pkg/auth/nodeidentifier/default.go`.

mod graph;
mod references;

#[cfg(test)]
mod tests;

use crate::apiserver::request::User;
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::Store;
use crate::model::storage::VolumeAttachment;
use crate::model::{Kind, Resource};

use super::{Attributes, Decision};

pub(super) use graph::Graph;

/// The group of kubelets. Source: `user.NodesGroup`.
const GROUP: &str = "system:nodes";
const USER_PREFIX: &str = "system:node:";
/// Where kubelets keep their leases. Source: `corev1.NamespaceNodeLease`.
const LEASES: &str = "kube-node-lease";
const ALLOWED: Said = Ok(());

/// `Err`: no opinion, for this reason.
type Said = Result<(), String>;

/// The node whose kubelet a user is; `Some("")` when it does not say which.
#[must_use]
pub fn name_of(user: &User) -> Option<&str> {
    let name = user.name.strip_prefix(USER_PREFIX)?;
    user.is_in(GROUP).then_some(name)
}

/// What the mode thinks, and why.
pub(super) fn decide(attributes: &Attributes<'_>, graph: &Graph, store: &Store<Stored>) -> (Decision, String) {
    let Some(node) = name_of(attributes.user) else { return (Decision::NoOpinion, String::new()) };
    if node.is_empty() {
        return (Decision::NoOpinion, format!("unknown node for user \"{}\"", attributes.user.name));
    }
    let kubelet = Kubelet { node, graph, store };
    match kubelet.may(attributes) {
        Ok(()) => (Decision::Allow, String::new()),
        Err(reason) => (Decision::NoOpinion, reason),
    }
}

/// A kubelet that asks.
struct Kubelet<'a> {
    node: &'a str,
    graph: &'a Graph,
    store: &'a Store<Stored>,
}

impl Kubelet<'_> {
    fn may(&self, asked: &Attributes<'_>) -> Said {
        match (asked.group, asked.resource) {
            ("", "secrets") => self.read_one(Kind::Secret, asked),
            ("", "configmaps") => self.read_one(Kind::ConfigMap, asked),
            ("", "persistentvolumeclaims") if asked.subresource == "status" => self.update_status(asked),
            ("", "persistentvolumeclaims") => self.get(Kind::PersistentVolumeClaim, asked),
            ("", "persistentvolumes") => self.get(Kind::PersistentVolume, asked),
            ("resource.k8s.io", "resourceclaims") => self.get(Kind::ResourceClaim, asked),
            ("storage.k8s.io", "volumeattachments") => self.get(Kind::VolumeAttachment, asked),
            ("", "serviceaccounts") => self.create_token(asked),
            ("coordination.k8s.io", "leases") => self.lease(asked),
            ("storage.k8s.io", "csinodes") => self.own_object(asked, "CSINode"),
            ("", "nodes") => self.node(asked),
            ("", "pods") => self.pod(asked),
            _ if is_for_all(asked) => ALLOWED,
            _ => Err(String::new()),
        }
    }

    /// Get, list and watch of single objects that a Pod refers to.
    fn read_one(&self, kind: Kind, asked: &Attributes<'_>) -> Said {
        if !matches!(asked.verb, "get" | "list" | "watch") {
            return Err("can only read resources of this type".into());
        }
        if !asked.subresource.is_empty() {
            return Err("cannot read subresource".into());
        }
        if asked.namespace.is_empty() {
            return Err("can only read namespaced object of this type".into());
        }
        self.related(kind, asked)
    }

    /// Upstream's kubelet gets claims and volumes one by one; podlab's watches the single objects that its Pods refer to.
    fn get(&self, kind: Kind, asked: &Attributes<'_>) -> Said {
        let is_claim = matches!(kind, Kind::PersistentVolumeClaim | Kind::PersistentVolume);
        if asked.verb != "get" && !(is_claim && matches!(asked.verb, "list" | "watch")) {
            return Err("can only get individual resources of this type".into());
        }
        if !asked.subresource.is_empty() {
            return Err("cannot get subresource".into());
        }
        self.related(kind, asked)
    }

    fn update_status(&self, asked: &Attributes<'_>) -> Said {
        if !matches!(asked.verb, "update" | "patch") {
            return Err("can only get/update/patch this type".into());
        }
        self.related(Kind::PersistentVolumeClaim, asked)
    }

    fn create_token(&self, asked: &Attributes<'_>) -> Said {
        if asked.verb != "create" || asked.name.is_empty() {
            return Err("can only create tokens for individual service accounts".into());
        }
        if asked.subresource != "token" {
            return Err("can only create token subresource of serviceaccount".into());
        }
        self.related(Kind::ServiceAccount, asked)
    }

    fn lease(&self, asked: &Attributes<'_>) -> Said {
        if !matches!(asked.verb, "get" | "create" | "update" | "patch" | "delete") {
            return Err("can only get, create, update, patch, or delete a node lease".into());
        }
        if asked.namespace != LEASES {
            return Err(format!("can only access leases in the \"{LEASES}\" system namespace"));
        }
        if asked.verb != "create" && asked.name != self.node {
            return Err("can only access node lease with the same name as the requesting node".into());
        }
        ALLOWED
    }

    fn own_object(&self, asked: &Attributes<'_>, what: &str) -> Said {
        if !matches!(asked.verb, "get" | "create" | "update" | "patch" | "delete") {
            return Err(format!("can only get, create, update, patch, or delete a {what}"));
        }
        if !asked.subresource.is_empty() {
            return Err(format!("cannot authorize {what} subresources"));
        }
        if asked.verb != "create" && asked.name != self.node {
            return Err(format!("can only access {what} with the same name as the requesting node"));
        }
        ALLOWED
    }

    fn node(&self, asked: &Attributes<'_>) -> Said {
        let node = self.node;
        match (asked.subresource, asked.verb) {
            ("", "create" | "update" | "patch") | ("status", "update" | "patch") => ALLOWED,
            ("", "get" | "list" | "watch") => match asked.name {
                name if name == node => ALLOWED,
                "" => Err(format!("node '{node}' cannot read all nodes, only its own Node object")),
                name => Err(format!("node '{node}' cannot read '{name}', only its own Node object")),
            },
            _ => Err(String::new()),
        }
    }

    fn pod(&self, asked: &Attributes<'_>) -> Said {
        match (asked.subresource, asked.verb) {
            ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => ALLOWED,
            ("", "get") => self.related(Kind::Pod, asked),
            ("", "list" | "watch") if asked.required_field("spec.nodeName") == self.node => ALLOWED,
            ("", "list" | "watch") if !asked.name.is_empty() => self.related(Kind::Pod, asked),
            ("", "list" | "watch") => Err("can only list/watch pods with spec.nodeName field selector".into()),
            _ => Err(String::new()),
        }
    }

    /// Whether a Pod on the node leads to the object.
    fn related(&self, kind: Kind, asked: &Attributes<'_>) -> Said {
        if asked.name.is_empty() {
            return Err("No Object name found".into());
        }
        let found = match kind {
            Kind::VolumeAttachment => self.is_attachment(asked.name),
            _ => self.graph.leads_to(self.node, kind, asked.namespace, asked.name, self.store),
        };
        let node = self.node;
        if found { ALLOWED } else { Err(format!("no relationship found between node '{node}' and this object")) }
    }

    fn is_attachment(&self, name: &str) -> bool {
        let entry = self.store.get(&storage_key::of(Kind::VolumeAttachment, "", name));
        let attachment = entry.and_then(|entry| Stored::peek(entry)).and_then(VolumeAttachment::of);
        attachment.is_some_and(|attachment| attachment.spec.node_name == self.node)
    }
}

/// What all kubelets may do alike: the rules of `system:node` that no other case of this file looks at.
fn is_for_all(asked: &Attributes<'_>) -> bool {
    if !asked.is_resource() || !asked.subresource.is_empty() {
        return false;
    }
    let reads = matches!(asked.verb, "get" | "list" | "watch");
    match (asked.group, asked.resource) {
        ("", "services") | ("storage.k8s.io", "csidrivers") | ("node.k8s.io", "runtimeclasses") => reads,
        ("", "events") => matches!(asked.verb, "create" | "update" | "patch"),
        ("", "endpoints") => asked.verb == "get",
        ("certificates.k8s.io", "certificatesigningrequests") => reads || asked.verb == "create",
        ("authentication.k8s.io", "tokenreviews") => asked.verb == "create",
        ("authorization.k8s.io", "subjectaccessreviews" | "localsubjectaccessreviews") => asked.verb == "create",
        ("resource.k8s.io", "resourceslices") => {
            asked.verb == "create"
                || (matches!(asked.verb, "list" | "watch" | "deletecollection")
                    && Some(asked.required_field("spec.nodeName")) == name_of(asked.user))
        }
        _ => false,
    }
}

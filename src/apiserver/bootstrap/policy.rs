//! The roles and bindings that every cluster begins with.
//!
//! Source: `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`; the facts stand in `assets/kubernetes/bootstrap-policy.yaml`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::metav1::{LabelSelector, ObjectMeta};
use crate::model::rbac::{
    AggregationRule, ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use crate::model::{Object, yaml};

const TEXT: &str = include_str!("../../../assets/kubernetes/bootstrap-policy.yaml");
const GROUP: &str = "rbac.authorization.k8s.io";
const LABEL: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");
const ANNOTATION: (&str, &str) = ("rbac.authorization.kubernetes.io/autoupdate", "true");
const AGGREGATE: &str = "rbac.authorization.k8s.io/aggregate-to-";
/// What the roles of controllers are called. Source: `saRolePrefix`.
const CONTROLLER: &str = "system:controller:";

/// The file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Policy {
    cluster_roles: Vec<RoleLine>,
    controllers: Vec<RoleLine>,
    cluster_role_bindings: Vec<BindingLine>,
    roles: Vec<RoleLine>,
    role_bindings: Vec<BindingLine>,
    driver: Vec<RoleLine>,
    driver_bindings: Vec<BindingLine>,
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoleLine {
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    aggregates: Option<String>,
    #[serde(default)]
    aggregates_to: Option<String>,
    #[serde(default)]
    rules: Vec<PolicyRule>,
}

/// A binding.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BindingLine {
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    subjects: Vec<Subject>,
}

/// Roles first, then what binds them.
pub(super) fn objects() -> &'static [Object] {
    static OBJECTS: OnceLock<Vec<Object>> = OnceLock::new();
    OBJECTS.get_or_init(|| read().map(|policy| policy.objects()).unwrap_or_default())
}

/// The file, read; a test holds that it can be.
fn read() -> Option<Policy> {
    let documents = yaml::read("bootstrap-policy.yaml", TEXT).ok()?;
    serde_json::from_value(documents.into_iter().next()?.value).ok()
}

impl Policy {
    fn objects(self) -> Vec<Object> {
        let mut objects = Vec::new();
        let mut bindings = Vec::new();
        for role in self.cluster_roles {
            objects.push(role.cluster_role().into());
        }
        for mut role in self.controllers {
            let account = std::mem::take(&mut role.name);
            role.name = format!("{CONTROLLER}{account}");
            let subject = Subject {
                kind: "ServiceAccount".into(),
                name: account,
                namespace: Some("kube-system".into()),
                ..Subject::default()
            };
            let (name, subjects) = (role.name.clone(), vec![subject]);
            bindings.push(BindingLine { name, namespace: None, role: None, subjects });
            objects.push(role.cluster_role().into());
        }
        objects.extend(self.roles.into_iter().map(|role| Object::from(role.role())));
        let bindings = self.cluster_role_bindings.into_iter().chain(bindings);
        objects.extend(bindings.map(|binding| Object::from(binding.cluster_binding())));
        objects.extend(self.role_bindings.into_iter().map(|binding| Object::from(binding.binding())));
        let own: Vec<Object> = self.driver.into_iter().map(|role| role.cluster_role().into()).collect();
        let bound = self.driver_bindings.into_iter().map(|binding| Object::from(binding.cluster_binding()));
        objects.extend(own.into_iter().chain(bound).map(without_marks));
        objects
    }
}

impl RoleLine {
    fn cluster_role(self) -> ClusterRole {
        let mut metadata = metadata(&self.name, None);
        if let Some(target) = self.aggregates_to {
            metadata.labels.get_or_insert_default().insert(format!("{AGGREGATE}{target}"), "true".into());
        }
        let aggregation_rule = self.aggregates.map(|target| {
            let labels = [(format!("{AGGREGATE}{target}"), "true".to_owned())].into();
            let selector = LabelSelector { match_labels: Some(labels), ..LabelSelector::default() };
            AggregationRule { cluster_role_selectors: Some(vec![selector]) }
        });
        ClusterRole { metadata, aggregation_rule, rules: Some(self.rules) }
    }

    fn role(self) -> Role {
        Role { metadata: metadata(&self.name, self.namespace), rules: Some(self.rules) }
    }
}

impl BindingLine {
    fn reference(&self, kind: &str) -> RoleRef {
        let name = self.role.clone().unwrap_or_else(|| self.name.clone());
        RoleRef { api_group: Some(GROUP.into()), kind: kind.into(), name }
    }

    fn cluster_binding(self) -> ClusterRoleBinding {
        let role_ref = self.reference("ClusterRole");
        let subjects = Some(self.subjects).filter(|subjects| !subjects.is_empty());
        ClusterRoleBinding { metadata: metadata(&self.name, None), role_ref, subjects }
    }

    fn binding(self) -> RoleBinding {
        let role_ref = self.reference("Role");
        RoleBinding { metadata: metadata(&self.name, self.namespace), role_ref, subjects: Some(self.subjects) }
    }
}

/// What is not part of the policy carries no marks of it.
fn without_marks(mut object: Object) -> Object {
    let metadata = object.meta_mut();
    (metadata.labels, metadata.annotations) = (None, None);
    object
}

fn metadata(name: &str, namespace: Option<String>) -> ObjectMeta {
    let pair = |(key, value): (&str, &str)| [(key.to_owned(), value.to_owned())].into();
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace,
        labels: Some(pair(LABEL)),
        annotations: Some(pair(ANNOTATION)),
        ..ObjectMeta::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn the_policy_can_be_read_and_holds_what_every_cluster_has() {
        assert!(read().is_some());
        let named =
            |kind: Kind, name: &str| objects().iter().any(|object| object.kind() == kind && object.name() == name);
        for role in ["cluster-admin", "admin", "edit", "view", "system:node", "system:controller:replicaset-controller"]
        {
            assert!(named(Kind::ClusterRole, role), "{role}");
        }
        assert!(named(Kind::ClusterRoleBinding, "system:controller:job-controller"));
        assert!(named(Kind::RoleBinding, "system::extension-apiserver-authentication-reader"));
    }
}

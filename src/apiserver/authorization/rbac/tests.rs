//! Roles, bindings and what they let users do.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::apiserver::{Body, Outcome, Request, Standalone, User, Verb};
use crate::engine::SimTime;
use crate::model::{Kind, Object};

fn object(kind: Kind, value: Value) -> Object {
    Object::from_value(kind, value, &mut Vec::new()).unwrap()
}

fn server() -> Standalone {
    let mut server = Standalone::new(SimTime::ZERO);
    let reader = json!({"metadata": {"name": "reader", "namespace": "default"},
        "rules": [{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]}]});
    server.create(object(Kind::Role, reader));
    server.create(object(
        Kind::RoleBinding,
        json!({"metadata": {"name": "bob", "namespace": "default"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "User", "name": "bob"}, {"kind": "ServiceAccount", "name": "robot"}]}),
    ));
    server
}

fn ask(server: &mut Standalone, user: &str, verb: Verb, kind: Kind, namespace: &str, name: &str) -> Outcome {
    let user = Arc::new(User::new(user, &[User::AUTHENTICATED]));
    server.call(Request::new(&user, &"kubectl".into(), verb, kind, namespace).named(name))
}

fn told(outcome: Outcome) -> String {
    outcome.map_or_else(|status| status.message.clone(), |_| "allowed".to_owned())
}

#[test]
fn a_role_counts_where_it_is_bound() {
    let mut server = server();
    let mut list = |user: &str, kind, namespace: &str| told(ask(&mut server, user, Verb::List, kind, namespace, ""));
    assert_eq!(list("bob", Kind::Pod, "default"), "allowed");
    assert_eq!(list("system:serviceaccount:default:robot", Kind::Pod, "default"), "allowed");
    insta::assert_snapshot!(list("bob", Kind::Pod, "kube-system"), @r#"pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "kube-system""#);
    insta::assert_snapshot!(list("bob", Kind::Pod, ""), @r#"pods is forbidden: User "bob" cannot list resource "pods" in API group "" at the cluster scope"#);
    insta::assert_snapshot!(list("alice", Kind::Secret, "default"), @r#"secrets is forbidden: User "alice" cannot list resource "secrets" in API group "" in the namespace "default""#);
    let deletion = ask(&mut server, "bob", Verb::Delete, Kind::Deployment, "default", "web");
    insta::assert_snapshot!(told(deletion), @r#"deployments.apps "web" is forbidden: User "bob" cannot delete resource "deployments" in API group "apps" in the namespace "default""#);
}

#[test]
fn what_was_bound_counts_at_once_and_no_longer_when_it_is_gone() {
    let mut server = server();
    let admin = |verb, name: &str| Standalone::request(verb, Kind::RoleBinding, "default", name);
    assert_eq!(told(ask(&mut server, "bob", Verb::List, Kind::Pod, "default", "")), "allowed");
    server.call(admin(Verb::Delete, "bob")).unwrap();
    assert_ne!(told(ask(&mut server, "bob", Verb::List, Kind::Pod, "default", "")), "allowed");
}

#[test]
fn a_binding_to_a_role_that_is_missing_is_told() {
    let mut server = server();
    server.create(object(
        Kind::ClusterRoleBinding,
        json!({"metadata": {"name": "ghost"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "nothing"},
        "subjects": [{"kind": "User", "name": "carol"}]}),
    ));
    let answer = told(ask(&mut server, "carol", Verb::List, Kind::Node, "", ""));
    insta::assert_snapshot!(answer, @r#"nodes is forbidden: User "carol" cannot list resource "nodes" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "nothing" not found"#);
}

#[test]
fn nobody_grants_what_he_does_not_hold() {
    let mut server = server();
    server.create(object(Kind::ClusterRoleBinding, json!({"metadata": {"name": "editor"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:aggregate-to-admin"},
        "subjects": [{"kind": "User", "name": "bob"}]})));
    let mut write = |rule: Value| {
        let user = Arc::new(User::new("bob", &[User::AUTHENTICATED]));
        let role = object(Kind::Role, json!({"metadata": {"name": "mine", "namespace": "default"}, "rules": [rule]}));
        let request = Request::new(&user, &"kubectl".into(), Verb::Create, Kind::Role, "default");
        told(server.call(request.body(Body::Object(role))))
    };
    insta::assert_snapshot!(write(json!({"apiGroups": [""], "resources": ["secrets", "pods"], "verbs": ["get", "delete"]})), @r#"
    roles.rbac.authorization.k8s.io "mine" is forbidden: user "bob" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
    {APIGroups:[""], Resources:["pods"], Verbs:["delete"]}
    {APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}
    "#);
    assert_eq!(write(json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]})), "allowed");
}

#[test]
fn impersonation_needs_a_right_of_its_own() {
    let mut server = server();
    let as_bob = Some(Arc::new(User::new("bob", &[])));
    let mut list = |real: &str, groups: &[&str]| {
        let user = Arc::new(User::new(real, groups));
        let mut request = Request::new(&user, &"kubectl".into(), Verb::List, Kind::Pod, "default");
        request.impersonate.clone_from(&as_bob);
        told(server.call(request))
    };
    assert_eq!(list("admin", &[User::MASTERS]), "allowed");
    insta::assert_snapshot!(list("alice", &[User::AUTHENTICATED]), @r#"pods is forbidden: User "alice" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default""#);
}

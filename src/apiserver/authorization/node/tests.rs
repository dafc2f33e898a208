//! What a kubelet may read and write.

use std::sync::Arc;

use serde_json::json;

use crate::apiserver::{Outcome, Request, Standalone, User, Verb};
use crate::engine::SimTime;
use crate::model::{Kind, Object};

fn told(outcome: Outcome) -> String {
    outcome.map_or_else(|status| status.message.clone(), |_| "allowed".to_owned())
}

#[test]
fn a_kubelet_reads_what_the_pods_of_its_node_refer_to() {
    let mut server = Standalone::new(SimTime::ZERO);
    for name in ["used", "unused"] {
        let secret = json!({"metadata": {"name": name, "namespace": "default"}});
        server.create(Object::from_value(Kind::Secret, secret, &mut Vec::new()).unwrap());
    }
    let pod = json!({"metadata": {"name": "web", "namespace": "default"}, "spec": {"nodeName": "node-1",
        "containers": [{"name": "c", "image": "nginx", "envFrom": [{"secretRef": {"name": "used"}}]}]}});
    server.create(Object::from_value(Kind::Pod, pod, &mut Vec::new()).unwrap());
    let mut get = |node: &str, kind, name: &str| {
        let user = Arc::new(User::new(&format!("system:node:{node}"), &["system:nodes", User::AUTHENTICATED]));
        told(server.call(Request::new(&user, &"kubelet".into(), Verb::Get, kind, "default").named(name)))
    };
    assert_eq!(get("node-1", Kind::Secret, "used"), "allowed");
    assert_eq!(get("node-1", Kind::Pod, "web"), "allowed");
    insta::assert_snapshot!(get("node-2", Kind::Secret, "used"), @r#"secrets "used" is forbidden: User "system:node:node-2" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'node-2' and this object"#);
    insta::assert_snapshot!(get("node-1", Kind::Secret, "unused"), @r#"secrets "unused" is forbidden: User "system:node:node-1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'node-1' and this object"#);
    insta::assert_snapshot!(get("node-1", Kind::Node, "node-2"), @r#"nodes "node-2" is forbidden: User "system:node:node-1" cannot get resource "nodes" in API group "" at the cluster scope: node 'node-1' cannot read 'node-2', only its own Node object"#);
}

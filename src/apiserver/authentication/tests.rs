//! Tokens of ServiceAccounts, and how long they are good.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::apiserver::{Body, Payload, Request, Standalone, Subresource, User, Verb};
use crate::engine::{SimDuration, SimTime};
use crate::model::{Kind, Object};

fn token(server: &mut Standalone, spec: Value) -> Result<String, String> {
    let request = Standalone::request(Verb::Create, Kind::ServiceAccount, "default", "default");
    let request = request.part(Subresource::Token).body(Body::Manifest(json!({"spec": spec})));
    let response = server.call(request).map_err(|status| status.message.clone())?;
    let Payload::Token(token) = response.payload else { return Err("no token".into()) };
    token.status.and_then(|status| status.token).ok_or_else(|| "no token".into())
}

fn who(server: &mut Standalone, token: &str) -> String {
    let nobody = Arc::new(User::default());
    let mut request = Request::new(&nobody, &"curl".into(), Verb::Create, Kind::SelfSubjectReview, "");
    request.bearer = Some(token.into());
    let review = Object::empty(Kind::SelfSubjectReview);
    match server.call(request.body(Body::Object(review))) {
        Ok(response) => {
            let value = response.object().map(Object::to_value).unwrap_or_default();
            let info = &value["status"]["userInfo"];
            format!("{} {}", info["username"], info["groups"])
        }
        Err(status) => format!("{} {}", status.code, status.message),
    }
}

#[test]
fn a_token_says_whose_it_is_until_it_expires() {
    let mut server = Standalone::new(SimTime::ZERO);
    let token = token(&mut server, json!({"expirationSeconds": 600})).unwrap();
    insta::assert_snapshot!(who(&mut server, &token), @r#""system:serviceaccount:default:default" ["system:serviceaccounts","system:serviceaccounts:default","system:authenticated"]"#);
    assert_eq!(who(&mut server, "nonsense"), "401 Unauthorized");
    server.advance(SimTime::ZERO + SimDuration::from_secs(601));
    assert_eq!(who(&mut server, &token), "401 Unauthorized");
}

#[test]
fn a_token_dies_with_what_it_is_bound_to() {
    let mut server = Standalone::new(SimTime::ZERO);
    let pod = json!({"metadata": {"name": "web", "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "nginx"}], "terminationGracePeriodSeconds": 0}});
    server.create(Object::from_value(Kind::Pod, pod, &mut Vec::new()).unwrap());
    let bound = json!({"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "web"}});
    let token = token(&mut server, bound).unwrap();
    assert!(who(&mut server, &token).starts_with("\"system:serviceaccount"));
    server.call(Standalone::request(Verb::Delete, Kind::Pod, "default", "web")).unwrap();
    assert_eq!(who(&mut server, &token), "401 Unauthorized");
}

#[test]
fn requests_for_tokens_are_checked() {
    let mut server = Standalone::new(SimTime::ZERO);
    let short = token(&mut server, json!({"expirationSeconds": 10})).unwrap_err();
    insta::assert_snapshot!(short, @r#"TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes"#);
    let bound = json!({"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "web"}});
    assert_eq!(token(&mut server, bound).unwrap_err(), "pods \"web\" not found");
}

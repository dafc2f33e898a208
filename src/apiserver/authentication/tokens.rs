//! Tokens of ServiceAccounts: issued on request, and good as long as the account, and what they are bound to, is there.
//!
//! Source: `pkg/registry/core/serviceaccount/storage/token.go`, `pkg/serviceaccount/claims.go`.

use serde_json::{Value, json};

use crate::apiserver::field::Errors;
use crate::apiserver::request::{Body, Request, User};
use crate::apiserver::status::Status;
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::engine::{SimDuration, SimTime, Stream};
use crate::etcd::Store;
use crate::model::authentication::{BoundObjectReference, TokenRequest, TokenRequestStatus};
use crate::model::{Kind, Meta, Object, Pod, Resource, time};

use super::ISSUER;
use super::service_account::{groups_of, user_name};
use super::token::Key;

/// How long a token lives, at the least and when nothing is said. Source: `MinTokenAgeSec`, `SetDefaults_TokenRequestSpec`.
const LIFE_MIN: i64 = 600;
const LIFE: i64 = 3600;
const LIFE_MAX: i64 = 1 << 32;
/// What kubelets ask for when nobody asks for anything else; such tokens live a year, so that old clients go on working.
/// Source: `WarnOnlyBoundTokenExpirationSeconds`, `ExpirationExtensionSeconds`.
const KUBELETS_LIFE: i64 = 3607;
const EXTENDED_LIFE: i64 = 365 * 24 * 3600;
const PRIVATE: &str = "kubernetes.io";
const EXTRA: &str = "authentication.kubernetes.io/";

/// The tokens of one cluster.
#[derive(Clone, Debug, Default)]
pub(in crate::apiserver) struct Tokens {
    key: Key,
}

impl Tokens {
    pub(in crate::apiserver) fn new(key: &[u8]) -> Self {
        Self { key: Key::new(key) }
    }

    /// Answers a TokenRequest.
    ///
    /// # Errors
    /// 404 without the account, 400, 409 and 422 for requests that make no sense.
    pub(in crate::apiserver) fn issue(
        &self,
        request: &Request,
        store: &Store<Stored>,
        now: SimTime,
        random: &mut Stream,
    ) -> Result<TokenRequest, Box<Status>> {
        let mut asked = read(request)?;
        let spec = asked.spec.get_or_insert_default();
        let life = *spec.expiration_seconds.get_or_insert(LIFE);
        check(life)?;
        let account = find(Kind::ServiceAccount, &request.namespace, &request.name, store)?;
        let bound = spec.bound_object_ref.as_mut().map(|bound| Bound::of(bound, request, store)).transpose()?;
        if spec.audiences.as_ref().is_none_or(Vec::is_empty) {
            spec.audiences = Some(vec![ISSUER.to_owned()]);
        }
        let issued = time::timestamp(now).as_second();
        let mut private = json!({"namespace": request.namespace,
            "serviceaccount": {"name": request.name, "uid": account.meta().uid()}});
        let mut expires = issued + life;
        if let Some(bound) = &bound {
            bound.claim(&mut private, store);
            let is_kubelets = bound.field == "pod" && life == KUBELETS_LIFE;
            if is_kubelets && spec.audiences.as_deref() == Some(&[ISSUER.to_owned()]) {
                private["warnafter"] = json!(expires);
                expires = issued + EXTENDED_LIFE;
            }
        }
        let claims = json!({"aud": spec.audiences, "exp": expires, "iat": issued, "iss": ISSUER, "jti": random.uuid(),
            PRIVATE: private, "nbf": issued, "sub": user_name(&request.namespace, &request.name)});
        asked.metadata.name = Some(request.name.to_string());
        asked.metadata.namespace = Some(request.namespace.to_string());
        asked.metadata.creation_timestamp = Some(time::time(now));
        let ends = now + SimDuration::from_secs(life.unsigned_abs());
        asked.status = Some(TokenRequestStatus {
            token: Some(self.key.sign(&claims)),
            expiration_timestamp: Some(time::time(ends)),
        });
        Ok(asked)
    }

    /// The user whose token this is, and for which of the wanted audiences.
    ///
    /// # Errors
    /// Why it is no good.
    pub(in crate::apiserver) fn user_of(
        &self,
        token: &str,
        wanted: &[String],
        store: &Store<Stored>,
        now: SimTime,
    ) -> Result<(User, Vec<String>), String> {
        let claims = self.key.verify(token).ok_or("invalid bearer token")?;
        let seconds = time::timestamp(now).as_second();
        if claims["exp"].as_i64().is_none_or(|expires| expires <= seconds) {
            return Err("[invalid bearer token, service account token has expired]".into());
        }
        let meant: Vec<String> = claims["aud"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one.as_str())
            .filter(|one| wanted.iter().any(|wanted| wanted == one))
            .map(str::to_owned)
            .collect();
        if meant.is_empty() {
            return Err(format!(
                "[invalid bearer token, token audiences {} is invalid for the target audiences {}]",
                list(&claims["aud"]),
                list(&json!(wanted))
            ));
        }
        Ok((user(&claims, store)?, meant))
    }
}

/// The request's body.
fn read(request: &Request) -> Result<TokenRequest, Box<Status>> {
    let value = match &request.body {
        Body::Manifest(value) => value.clone(),
        _ => json!({}),
    };
    serde_json::from_value(value).map_err(|error| {
        Box::new(Status::bad_request(format!(
            "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: {error}"
        )))
    })
}

fn check(life: i64) -> Result<(), Box<Status>> {
    let mut errors = Errors::default();
    if life < LIFE_MIN {
        errors.invalid("spec.expirationSeconds", life, "may not specify a duration less than 10 minutes");
    }
    if life > LIFE_MAX {
        errors.invalid("spec.expirationSeconds", life, "may not specify a duration larger than 2^32 seconds");
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Box::new(errors.into_invalid("TokenRequest.authentication.k8s.io", "")))
    }
}

fn find(kind: Kind, namespace: &str, name: &str, store: &Store<Stored>) -> Result<Object, Box<Status>> {
    let entry = store.get(&storage_key::of(kind, namespace, name));
    entry.and_then(|entry| Stored::of(entry)).ok_or_else(|| Box::new(Status::not_found(kind, name)))
}

/// What a token dies with.
struct Bound {
    field: &'static str,
    object: Object,
}

impl Bound {
    fn of(asked: &mut BoundObjectReference, request: &Request, store: &Store<Stored>) -> Result<Self, Box<Status>> {
        let (kind, field) = match asked.kind.as_deref() {
            Some("Pod") => (Kind::Pod, "pod"),
            Some("Secret") => (Kind::Secret, "secret"),
            Some("Node") => (Kind::Node, "node"),
            other => {
                let (version, kind) = (asked.api_version.as_deref().unwrap_or_default(), other.unwrap_or_default());
                let message = format!("cannot bind token to object of type /{version}, Kind={kind}");
                return Err(Box::new(Status::bad_request(message)));
            }
        };
        let name = asked.name.as_deref().unwrap_or_default();
        let object = find(kind, &request.namespace, name, store)?;
        if let Some(pod) = Pod::of(&object) {
            let own = pod.spec.service_account_name.as_deref().unwrap_or_default();
            if *own != *request.name {
                let message = format!(
                    "cannot bind token for serviceaccount \"{}\" to pod running with serviceaccount \"{own}\"",
                    request.name
                );
                return Err(Box::new(Status::bad_request(message)));
            }
        }
        let uid = object.meta().uid();
        if let Some(given) = asked.uid.as_deref().filter(|given| !given.is_empty() && *given != uid) {
            let why = format!(
                "the UID in the bound object reference ({given}) does not match the UID in record. The object might have been \
                 deleted and then recreated"
            );
            return Err(Box::new(Status::conflict(kind, name, &why)));
        }
        asked.uid = Some(uid.to_owned());
        Ok(Self { field, object })
    }

    fn claim(&self, private: &mut Value, store: &Store<Stored>) {
        let reference = |object: &Object| json!({"name": object.name(), "uid": object.meta().uid()});
        private[self.field] = reference(&self.object);
        if let Some(pod) = Pod::of(&self.object)
            && let Ok(node) = find(Kind::Node, "", pod.node_name(), store)
        {
            private["node"] = reference(&node);
        }
    }
}

/// The account of a token, if it and what the token is bound to are still the same.
fn user(claims: &Value, store: &Store<Stored>) -> Result<User, String> {
    let private = &claims[PRIVATE];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let namespace = text(&private["namespace"]);
    let name = text(&private["serviceaccount"]["name"]);
    let uid = text(&private["serviceaccount"]["uid"]);
    let same = |kind: Kind, name: &str, uid: &str| {
        let object = find(kind, &namespace, name, store).ok();
        object.is_some_and(|object| object.meta().uid() == uid)
    };
    if !same(Kind::ServiceAccount, &name, &uid) {
        return Err("[invalid bearer token, service account token has been invalidated]".into());
    }
    let mut groups = groups_of(&namespace);
    groups.push(User::AUTHENTICATED.into());
    let mut user =
        User { name: user_name(&namespace, &name).into(), groups, uid: uid.as_str().into(), ..User::default() };
    let mut tell = |key: &str, value: &str| drop(user.extra.insert(format!("{EXTRA}{key}").into(), vec![value.into()]));
    tell("credential-id", &format!("JTI={}", text(&claims["jti"])));
    for (field, kind) in [("pod", Kind::Pod), ("secret", Kind::Secret), ("node", Kind::Node)] {
        let (name, uid) = (text(&private[field]["name"]), text(&private[field]["uid"]));
        if name.is_empty() {
            continue;
        }
        // A Pod's token names its node, but does not die with it.
        let is_binding = field != "node" || private["pod"].is_null();
        if is_binding && !same(kind, &name, &uid) {
            return Err("[invalid bearer token, service account token has been invalidated]".into());
        }
        if field != "secret" {
            tell(&format!("{field}-name"), &name);
            tell(&format!("{field}-uid"), &uid);
        }
    }
    Ok(user)
}

/// `["a" "b"]`, as Go prints lists.
fn list(texts: &Value) -> String {
    let texts: Vec<String> = texts.as_array().into_iter().flatten().map(ToString::to_string).collect();
    format!("[{}]", texts.join(" "))
}

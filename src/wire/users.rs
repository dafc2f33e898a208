//! Who asks, as far as the edge can tell: the certificate of the connection, the token of the run. Tokens that the edge does not know
//! are handed on to the API server, which knows those of ServiceAccounts.
//!
//! Source: `apiserver/pkg/authentication/request/{x509,bearertoken}`, `apiserver/pkg/endpoints/filters/impersonation.go`.

use std::sync::Arc;

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::apiserver::{Credentials, Status, User};

use super::identity::{ADMIN, ADMIN_GROUPS};
use super::path::decode;

/// What headers of impersonation begin with.
const EXTRA: &str = "impersonate-extra-";
/// How a certificate is told from others. Source: `user.CredentialIDKey`.
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";

/// The user behind a client certificate that the authority has signed: its common name, its organisations as groups.
#[must_use]
pub fn of_certificate(der: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    let mut groups: Vec<Arc<str>> =
        subject.iter_organization().filter_map(|one| one.as_str().ok()).map(Arc::from).collect();
    groups.push(User::AUTHENTICATED.into());
    let digits: String = Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect();
    let extra = [(CREDENTIAL.into(), vec![format!("X509SHA256={digits}").into()])].into();
    Some(User { name: name.into(), groups, extra, ..User::default() })
}

/// The administrator, who holds the token of the run.
#[must_use]
pub fn admin() -> User {
    User { name: ADMIN.into(), groups: ADMIN_GROUPS.map(Arc::from).to_vec(), ..User::default() }
}

/// Who sends a request.
///
/// # Errors
/// 400 when headers ask for groups and the like of nobody.
pub fn of_request(
    headers: &HeaderMap,
    certificate: Option<&Arc<User>>,
    token: &str,
) -> Result<Credentials, Box<Status>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    let (user, bearer) = match (certificate, bearer) {
        (Some(user), _) => (Arc::clone(user), None),
        (None, Some(given)) if is_same(given, token) => (Arc::new(admin()), None),
        (None, given) => (Arc::default(), given.map(Arc::from)),
    };
    Ok(Credentials { user, bearer, impersonate: impersonated(headers)? })
}

fn impersonated(headers: &HeaderMap) -> Result<Option<Arc<User>>, Box<Status>> {
    let texts = |name: &str| -> Vec<Arc<str>> {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(Arc::from).collect()
    };
    let first = |name: &str| texts(name).into_iter().next().unwrap_or_default();
    let mut user = User { name: first("impersonate-user"), groups: texts("impersonate-group"), ..User::default() };
    user.uid = first("impersonate-uid");
    for name in headers.keys() {
        if let Some(key) = name.as_str().strip_prefix(EXTRA) {
            user.extra.insert(decode(key).into(), texts(name.as_str()));
        }
    }
    if !user.name.is_empty() {
        return Ok(Some(Arc::new(user)));
    }
    if user == User::default() {
        return Ok(None);
    }
    let fields = format!("Name:\"\", UID:\"{}\", Groups:{:?}", user.uid, user.groups);
    Err(Box::new(Status::bad_request(format!(
        "requested &user.DefaultInfo{{{fields}}} without impersonating a user name"
    ))))
}

/// Compares in a time that does not tell how much of it was right.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

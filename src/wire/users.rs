//! Who asks, as far as the edge can tell: the certificate of the connection, the token of the run. Tokens that the edge does not know
//! are handed on to the API server, which knows those of ServiceAccounts.
//!
//! Source: `apiserver/pkg/authentication/request/{x509,bearertoken}`, `apiserver/pkg/endpoints/filters/impersonation.go`.

use std::sync::Arc;

use axum::http::HeaderMap;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::apiserver::User;

use super::identity::{ADMIN, ADMIN_GROUPS};

/// Every user that was recognised is in this group. Source: `user.AllAuthenticated`.
const AUTHENTICATED: &str = "system:authenticated";

/// What a request says about who sends it.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The user, without a name when the edge does not know.
    pub user: Arc<User>,
    /// A token that the edge does not know.
    pub bearer: Option<Arc<str>>,
    /// Whom the user wants to be taken for.
    pub impersonate: Option<Arc<User>>,
}

/// The user behind a client certificate that the authority has signed: its common name, its organisations as groups.
#[must_use]
pub fn of_certificate(der: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    let mut groups: Vec<Arc<str>> =
        subject.iter_organization().filter_map(|one| one.as_str().ok()).map(Arc::from).collect();
    groups.push(AUTHENTICATED.into());
    Some(User { name: name.into(), groups, ..User::default() })
}

/// The administrator, who holds the token of the run.
#[must_use]
pub fn admin() -> User {
    User { name: ADMIN.into(), groups: ADMIN_GROUPS.map(Arc::from).to_vec(), ..User::default() }
}

/// Who sends a request.
#[must_use]
pub fn of_request(headers: &HeaderMap, certificate: Option<&Arc<User>>, token: &str) -> Credentials {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    let (user, bearer) = match (certificate, bearer) {
        (Some(user), _) => (Arc::clone(user), None),
        (None, Some(given)) if is_same(given, token) => (Arc::new(admin()), None),
        (None, given) => (Arc::default(), given.map(Arc::from)),
    };
    Credentials { user, bearer, impersonate: impersonated(headers) }
}

fn impersonated(headers: &HeaderMap) -> Option<Arc<User>> {
    let name = headers.get("impersonate-user")?.to_str().ok()?;
    let groups = headers.get_all("impersonate-group").iter();
    let groups = groups.filter_map(|value| value.to_str().ok()).map(Arc::from).collect();
    Some(Arc::new(User { name: name.into(), groups, ..User::default() }))
}

/// Compares in a time that does not tell how much of it was right.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

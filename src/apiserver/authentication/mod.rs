//! Authentication: who asks? Components and kubectl come with credentials that the cluster handed out when it made them, so the
//! user is established with the connection; tokens that the connection does not know are looked up here. Then the user may
//! want to be taken for someone else ([`impersonation`]).
//!
//! Reading order: [`service_account`], [`token`], [`tokens`], [`impersonation`].

pub(super) mod impersonation;
pub(super) mod service_account;
mod token;
mod tokens;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::engine::SimTime;
use crate::etcd::Store;

use super::request::User;
use super::status::Status;
use super::stored::Stored;

pub(super) use tokens::Tokens;

/// Who issues tokens, and for whom they are when nothing else is said. Source: kubeadm's `--service-account-issuer`.
pub(super) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The user of a connection, or of the token that came over it.
///
/// # Errors
/// 401 when nobody knows who it is.
pub(super) fn authenticate(
    user: &Arc<User>,
    bearer: Option<&str>,
    tokens: &Tokens,
    store: &Store<Stored>,
    now: SimTime,
) -> Result<Arc<User>, Box<Status>> {
    if !user.name.is_empty() {
        return Ok(Arc::clone(user));
    }
    let found = bearer.and_then(|token| tokens.user_of(token, &[ISSUER.to_owned()], store, now).ok());
    found.map(|(user, _)| Arc::new(user)).ok_or_else(|| Box::new(Status::unauthorized()))
}

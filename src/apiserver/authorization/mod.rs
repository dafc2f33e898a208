//! Authorisation: may this user do this? The modes of `--authorization-mode` are asked in turn; the first with an opinion
//! decides, and nobody's opinion is a refusal.
//!
//! Modelled: [`always_allow`]. Not modelled yet: AlwaysDeny, ABAC, RBAC, Node, Webhook.

pub mod always_allow;

use super::request::{Request, Subresource, User};
use super::status::Status;

pub use always_allow::AlwaysAllow;

/// What an authoriser thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
    /// Ask the next one.
    NoOpinion,
}

/// One mode of authorisation.
pub trait Authorizer {
    /// Whether `user` may do what `request` asks.
    fn authorize(&self, user: &User, request: &Request) -> Decision;
}

/// Asks the modes in turn.
///
/// # Errors
/// 403 in the words of `responsewriters/errors.go`.
pub(super) fn authorize(modes: &[AlwaysAllow], user: &User, request: &Request) -> Result<(), Box<Status>> {
    for mode in modes {
        match mode.authorize(user, request) {
            Decision::Allow => return Ok(()),
            Decision::Deny => break,
            Decision::NoOpinion => {}
        }
    }
    Err(Box::new(Status::forbidden(request.kind, &request.name, &refusal(user, request))))
}

fn refusal(user: &User, request: &Request) -> String {
    let info = request.kind.info();
    let sub = subresource_name(request.subresource);
    let resource = if sub.is_empty() { info.plural.to_owned() } else { format!("{}/{sub}", info.plural) };
    let place = if request.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", request.namespace)
    };
    let verb = request.verb.as_str();
    format!("User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{}\" {place}", user.name, info.group)
}

/// `status`, `scale`, …; empty for the object itself.
#[must_use]
pub fn subresource_name(subresource: Subresource) -> &'static str {
    match subresource {
        Subresource::None => "",
        Subresource::Status => "status",
        Subresource::Scale => "scale",
        Subresource::Binding => "binding",
        Subresource::Eviction => "eviction",
        Subresource::Finalize => "finalize",
        Subresource::Log => "log",
        Subresource::Exec => "exec",
        Subresource::Attach => "attach",
        Subresource::PortForward => "portforward",
        Subresource::EphemeralContainers => "ephemeralcontainers",
        Subresource::Resize => "resize",
    }
}

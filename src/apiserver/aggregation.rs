//! Groups that others serve: which Service has the answer to a request for them.
//!
//! Models `kube-aggregator/pkg/apiserver/handler_proxy.go`; the texts are those that client-go makes of its bare answers.

use crate::etcd::Store;
use crate::model::apiregistration::APIService;
use crate::model::metrics;

use super::admission::lookup;
use super::request::{Payload, Request, Verb};
use super::status::{Reason, Status};
use super::stored::Stored;

/// Where a request for a group that is served elsewhere goes; `None` for everything else.
///
/// # Errors
/// 404 without an APIService for the group, 503 while it is not available, 405 for anything but reading.
pub(super) fn locate(request: &Request, store: &Store<Stored>) -> Result<Option<Payload>, Box<Status>> {
    if !metrics::is_metrics(request.kind) {
        return Ok(None);
    }
    // client-go names the verb by the HTTP method.
    let resource = request.kind.group_resource();
    let asked = if request.verb == Verb::List || request.verb == Verb::Watch { "get" } else { request.verb.as_str() };
    let refused =
        |code, reason, words: &str| Err(Box::new(Status::new(code, reason, format!("{words} ({asked} {resource})"))));
    let service = lookup::<APIService>(store, "", metrics::API_SERVICE);
    let Some(target) = service.and_then(|service| service.spec.as_ref()?.service.as_ref()) else {
        return refused(404, Reason::NotFound, "the server could not find the requested resource");
    };
    let conditions = service.and_then(|service| service.status.as_ref()?.conditions.as_deref()).unwrap_or_default();
    if !conditions.iter().any(|one| one.type_ == "Available" && one.status == "True") {
        return refused(503, Reason::ServiceUnavailable, "the server is currently unable to handle the request");
    }
    if !matches!(request.verb, Verb::Get | Verb::List) {
        let words = "the server does not allow this method on the requested resource";
        return refused(405, Reason::MethodNotAllowed, words);
    }
    let named = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
    Ok(Some(Payload::Aggregated { namespace: named(&target.namespace), name: named(&target.name) }))
}

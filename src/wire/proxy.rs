//! `/proxy` of Pods and Services: an HTTP request that the API server sends on into the cluster.
//!
//! Source: `pkg/registry/core/{pod,service}`, `ResourceLocation`, `apimachinery/pkg/util/proxy`. **Not modelled.** HTTPS
//! behind it, links in pages, which upstream rewrites.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};

use crate::apiserver::authorization::Attributes;
use crate::apiserver::{Body as ApiBody, Credentials, Reason, Request, Status, Subresource, Verb};
use crate::cluster::streams::{Forwarded, HttpResponse};
use crate::cluster::{Cluster, ForwardedRequest, Input};
use crate::model::core::{Service, ServicePort};
use crate::model::{Kind, Meta, ObjectKey, Pod, Selector};
use crate::session::CallAnswer;

use super::gate::{Call, Door};
use super::path::ResourcePath;
use super::users;

/// Whether a path is about a Pod or Service behind the server.
#[must_use]
pub fn is_meant(target: &ResourcePath) -> bool {
    target.group.is_empty()
        && target.version == "v1"
        && target.subresource == "proxy"
        && matches!(target.resource.as_str(), "pods" | "services")
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Goal {
    pod: String,
    address: String,
    port: u16,
}

/// Sends a request on; `None` when nobody runs the cluster any more.
///
/// # Errors
/// 401 and 403; 404 and 503 when there is nothing behind the name.
pub async fn answer(
    door: &Door,
    credentials: Credentials,
    target: &ResourcePath,
    request: ForwardedRequest,
) -> Result<Option<Response<Body>>, Box<Status>> {
    let (asked, verb) = (target.clone(), verb_of(&request.method));
    let look = move |cluster: &Cluster| {
        let user = &credentials.user;
        let name = asked.name.split(':').next().unwrap_or_default();
        let attributes = Attributes::resource(user, verb, "", &asked.resource, name).within(&asked.namespace);
        let attributes = Attributes { subresource: "proxy", ..attributes };
        cluster.authorize(&credentials, &attributes).unwrap_or(Ok(()))?;
        goal(cluster, &asked)
    };
    let Some(found) = door.look(move |session| look(session.cluster())).await else { return Ok(None) };
    let goal = found?;
    // The way into the Pod is the server's own affair.
    let user = std::sync::Arc::new(users::admin());
    let way = Request::new(&user, &"kube-apiserver".into(), Verb::Create, Kind::Pod, target.namespace.as_str());
    let way = way.named(goal.pod.as_str()).part(Subresource::PortForward).body(ApiBody::PortForward);
    let Some(mut call) = door.call(way).await else { return Ok(None) };
    Ok(match send(&mut call, goal.port, request).await {
        Some(Forwarded::Answered(answer)) => Some(response(&answer)),
        Some(_) => {
            let (address, port) = (&goal.address, goal.port);
            let why = format!("dial tcp {address}:{port}: connect: connection refused");
            return Err(Box::new(Status::new(
                503,
                Reason::ServiceUnavailable,
                format!("error trying to reach service: {why}"),
            )));
        }
        None => None,
    })
}

/// Connects, asks, and waits for what comes back.
async fn send(call: &mut Call, port: u16, request: ForwardedRequest) -> Option<Forwarded> {
    let number = call.number();
    let submit = |call: &Call, request| {
        let input = Input::Forward { call: number, connection: 0, port, request };
        call.door().act(move |session| session.submit(input));
    };
    let mut request = Some(request);
    loop {
        match call.next().await?.answer {
            // The kubelet has taken it up.
            CallAnswer::Stream(_) => submit(call, None),
            CallAnswer::Outcome(Ok(response)) => match response.payload {
                crate::apiserver::Payload::Stream(_) => submit(call, None),
                _ => return None,
            },
            CallAnswer::Outcome(Err(_)) => return Some(Forwarded::Closed),
            CallAnswer::Forwarded { how: Forwarded::Connected, .. } => submit(call, Some(request.take()?)),
            CallAnswer::Forwarded { how, .. } => return Some(how),
            CallAnswer::Watch(_) | CallAnswer::WatchClosed(_) => return None,
        }
    }
}

fn response(answer: &HttpResponse) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body.to_vec()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &answer.headers {
        let framing = ["content-length", "transfer-encoding", "connection"].contains(&&*name.to_ascii_lowercase());
        if let (Ok(name), Ok(value), false) =
            (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()), framing)
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn verb_of(method: &str) -> &'static str {
    match method {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "get",
    }
}

/// `[scheme:]name[:port]`.
fn parts(name: &str) -> (&str, &str) {
    match name.split(':').collect::<Vec<_>>()[..] {
        [_, name, port] => (name, port),
        [name, port] => (name, port),
        _ => (name, ""),
    }
}

fn goal(cluster: &Cluster, target: &ResourcePath) -> Result<Goal, Box<Status>> {
    let (name, port) = parts(&target.name);
    let kind = if target.resource == "pods" { Kind::Pod } else { Kind::Service };
    let object = cluster.object(&ObjectKey::new(kind, target.namespace.as_str(), name));
    let object = object.ok_or_else(|| Box::new(Status::not_found(kind, name)))?;
    if let Some(pod) = object.get::<Pod>() {
        let first = || pod.spec.containers.iter().flat_map(|one| one.ports.iter().flatten()).next();
        let number = match port {
            "" => first().and_then(|port| u16::try_from(port.container_port).ok()).unwrap_or(80),
            text => text.parse().map_err(|_| Box::new(Status::bad_request(format!("invalid port {text:?}"))))?,
        };
        return goal_in(pod, number).ok_or_else(|| unavailable("address not allowed"));
    }
    let Some(service) = object.get::<Service>() else { return Err(Box::new(Status::not_found(kind, name))) };
    let spec = service.spec.as_ref();
    let ports: Vec<&ServicePort> = spec.and_then(|spec| spec.ports.as_ref()).into_iter().flatten().collect();
    let is_it = |one: &&&ServicePort| one.name.as_deref() == Some(port) || one.port.to_string() == port;
    let chosen = match (&ports[..], port) {
        ([only], "") => Some(*only),
        _ => ports.iter().find(is_it).copied(),
    };
    let chosen = chosen.ok_or_else(|| unavailable(&format!("no service port {port:?} found for service {name:?}")))?;
    let selector = spec.and_then(|spec| spec.selector.as_ref()).map(Selector::from_labels);
    let pods = cluster.all::<Pod>();
    let behind = pods.iter().filter(|pod| {
        let labels = pod.metadata.labels.clone().unwrap_or_default();
        pod.metadata.namespace() == target.namespace
            && pod.is_ready()
            && selector.as_ref().is_some_and(|selector| selector.matches(&labels))
    });
    let found = behind.filter_map(|pod| goal_in(pod, port_of(chosen, pod)?)).next();
    found.ok_or_else(|| unavailable(&format!("no endpoints available for service {name:?}")))
}

fn goal_in(pod: &Pod, port: u16) -> Option<Goal> {
    let address = pod.status.pod_ip.clone()?;
    Some(Goal { pod: pod.metadata.name().to_owned(), address, port })
}

/// The port of a Pod behind that of a Service.
fn port_of(port: &ServicePort, pod: &Pod) -> Option<u16> {
    let target = serde_json::to_value(&port.target_port).unwrap_or_default();
    if let Some(name) = target.as_str() {
        let mut ports = pod.spec.containers.iter().flat_map(|one| one.ports.iter().flatten());
        let found = ports.find(|one| one.name.as_deref() == Some(name))?;
        return u16::try_from(found.container_port).ok();
    }
    u16::try_from(target.as_i64().unwrap_or_else(|| port.port.into())).ok()
}

/// Source: `errors.NewServiceUnavailable`.
fn unavailable(why: &str) -> Box<Status> {
    Box::new(Status::new(503, Reason::ServiceUnavailable, why))
}

/// The request as it goes on: without what is between the client and the server.
#[must_use]
pub fn onward(
    method: &Method,
    target: &ResourcePath,
    query: Option<&str>,
    headers: &axum::http::HeaderMap,
    body: &[u8],
) -> ForwardedRequest {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let kept = |name: &str| !matches!(name, "authorization" | "connection" | "host" | "upgrade" | "content-length");
    let headers = headers.iter().filter(|(name, _)| kept(name.as_str()));
    let headers = headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    ForwardedRequest {
        method: method.as_str().to_owned(),
        path: format!("/{}{query}", target.rest),
        headers: headers.collect(),
        body: body.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_a_scheme_and_a_port() {
        assert_eq!(parts("web"), ("web", ""));
        assert_eq!(parts("web:80"), ("web", "80"));
        assert_eq!(parts("http:web:"), ("web", ""));
        assert_eq!(parts("http:web:http"), ("web", "http"));
    }
}

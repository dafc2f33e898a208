//! One HTTP request: who asks, what for, and the answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request as HttpRequest, Response};
use tokio::time::timeout;

use crate::apiserver::authorization::Attributes;
use crate::apiserver::{Body as ApiBody, Credentials, Payload, Reason, Request, Status, Subresource, User, Verb};
use crate::model::Kind;
use crate::session::{CallAnswer, Session};

use super::accept::{Accept, Shape};
use super::gate::{Call, Door};
use super::path::{self, ResourcePath};
use super::query::Query;
use super::rendering::{Include, Rendering};
use super::reply::{self, Manner};
use super::{body, component_status, documents, health, node_proxy, proxy, upgrade, users};

/// A body that has not come by then is not waited for. Source: `--request-timeout`, 60 s.
const BODY_PATIENCE: Duration = Duration::from_secs(60);

/// What every connection shares.
pub struct Edge {
    /// The way to the session.
    pub door: Door,
    /// The administrator's token.
    pub token: String,
}

/// The user of the client certificate of a connection.
#[derive(Clone)]
pub struct Peer(pub Option<Arc<User>>);

/// Answers one request. When no API server answers, the connection is closed as a load balancer without servers does.
///
/// # Errors
/// Never: refusals are answers too.
pub async fn handle(edge: Arc<Edge>, request: HttpRequest<Body>) -> Result<Response<Body>, Infallible> {
    Ok(answer(&edge, request).await.unwrap_or_else(|refusal| reply::status(&refusal)))
}

async fn answer(edge: &Edge, request: HttpRequest<Body>) -> Result<Response<Body>, Box<Status>> {
    let peer = request.extensions().get::<Peer>().cloned().unwrap_or(Peer(None));
    let credentials = users::of_request(request.headers(), peer.0.as_ref(), &edge.token)?;
    let path = request.uri().path().to_owned();
    let query = Query::parse(request.uri().query());
    let Some(target) = path::parse(&path) else {
        let verb = request.method().as_str().to_ascii_lowercase();
        return nonresource(edge, credentials, (&verb, &path), &query, request.headers()).await;
    };
    let call = Incoming { edge, credentials, target, query };
    call.answer(request).await
}

/// `/version`, `/healthz`, discovery, OpenAPI.
async fn nonresource(
    edge: &Edge,
    credentials: Credentials,
    (verb, path): (&str, &str),
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response<Body>, Box<Status>> {
    let (verb, asked) = (verb.to_owned(), path.to_owned());
    let may = move |session: &Session| {
        session.cluster().authorize(&credentials, &Attributes::path(&credentials.user, &verb, &asked))
    };
    let may = edge.door.look(may).await;
    may.ok_or_else(gone)?.unwrap_or(Ok(()))?;
    let first = path.trim_matches('/').split('/').next().unwrap_or_default();
    if matches!(first, "healthz" | "livez" | "readyz") {
        let (path, query) = (path.to_owned(), query.clone());
        let seen = edge.door.look(move |session| health::check(session, &path, &query)).await.ok_or_else(gone)?;
        return Ok(health::response(seen));
    }
    let accept = text(headers, "accept").to_owned();
    let takes_gzip = takes_gzip(headers);
    let path = path.to_owned();
    let found = if first == "openapi" {
        // Building the documents must not hold up the cluster.
        let custom =
            edge.door.look(|session: &Session| documents::custom_kinds(session.cluster())).await.ok_or_else(gone)?;
        tokio::task::spawn_blocking(move || documents::openapi(custom, &path, &accept)).await.map_err(|_| gone())?
    } else {
        let look = move |session: &Session| documents::find(session.cluster(), &path, &accept);
        edge.door.look(look).await.ok_or_else(gone)?
    };
    let Some(found) = found else { return Ok(not_found()) };
    Ok(reply::bytes_of(200, &found.content_type, found.bytes.to_vec(), takes_gzip))
}

/// A request about a resource.
struct Incoming<'e> {
    edge: &'e Edge,
    credentials: Credentials,
    target: ResourcePath,
    query: Query,
}

impl Incoming<'_> {
    async fn answer(self, request: HttpRequest<Body>) -> Result<Response<Body>, Box<Status>> {
        if component_status::is_meant(&self.target) {
            let accept = Accept::parse(text(request.headers(), "accept"));
            let (door, method) = (&self.edge.door, request.method());
            let answer = component_status::answer(door, self.credentials, &self.target, method, accept).await?;
            return answer.ok_or_else(gone);
        }
        if node_proxy::is_meant(&self.target) {
            let (door, method) = (&self.edge.door, request.method());
            return node_proxy::answer(door, self.credentials, &self.target, method).await?.ok_or_else(gone);
        }
        if proxy::is_meant(&self.target) {
            let (parts, body) = request.into_parts();
            let bytes = to_bytes(body, body::BYTES_MAX).await.map_err(|_| too_large())?;
            let onward = proxy::onward(&parts.method, &self.target, parts.uri.query(), &parts.headers, &bytes);
            let answer = proxy::answer(&self.edge.door, self.credentials, &self.target, onward).await?;
            return answer.ok_or_else(gone);
        }
        let target = self.target.clone();
        let kind =
            self.edge.door.look(move |session| documents::kind(session.cluster(), &target)).await.ok_or_else(gone)?;
        let Some(kind) = kind else { return Ok(not_found()) };
        let Some(part) = path::subresource(&self.target.subresource) else { return Ok(not_found()) };
        let verb = self.verb(request.method())?;
        let manner = self.manner(kind, verb, part, request.headers());
        let agent = agent(text(request.headers(), "user-agent"));
        let content_type = text(request.headers(), "content-type").to_owned();
        if part.is_upgraded() {
            let parts = request.into_parts().0;
            let mut asked = match self.request(kind, verb, part, &agent, &content_type, b"") {
                Ok(asked) => asked,
                Err(refusal) => return Err(self.refused(kind, verb, part, refusal).await),
            };
            // Nothing may happen for a client that cannot be answered; but why it would be refused it shall hear.
            asked.options.dry_run |= !upgrade::is_websocket(&parts.headers);
            let body = asked.body.clone();
            let call = self.edge.door.call(asked).await.ok_or_else(gone)?;
            let ports = self.query.all("ports").flat_map(|ports| ports.split(','));
            let ports = ports.filter_map(|port| port.parse().ok()).collect();
            return upgrade::answer(parts, call, &body, ports).await;
        }
        let bytes = match timeout(BODY_PATIENCE, to_bytes(request.into_body(), body::BYTES_MAX)).await {
            Ok(bytes) => bytes.map_err(|_| too_large()),
            Err(_) => Err(too_slow()),
        };
        let asked = bytes.and_then(|bytes| self.request(kind, verb, part, &agent, &content_type, &bytes));
        let asked = match asked {
            Ok(asked) => asked,
            Err(refusal) => return Err(self.refused(kind, verb, part, refusal).await),
        };
        let call = self.edge.door.call(asked).await.ok_or_else(gone)?;
        respond(call, manner).await
    }

    /// What cannot be read is refused; but first comes whether whoever sent it may do such a thing at all.
    async fn refused(&self, kind: Kind, verb: Verb, part: Subresource, refusal: Box<Status>) -> Box<Status> {
        let (credentials, target) = (self.credentials.clone(), self.target.clone());
        let look = move |session: &Session| {
            let user = &credentials.user;
            let request = Request::new(user, &"".into(), verb, kind, target.namespace.as_str());
            let request = request.named(target.name.as_str()).part(part);
            session.cluster().authorize(&credentials, &Attributes::of(&request, user))
        };
        match self.edge.door.look(look).await {
            Some(Some(Err(first))) => first,
            _ => refusal,
        }
    }

    fn verb(&self, method: &Method) -> Result<Verb, Box<Status>> {
        let is_collection = self.target.name.is_empty();
        Ok(match *method {
            // A stream is asked for by GET when it goes over a WebSocket, by POST otherwise.
            _ if self.target.subresource == "log" => Verb::Get,
            Method::GET | Method::HEAD if self.target.is_watch || (is_collection && self.query.is_true("watch")) => {
                Verb::Watch
            }
            Method::GET | Method::HEAD if is_collection => Verb::List,
            Method::GET | Method::HEAD => Verb::Get,
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH => Verb::Patch,
            Method::DELETE if is_collection => Verb::DeleteCollection,
            Method::DELETE => Verb::Delete,
            _ => {
                let message = "the server does not allow this method on the requested resource";
                return Err(Box::new(Status::new(405, Reason::MethodNotAllowed, message)));
            }
        })
    }

    fn manner(&self, kind: Kind, verb: Verb, part: Subresource, headers: &HeaderMap) -> Manner {
        let mut accept = Accept::parse(text(headers, "accept"));
        if part != Subresource::None && part != Subresource::Status {
            accept.shape = Shape::Object;
        }
        let include = Include::parse(self.query.get("includeObject"));
        let info = kind.info();
        let asked = |(group, version): &(&str, &str)| *group == self.target.group && *version == self.target.version;
        let version = info.served().find(asked).unwrap_or((info.group, info.version));
        let rendering = Rendering { kind, version, shape: accept.shape, include, without_headers: false };
        Manner { accept, rendering, takes_gzip: takes_gzip(headers), verb }
    }

    fn request(
        &self,
        kind: Kind,
        verb: Verb,
        part: Subresource,
        agent: &str,
        content_type: &str,
        bytes: &[u8],
    ) -> Result<Request, Box<Status>> {
        let mut options = self.query.options(verb)?;
        let body::Given { mut body, duplicates } = body::read(verb, part, &self.query, content_type, bytes)?;
        options.duplicate_fields = duplicates;
        if matches!(verb, Verb::Delete | Verb::DeleteCollection) {
            options.dry_run = body::is_dry_run(content_type, bytes).unwrap_or(options.dry_run);
        }
        let mut name = self.target.name.clone();
        if verb == Verb::Watch && !name.is_empty() {
            options.field_selector = Some(format!("metadata.name={name}").into());
            name.clear();
        }
        if let (Verb::Create, ApiBody::Manifest(value)) = (verb, &mut body) {
            self.fill_namespace(kind, value);
        }
        Ok(Request {
            user: Arc::clone(&self.credentials.user),
            bearer: self.credentials.bearer.clone(),
            impersonate: self.credentials.impersonate.clone(),
            agent: agent.into(),
            verb,
            kind,
            namespace: self.target.namespace.as_str().into(),
            name: name.into(),
            subresource: part,
            body,
            options,
        })
    }

    /// An object that does not say where it lives, lives where it was sent.
    fn fill_namespace(&self, kind: Kind, value: &mut serde_json::Value) {
        if !kind.is_namespaced() {
            return;
        }
        if let Some(meta) = value.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
            meta.entry("namespace").or_insert_with(|| self.target.namespace.as_str().into());
        }
    }
}

/// Waits for the first answer; what follows it is streamed.
async fn respond(mut call: Call, manner: Manner) -> Result<Response<Body>, Box<Status>> {
    let told = call.next().await.ok_or_else(gone)?;
    match told.answer {
        CallAnswer::Outcome(Err(refusal)) if refusal.is(Reason::NoConnection) => Err(unavailable(&refusal)),
        CallAnswer::Outcome(Ok(response)) => match response.payload {
            Payload::Watching => Ok(reply::watch(call, manner)),
            Payload::Stream(chunk) => Ok(reply::log(&chunk.stdout, chunk.exit_code.is_some(), call)),
            _ => Ok(reply::outcome(&Ok(response), &manner, told.at)),
        },
        CallAnswer::Outcome(outcome) => Ok(reply::outcome(&outcome, &manner, told.at)),
        CallAnswer::Stream(chunk) => Ok(reply::log(&chunk.stdout, chunk.exit_code.is_some(), call)),
        CallAnswer::Watch(_) | CallAnswer::WatchClosed(_) | CallAnswer::Forwarded { .. } => Err(gone()),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    text(headers, "accept-encoding").split(',').any(|one| one.trim().starts_with("gzip"))
}

/// The program's name: what stands before the first `/` of its User-Agent, as for field managers.
/// Source: `apiserver/pkg/endpoints/handlers/create.go`, `prefixFromUserAgent`.
fn agent(header: &str) -> String {
    let name: String =
        header.split('/').next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(128).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}

fn not_found() -> Response<Body> {
    reply::bytes_of(404, "text/plain; charset=utf-8", b"404 page not found\n".to_vec(), false)
}

fn too_large() -> Box<Status> {
    let message = format!("Request entity too large: limit is {}", body::BYTES_MAX);
    Box::new(Status::new(413, Reason::RequestEntityTooLarge, message))
}

fn too_slow() -> Box<Status> {
    let message = "Timeout: request did not complete within the allotted timeout";
    Box::new(Status::new(504, Reason::Timeout, message))
}

/// Nobody runs the cluster any more, or the world that was asked has been rewound.
fn gone() -> Box<Status> {
    Box::new(Status::new(503, Reason::ServiceUnavailable, "the cluster that was asked is gone; ask again"))
}

/// The balancer finds no server.
fn unavailable(why: &Status) -> Box<Status> {
    Box::new(Status::new(503, Reason::ServiceUnavailable, why.message.clone()))
}

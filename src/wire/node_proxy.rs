//! `/proxy` of nodes: what the kubelet's own server says of its node, through the API server.
//!
//! Source: `pkg/registry/core/node/rest/proxy.go`, `pkg/kubelet/server/server.go`. **Not modelled.** Of that server more than
//! `/stats/summary`, `/metrics/resource`, `/metrics/cadvisor` and `/healthz`.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};

use crate::apiserver::authorization::Attributes;
use crate::apiserver::{Credentials, Reason, Status};
use crate::cluster::Cluster;
use crate::model::{Kind, ObjectKey};

use super::gate::Door;
use super::path::ResourcePath;

/// Where kubelets listen.
const PORT: u16 = 10250;

/// Whether a path is about a kubelet behind the server.
#[must_use]
pub fn is_meant(target: &ResourcePath) -> bool {
    target.group.is_empty() && target.version == "v1" && target.subresource == "proxy" && target.resource == "nodes"
}

/// Asks the kubelet; `None` when nobody runs the cluster any more.
///
/// # Errors
/// 401 and 403; 404 without such a node; 405 for other methods; 503 when its kubelet does not answer.
pub async fn answer(
    door: &Door,
    credentials: Credentials,
    target: &ResourcePath,
    method: &Method,
) -> Result<Option<Response<Body>>, Box<Status>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let message = "the server does not allow this method on the requested resource";
        return Err(Box::new(Status::new(405, Reason::MethodNotAllowed, message)));
    }
    let asked = target.clone();
    let look = move |cluster: &Cluster| {
        let name = asked.name.split(':').next().unwrap_or_default();
        let attributes = Attributes::resource(&credentials.user, "get", "", "nodes", name);
        let attributes = Attributes { subresource: "proxy", ..attributes };
        cluster.authorize(&credentials, &attributes).unwrap_or(Ok(()))?;
        ask(cluster, name, &format!("/{}", asked.rest))
    };
    let Some(told) = door.look(move |session| look(session.cluster())).await else { return Ok(None) };
    let Some((content_type, text)) = told? else {
        let mut missing = Response::new(Body::from("404 page not found\n"));
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return Ok(Some(missing));
    };
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(Some(response))
}

fn ask(cluster: &Cluster, node: &str, path: &str) -> Result<Option<(&'static str, String)>, Box<Status>> {
    if cluster.object(&ObjectKey::new(Kind::Node, "", node)).is_none() {
        return Err(Box::new(Status::not_found(Kind::Node, node)));
    }
    cluster.ask_kubelet_server(node, path).map_err(|why| {
        let message = format!("error trying to reach service: dial tcp {node}:{PORT}: {why}");
        Box::new(Status::new(503, Reason::ServiceUnavailable, message))
    })
}

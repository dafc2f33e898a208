//! Connections that become something else: exec, attach and port-forward over a WebSocket.
//!
//! kubectl 1.31 and later ask for a WebSocket first; when that fails they try SPDY, which podlab does not speak, and says so.
//! Source: `client-go/tools/remotecommand/fallback.go`, `apiserver/pkg/util/proxy/streamtranslator.go`.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response};

use crate::apiserver::{Body as ApiBody, Payload, Reason, Status, StreamChunk};
use crate::session::CallAnswer;

use super::framing::Framing;
use super::gate::Call;
use super::{console, forward};

/// Protocols of exec and attach, the best first. Source: `apimachinery/pkg/util/remotecommand/constants.go`.
const CHANNELS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
/// SPDY/3.1 in a WebSocket. Source: `apimachinery/pkg/util/portforward/constants.go`.
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
/// Protocols of port-forward: that of kubectl, and that of client libraries.
const FORWARDS: [&str; 2] = [TUNNEL, "v4.channel.k8s.io"];
/// Each port has two channels, and a channel's number is one byte.
const PORTS_MAX: usize = 127;

/// Answers a request for a stream: the server and the kubelet have their say first, then the connection is upgraded.
///
/// # Errors
/// What they refuse, or 400 for a connection that asks for no WebSocket.
pub async fn answer(
    mut parts: Parts,
    mut call: Call,
    body: &ApiBody,
    ports: Vec<u16>,
) -> Result<Response<Body>, Box<Status>> {
    let first = opened(&mut call).await?;
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return Err(refused(&parts.headers));
    };
    if *body == ApiBody::PortForward {
        let upgrade = upgrade.protocols(FORWARDS);
        let framing = match upgrade.selected_protocol() {
            Some(chosen) if *chosen == TUNNEL => Framing::spdy(),
            Some(_) if ports.is_empty() => {
                return Err(Box::new(Status::bad_request("query parameter \"ports\" is required")));
            }
            Some(_) if ports.len() > PORTS_MAX => {
                return Err(Box::new(Status::bad_request(format!("more than {PORTS_MAX} ports in one request"))));
            }
            Some(_) => Framing::Channels(ports),
            None => return Err(unknown_protocol(&parts.headers, &FORWARDS)),
        };
        return Ok(upgrade.on_upgrade(move |socket| forward::carry(socket, call, framing)));
    }
    let upgrade = upgrade.protocols(CHANNELS);
    if upgrade.selected_protocol().is_none() {
        return Err(unknown_protocol(&parts.headers, &CHANNELS));
    }
    Ok(upgrade.on_upgrade(move |socket| console::carry(socket, call, first)))
}

/// Waits until the kubelet has taken the request up.
async fn opened(call: &mut Call) -> Result<StreamChunk, Box<Status>> {
    let gone =
        || Box::new(Status::new(503, Reason::ServiceUnavailable, "the cluster that was asked is gone; ask again"));
    match call.next().await.ok_or_else(gone)?.answer {
        CallAnswer::Stream(chunk) => Ok(chunk),
        CallAnswer::Outcome(Ok(response)) => match response.payload {
            Payload::Stream(chunk) => Ok(chunk),
            _ => Err(gone()),
        },
        CallAnswer::Outcome(Err(refusal)) => Err(refusal),
        _ => Err(gone()),
    }
}

/// Whether a WebSocket is asked for.
#[must_use]
pub fn is_websocket(headers: &HeaderMap) -> bool {
    headers.get("upgrade").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn refused(headers: &HeaderMap) -> Box<Status> {
    let wanted = headers.get("upgrade").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = if wanted.is_empty() {
        "Upgrade request required".to_owned()
    } else {
        format!(
            "podlab answers streams over WebSockets only, and was asked for {wanted}; kubectl 1.31 and later use WebSockets"
        )
    };
    Box::new(Status::new(400, Reason::BadRequest, message))
}

fn unknown_protocol(headers: &HeaderMap, known: &[&str]) -> Box<Status> {
    let asked: Vec<&str> =
        headers.get_all("sec-websocket-protocol").iter().filter_map(|value| value.to_str().ok()).collect();
    let message = format!("unable to negotiate protocol: client supports {asked:?}, server accepts {known:?}");
    Box::new(Status::new(403, Reason::Forbidden, message))
}

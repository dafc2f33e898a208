//! What goes back: a document, a Status, a stream of events or of log lines.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use serde_json::Value;

use crate::apiserver::{Outcome, Payload, Status, Verb};
use crate::engine::SimTime;
use crate::model::yaml;
use crate::session::CallAnswer;

use super::accept::{Accept, Notation};
use super::gate::Call;
use super::rendering::Rendering;

/// Smaller answers are not worth compressing. Source: `apiserver/pkg/endpoints/handlers/responsewriters/writers.go`,
/// `defaultGzipThresholdBytes`.
const GZIP_MIN: usize = 128 * 1024;

/// How one request wants to be answered.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Notation and shape.
    pub accept: Accept,
    /// How objects are rendered.
    pub rendering: Rendering,
    /// Whether the client takes compressed answers.
    pub takes_gzip: bool,
    /// What was asked.
    pub verb: Verb,
}

/// Sets a header; a value that no header can carry is left out.
pub fn set(response: &mut Response<Body>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(HeaderName::from_static(name), value);
    }
}

/// A document.
#[must_use]
pub fn document(code: u16, value: &Value, notation: Notation, takes_gzip: bool) -> Response<Body> {
    let bytes = match notation {
        Notation::Json => serde_json::to_vec(value).unwrap_or_default(),
        Notation::Yaml => yaml::write(value).into_bytes(),
    };
    let content_type = Accept { notation, ..Accept::default() }.content_type();
    bytes_of(code, content_type, bytes, takes_gzip)
}

/// Bytes of a type, compressed when they are many.
#[must_use]
pub fn bytes_of(code: u16, content_type: &str, bytes: Vec<u8>, takes_gzip: bool) -> Response<Body> {
    let packed = (takes_gzip && bytes.len() >= GZIP_MIN).then(|| gzip(&bytes)).flatten();
    let is_packed = packed.is_some();
    let mut response = Response::new(Body::from(packed.unwrap_or(bytes)));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set(&mut response, "content-type", content_type);
    set(&mut response, "cache-control", "no-cache, private");
    if is_packed {
        set(&mut response, "content-encoding", "gzip");
        set(&mut response, "vary", "Accept-Encoding");
    }
    response
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// A refusal.
#[must_use]
pub fn status(status: &Status) -> Response<Body> {
    let mut response = document(status.code, &status.to_value(), Notation::Json, false);
    if let Some(seconds) = status.details.as_ref().and_then(|details| details.retry_after_seconds) {
        set(&mut response, "retry-after", &seconds.to_string());
    }
    response
}

/// The outcome of a request that is over.
#[must_use]
pub fn outcome(outcome: &Outcome, manner: &Manner, at: SimTime) -> Response<Body> {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(refusal) => return status(refusal),
    };
    let code = match (&answer.payload, manner.verb) {
        (Payload::Status(status), _) => status.code,
        (_, Verb::Create) => 201,
        _ if answer.is_new => 201,
        _ => 200,
    };
    let value = manner.rendering.payload(&answer.payload, at);
    let mut response = document(code, &value, manner.accept.notation, manner.takes_gzip);
    for warning in &answer.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        set(&mut response, "warning", &format!("299 - \"{quoted}\""));
    }
    response
}

/// The events of a watch, one JSON document per line, until either side has enough.
#[must_use]
pub fn watch(call: Call, manner: Manner) -> Response<Body> {
    let lines = stream::unfold((call, true), move |(mut call, mut is_first)| async move {
        let told = call.next().await?;
        let mut bytes = Vec::new();
        match &told.answer {
            CallAnswer::Watch(events) => {
                for event in events {
                    line(&mut bytes, &manner.rendering.event(event, is_first, told.at));
                    is_first = false;
                }
            }
            CallAnswer::WatchClosed(Some(status)) => {
                line(&mut bytes, &serde_json::json!({"type": "ERROR", "object": status.to_value()}));
            }
            CallAnswer::WatchClosed(None) => return None,
            CallAnswer::Outcome(_) | CallAnswer::Stream(_) | CallAnswer::Forwarded { .. } => {}
        }
        Some((Ok::<_, std::io::Error>(Bytes::from(bytes)), (call, is_first)))
    });
    let mut response = Response::new(Body::from_stream(lines));
    set(&mut response, "content-type", "application/json");
    set(&mut response, "cache-control", "no-cache, private");
    response
}

fn line(bytes: &mut Vec<u8>, value: &Value) {
    // Writing to memory cannot fail.
    drop(serde_json::to_writer(&mut *bytes, value));
    bytes.push(b'\n');
}

/// Log lines, as long as there are any.
#[must_use]
pub fn log(first: &[u8], is_over: bool, call: Call) -> Response<Body> {
    let begin = (!first.is_empty()).then(|| Bytes::copy_from_slice(first));
    let lines = stream::unfold((begin, call, is_over), |(begin, mut call, is_over)| async move {
        if let Some(bytes) = begin {
            return Some((Ok::<_, std::io::Error>(bytes), (None, call, is_over)));
        }
        if is_over {
            return None;
        }
        loop {
            let CallAnswer::Stream(chunk) = call.next().await?.answer else { continue };
            let is_over = chunk.exit_code.is_some();
            return Some((Ok(Bytes::copy_from_slice(&chunk.stdout)), (None, call, is_over)));
        }
    });
    let mut response = Response::new(Body::from_stream(lines));
    set(&mut response, "content-type", "text/plain");
    response
}

//! What comes with a request: JSON, YAML, protobuf or a patch, as the body that the API server takes.
//!
//! Source: `apiserver/pkg/endpoints/handlers/{create,update,patch,delete}.go`.

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::{Body, DeleteOptions, ExecOptions, PatchType, Reason, Status, Subresource, Verb, WriteOptions};
use crate::model::json_read::{self, Parsed};
use crate::model::yaml;

use super::query::{Query, propagation};

/// The most that a request may carry. Source: `--max-request-body-bytes`' default, 3 MiB.
pub const BYTES_MAX: usize = 3 * 1024 * 1024;
/// Patches that a server takes, as the refusal of others lists them.
const PATCH_TYPES: &str = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, \
                           application/apply-patch+yaml, application/apply-patch+cbor";

/// What came with a request.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// As the API server takes it.
    pub body: Body,
    /// The fields that stood twice in the text.
    pub duplicates: Vec<Arc<str>>,
}

impl From<Body> for Given {
    fn from(body: Body) -> Self {
        Self { body, duplicates: Vec::new() }
    }
}

/// The body of a request.
///
/// # Errors
/// 400 for what cannot be read, 415 for what is in no known notation.
pub fn read(
    verb: Verb,
    part: Subresource,
    query: &Query,
    content_type: &str,
    bytes: &[u8],
) -> Result<Given, Box<Status>> {
    let body = match (verb, part) {
        (_, Subresource::Log) => Body::Log(query.log_options()?),
        (_, Subresource::Exec) => Body::Exec(exec(query)?),
        (_, Subresource::Attach) => Body::Attach(query.exec_options()),
        (_, Subresource::PortForward) => Body::PortForward,
        (Verb::Get | Verb::List | Verb::Watch, _) => Body::None,
        (Verb::Delete | Verb::DeleteCollection, _) => deletion(query, content_type, bytes)?,
        (Verb::Patch, _) => patch(content_type, bytes)?,
        (_, Subresource::Scale) => scale(&value(content_type, bytes)?)?,
        (Verb::Create, Subresource::Binding) => binding(&value(content_type, bytes)?),
        (Verb::Create, Subresource::Eviction) => {
            let value = value(content_type, bytes)?;
            Body::Delete(value.get("deleteOptions").map(delete_options).unwrap_or_default())
        }
        _ => {
            let Parsed { value, duplicates } = document(content_type, bytes)?;
            let duplicates = duplicates.into_iter().map(Arc::from).collect();
            return Ok(Given { body: Body::Manifest(value), duplicates });
        }
    };
    Ok(body.into())
}

fn value(content_type: &str, bytes: &[u8]) -> Result<Value, Box<Status>> {
    document(content_type, bytes).map(|parsed| parsed.value)
}

/// Which command. Source: `pkg/registry/core/pod/rest/subresources.go` and `kubelet/pkg/cri/streaming/remotecommand` ask for a
/// command and for at least one stream.
fn exec(query: &Query) -> Result<ExecOptions, Box<Status>> {
    let options = query.exec_options();
    let refused = |message: &str| Err(Box::new(Status::bad_request(message)));
    if options.command.is_empty() {
        return refused("you must specify at least one command for the container");
    }
    if !["stdin", "stdout", "stderr"].iter().any(|stream| query.is_true(stream)) {
        return refused("you must specify at least 1 of stdin, stdout, stderr");
    }
    Ok(options)
}

/// A document in whichever notation.
///
/// # Errors
/// As [`read`].
pub fn document(content_type: &str, bytes: &[u8]) -> Result<Parsed, Box<Status>> {
    let bare = content_type.split(';').next().unwrap_or_default().trim();
    match bare {
        "" | "application/json" => json(bytes),
        "application/yaml" => yaml(bytes).map(|value| Parsed { value, ..Parsed::default() }),
        "application/vnd.kubernetes.protobuf" => {
            let told = |error| Box::new(Status::bad_request(format!("the body of the request is no object: {error}")));
            super::protobuf::decode(bytes).map(|value| Parsed { value, ..Parsed::default() }).map_err(told)
        }
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, \
                 application/yaml, application/vnd.kubernetes.protobuf (got {other})"
            );
            Err(Box::new(Status::new(415, Reason::UnsupportedMediaType, message)))
        }
    }
}

fn json(bytes: &[u8]) -> Result<Parsed, Box<Status>> {
    let text = String::from_utf8_lossy(bytes);
    json_read::parse(&text).map_err(|error| {
        let message = format!("couldn't get version/kind; json parse error: {error}");
        Box::new(Status::bad_request(message))
    })
}

fn yaml(bytes: &[u8]) -> Result<Value, Box<Status>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Box::new(Status::bad_request("yaml: control characters are not allowed")))?;
    let documents = yaml::read("body", text).map_err(|error| Box::new(Status::bad_request(error.to_string())))?;
    let first = documents.into_iter().next();
    first.map(|document| document.value).ok_or_else(|| Box::new(Status::bad_request("Object 'Kind' is missing in ''")))
}

fn patch(content_type: &str, bytes: &[u8]) -> Result<Body, Box<Status>> {
    let bare = content_type.split(';').next().unwrap_or_default().trim();
    let (type_, value) = match bare {
        "application/json-patch+json" => (PatchType::Json, patch_json(bytes)?),
        "application/merge-patch+json" => (PatchType::Merge, patch_json(bytes)?),
        "application/strategic-merge-patch+json" => (PatchType::Strategic, patch_json(bytes)?),
        "application/apply-patch+yaml" => (PatchType::Apply, yaml(bytes)?),
        _ => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: {PATCH_TYPES}"
            );
            return Err(Box::new(Status::new(415, Reason::UnsupportedMediaType, message)));
        }
    };
    Ok(Body::Patch(type_, value))
}

fn patch_json(bytes: &[u8]) -> Result<Value, Box<Status>> {
    serde_json::from_slice(bytes)
        .map_err(|error| Box::new(Status::bad_request(format!("error decoding patch: {error}"))))
}

fn deletion(query: &Query, content_type: &str, bytes: &[u8]) -> Result<Body, Box<Status>> {
    // A body says everything; the query counts only without one.
    if bytes.is_empty() {
        query.check_write(Verb::Delete)?;
        return Ok(Body::Delete(query.delete_options()?));
    }
    let value = value(content_type, bytes)?;
    let words = value["dryRun"].as_array().into_iter().flatten();
    let options = WriteOptions {
        dry_run: words.filter_map(Value::as_str).collect(),
        propagation: value["propagationPolicy"].as_str(),
        says_orphan: value["orphanDependents"].is_boolean(),
        ..WriteOptions::default()
    };
    options.check(Verb::Delete)?;
    Ok(Body::Delete(delete_options(&value)))
}

/// `metav1.DeleteOptions`.
fn delete_options(value: &Value) -> DeleteOptions {
    let orphans = value["orphanDependents"].as_bool().map(|orphan| if orphan { "Orphan" } else { "Background" });
    let conditions = &value["preconditions"];
    DeleteOptions {
        grace_period_seconds: value["gracePeriodSeconds"].as_i64(),
        propagation: value["propagationPolicy"].as_str().or(orphans).and_then(propagation),
        uid: conditions["uid"].as_str().map(Arc::from),
        resource_version: conditions["resourceVersion"].as_str().and_then(|text| text.parse().ok()),
    }
}

/// Whether the body of a deletion asks for a dry run; `None` without a body.
#[must_use]
pub fn is_dry_run(content_type: &str, bytes: &[u8]) -> Option<bool> {
    let asks = |value: Value| value["dryRun"].as_array().is_some_and(|all| !all.is_empty());
    (!bytes.is_empty()).then(|| value(content_type, bytes).is_ok_and(asks))
}

fn scale(value: &Value) -> Result<Body, Box<Status>> {
    let replicas = value["spec"]["replicas"].as_i64().unwrap_or(0);
    i32::try_from(replicas).map(Body::Scale).map_err(|_| Box::new(Status::bad_request("spec.replicas is out of range")))
}

fn binding(value: &Value) -> Body {
    Body::Binding(value["target"]["name"].as_str().unwrap_or_default().into())
}

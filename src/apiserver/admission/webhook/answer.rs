//! What a webhook answers, and what that means for the request.
//!
//! Source: `apiserver/pkg/admission/plugin/webhook/{errors/statuserror.go,request/admissionreview.go}`, `client-go/rest/request.go`.

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::status::{Reason, Status};
use crate::model::{ByteString, patch};

use super::calls::Said;
use super::hook::Hook;

/// What a webhook that lets the request in has to say.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// A JSON patch.
    pub(super) patch: Option<Value>,
    pub(super) warnings: Vec<Arc<str>>,
}

/// What the answer means.
///
/// # Errors
/// The refusal.
pub(super) fn judge(hook: &Hook, said: Said) -> Result<Verdict, Box<Status>> {
    let name = &hook.name.1;
    let response = match said {
        Ok(response) => response,
        Err(_) if hook.ignores_failures => return Ok(Verdict::default()),
        Err(why) => return Err(Box::new(Status::internal(&format!("failed calling webhook \"{name}\": {why}")))),
    };
    if response["allowed"] != true {
        return Err(Box::new(refusal(name, &response["status"])));
    }
    let warnings = response["warnings"].as_array().into_iter().flatten();
    let warnings = warnings.filter_map(|one| Some(one.as_str()?.into())).collect();
    let patch = match &response["patch"] {
        Value::Null => None,
        bytes => Some(bytes.clone()),
    };
    Ok(Verdict { patch, warnings })
}

/// Source: `ToStatusErr`.
fn refusal(name: &str, given: &Value) -> Status {
    let text = |field: &str| given[field].as_str().unwrap_or_default();
    let denied = format!("admission webhook \"{name}\" denied the request");
    let message = match (text("message"), text("reason")) {
        ("", "") => format!("{denied} without explanation"),
        ("", reason) => format!("{denied}: {reason}"),
        (message, _) => format!("{denied}: {message}"),
    };
    let code = given["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(0).max(400);
    Status::new(code, Reason::named(text("reason")), message)
}

/// The object as the webhook wants it.
///
/// # Errors
/// 500 when the patch cannot be read or applied.
pub(super) fn patched(hook: &Hook, object: &Value, patch: &Value) -> Result<Value, Box<Status>> {
    let failed = |why: String| Box::new(Status::internal(&why));
    let bytes: ByteString = serde_json::from_value(patch.clone()).map_err(|error| failed(error.to_string()))?;
    let operations: Value = serde_json::from_slice(&bytes.0).map_err(|error| {
        let name = &hook.name.1;
        failed(format!("received invalid patch from admission webhook \"{name}\": {error}"))
    })?;
    patch::apply_json(object, &operations).map_err(|error| failed(error.to_string()))
}

/// Reads the answer of an HTTP server as the response of a review.
///
/// # Errors
/// Why it is none.
pub(in crate::apiserver) fn read(status: u16, body: &[u8], uid: &str) -> Said {
    let failed = |why: String| Err(format!("failed to call webhook: {why}"));
    match status {
        200..=206 => {}
        404 => return failed("the server could not find the requested resource".into()),
        405 => return failed("the server does not allow this method on the requested resource".into()),
        503 => return failed("the server is currently unable to handle the request".into()),
        500..=599 => {
            let said = serde_json::Value::from(String::from_utf8_lossy(body).trim()).to_string();
            return failed(format!("an error on the server ({said}) has prevented the request from succeeding"));
        }
        other => {
            return failed(format!(
                "the server responded with the status code {other} but did not return more information"
            ));
        }
    }
    let review: Value = match serde_json::from_slice(body) {
        Ok(review) => review,
        Err(_) => {
            let first = String::from_utf8_lossy(body).trim_start().chars().next();
            let why = match first {
                Some(letter) => format!("invalid character '{letter}' looking for beginning of value"),
                None => "unexpected end of JSON input".to_owned(),
            };
            return failed(format!("couldn't get version/kind; json parse error: {why}"));
        }
    };
    let invalid = |why: String| Err(format!("received invalid webhook response: {why}"));
    let (version, kind) = (review["apiVersion"].as_str().unwrap_or("/"), review["kind"].as_str().unwrap_or_default());
    if (version, kind) != ("admission.k8s.io/v1", "AdmissionReview") {
        return invalid(format!(
            "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got {version}, Kind={kind}"
        ));
    }
    let response = &review["response"];
    if response.is_null() {
        return failed("webhook response was absent".into());
    }
    let given = response["uid"].as_str().unwrap_or_default();
    if given != uid {
        return invalid(format!("expected response.uid=\"{uid}\", got \"{given}\""));
    }
    if !response["patch"].is_null() && response["patchType"] != "JSONPatch" {
        return invalid("webhook returned response.patch but not response.patchType".into());
    }
    Ok(response.clone())
}

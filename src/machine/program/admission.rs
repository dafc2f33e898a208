//! A program of the catalogue as an admission webhook: rules in a file say what it makes of each AdmissionReview.
//!
//! ```yaml
//! - path: /validate                      # only what is posted there; everything when absent
//!   when: object.spec.replicas > 3       # CEL over request, object, oldObject; always when absent
//!   deny: at most 3 replicas here        # refuses, with `code` (403) and `reason` (Forbidden)
//! - patch: [{op: add, path: /metadata/labels/team, value: shop}]
//!   warnings: [the label team was added]
//!   latency: 2s                          # how long it thinks; all rules that hold together
//! - when: request.operation == 'DELETE'
//!   hang: true                           # or `status: 500` for a bug, `exit: 1` for one that ends the program
//! ```
//! From the first to the last, every rule that holds adds its patch, warnings and latency; one that refuses, hangs or fails
//! ends it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Program, write_line};
use crate::engine::SimDuration;
use crate::machine::cri::{HttpRequest, HttpResponse};
use crate::machine::image::spec::parse_span;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;
use crate::model::cel::{self, Scope};
use crate::model::{ByteString, yaml};

/// What a review takes when no rule says otherwise.
const LATENCY: SimDuration = SimDuration::from_millis(5);

/// What to do with reviews for which a condition holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Rule {
    /// Only what is posted to this path.
    path: Option<String>,
    /// A condition in CEL.
    when: Option<String>,
    /// Refuses, with this message.
    deny: Option<String>,
    /// The code of the refusal.
    code: Option<u16>,
    /// Its reason.
    reason: Option<String>,
    /// A JSON patch.
    patch: Vec<Value>,
    warnings: Vec<String>,
    /// How long it thinks.
    latency: Option<String>,
    /// It never answers.
    hang: bool,
    /// It answers with this HTTP status instead of a review.
    status: Option<u16>,
    /// It ends with this code.
    exit: Option<i32>,
}

/// What the rules come to.
enum Outcome {
    /// A review.
    Review(Value),
    /// No answer at all.
    Hang,
    /// An HTTP error, and perhaps the end.
    Bug(u16, Option<i32>),
}

impl Program {
    /// Answers a review by the rules in a file; `None`: never.
    pub(super) fn review(
        &mut self,
        rules: &str,
        request: &HttpRequest,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Option<(HttpResponse, SimDuration)> {
        let answer = |status: u16, body: String| HttpResponse {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into_bytes().into(),
        };
        let outcome = read(rules, host, kernel).and_then(|rules| {
            let review: Value =
                serde_json::from_slice(&request.body).map_err(|error| format!("the review cannot be read: {error}"))?;
            decide(&rules, request.path.split('?').next().unwrap_or_default(), &review)
        });
        let (outcome, latency) = match outcome {
            Ok(decided) => decided,
            Err(why) => {
                write_line(host, 2, &format!("webhook: {why}"), kernel);
                return Some((answer(500, why), LATENCY));
            }
        };
        match outcome {
            Outcome::Hang => None,
            Outcome::Review(review) => Some((answer(200, review.to_string()), latency)),
            Outcome::Bug(status, exit) => {
                if let Some(code) = exit {
                    self.end_after_answer(code, kernel.now);
                }
                Some((answer(status, "panic: runtime error: invalid memory address".into()), latency))
            }
        }
    }
}

/// The rules as they stand in the file now.
fn read(path: &str, host: HostPid, kernel: &mut Kernel<'_>) -> Result<Vec<Rule>, String> {
    let process = kernel.sandbox.processes.get(&host).ok_or("the process is gone")?;
    let (container, user) = (process.container.ok_or("the process has no container")?, process.user);
    let view = kernel.view(container, user).ok_or("the container has no files")?;
    let bytes = view.read(path).map_err(|error| format!("open {path}: {error}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let documents = yaml::read(path, &text).map_err(|error| error.to_string())?;
    let value = documents.into_iter().next().map_or(Value::Null, |document| document.value);
    match value {
        Value::Null => Ok(Vec::new()),
        value => serde_json::from_value(value).map_err(|error| format!("{path}: {error}")),
    }
}

fn decide(rules: &[Rule], path: &str, review: &Value) -> Result<(Outcome, SimDuration), String> {
    let request = &review["request"];
    let scope = Scope::default()
        .with("request", request)
        .with("object", &request["object"])
        .with("oldObject", &request["oldObject"]);
    let mut latency = SimDuration::ZERO;
    let (mut patch, mut warnings) = (Vec::new(), Vec::new());
    let mut refusal = None;
    for rule in rules.iter().filter(|rule| rule.path.as_ref().is_none_or(|wanted| wanted == path)) {
        if let Some(condition) = &rule.when
            && !cel::holds(condition, &scope)?
        {
            continue;
        }
        if let Some(span) = &rule.latency {
            latency += parse_span(span).ok_or_else(|| format!("latency: {span} is no duration"))?;
        }
        patch.extend(rule.patch.iter().cloned());
        warnings.extend(rule.warnings.iter().cloned());
        if rule.hang {
            return Ok((Outcome::Hang, latency));
        }
        if rule.status.is_some() || rule.exit.is_some() {
            return Ok((Outcome::Bug(rule.status.unwrap_or(500), rule.exit), latency.max(LATENCY)));
        }
        if let Some(message) = &rule.deny {
            let (code, reason) = (rule.code.unwrap_or(403), rule.reason.as_deref().unwrap_or("Forbidden"));
            refusal = Some(json!({"code": code, "reason": reason, "message": message}));
            break;
        }
    }
    let mut response = json!({"uid": request["uid"], "allowed": refusal.is_none()});
    if let Some(refusal) = refusal {
        response["status"] = refusal;
    } else if !patch.is_empty() {
        response["patchType"] = "JSONPatch".into();
        response["patch"] = json!(ByteString(Value::from(patch).to_string().into_bytes()));
    }
    if !warnings.is_empty() {
        response["warnings"] = warnings.into();
    }
    let review = json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response});
    Ok((Outcome::Review(review), latency.max(LATENCY)))
}

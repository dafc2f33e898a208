//! `kubectl autoscale`.
//!
//! Source: `kubectl/pkg/cmd/autoscale/autoscale.go`.

use serde_json::{Value, json};

use super::change;
use super::create::submit_as;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "#min",
    "#max",
    ":cpu",
    ":memory",
    "#cpu-percent",
    ":name",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let (min, max) = (flags.number("min").unwrap_or(-1), flags.number("max").unwrap_or(-1));
    if max < 1 {
        let said = format!("--max=MAXPODS is required and must be at least 1, max: {max}");
        return Err(Failure::text_of(said));
    }
    if max < min {
        let said = format!("--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}");
        return Err(Failure::text_of(said));
    }
    let metrics = metrics(flags)?;
    let found = change::targets(session, flags, &flags.args)?;
    for item in &found.items {
        let key = item.object.key();
        if !key.kind.info().subresources.contains(&"scale") {
            let said = format!("cannot autoscale a {}: could not find the requested resource", key.kind.name());
            return Err(Failure::text_of(said));
        }
        let name = flags.text("name").filter(|name| !name.is_empty()).unwrap_or(&key.name);
        let target = json!({"apiVersion": key.kind.api_version(), "kind": key.kind.name(), "name": &*key.name});
        let mut spec = json!({"scaleTargetRef": target, "maxReplicas": max});
        if min > 0 {
            spec["minReplicas"] = json!(min);
        }
        if !metrics.is_empty() {
            spec["metrics"] = json!(metrics);
        }
        let value = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name}, "spec": spec});
        submit_as(session, flags, Kind::HorizontalPodAutoscaler, value, None, "autoscaled")?;
    }
    Failure::all(found.failures)
}

/// What is to be measured: `--cpu=60%` is a share of what is requested, `--memory=200Mi` an amount for each Pod.
fn metrics(flags: &Flags) -> Result<Vec<Value>, Failure> {
    let mut metrics = Vec::new();
    if let Some(percent) = flags.number("cpu-percent").filter(|percent| *percent > 0) {
        metrics.push(utilization("cpu", percent));
    }
    for resource in ["cpu", "memory"] {
        let Some(text) = flags.text(resource).filter(|text| !text.is_empty()) else { continue };
        metrics.push(match text.strip_suffix('%') {
            Some(percent) => match percent.parse::<i64>() {
                Ok(percent) if percent > 0 => utilization(resource, percent),
                _ => return Err(Failure::text_of(format!("invalid {resource} target: {text}"))),
            },
            None => json!({"type": "Resource",
                "resource": {"name": resource, "target": {"type": "AverageValue", "averageValue": text}}}),
        });
    }
    Ok(metrics)
}

fn utilization(resource: &str, percent: i64) -> Value {
    json!({"type": "Resource",
        "resource": {"name": resource, "target": {"type": "Utilization", "averageUtilization": percent}}})
}

//! Objects in another group or version than the one that is stored: Events under `events.k8s.io/v1`, autoscalers under
//! `autoscaling/v1`.
//!
//! Source: `pkg/apis/core/v1/conversion.go`, `pkg/apis/events/v1/conversion.go`, `pkg/apis/autoscaling/v1/conversion.go`.
//!
//! **Simplified:** of an autoscaler's metrics `autoscaling/v1` shows the share of CPU only; upstream keeps the others in
//! annotations.

use serde_json::{Map, Value, json};

use super::kind::Kind;

/// The fields of an Event in the core group, and in its own.
const EVENT_FIELDS: [(&str, &str); 7] = [
    ("message", "note"),
    ("involvedObject", "regarding"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// Makes an object of `kind`, in whatever version it says that it is, one of the stored version.
pub fn to_stored(kind: Kind, value: &mut Value) {
    let stored = kind.api_version();
    let given = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if given.is_empty() || given == stored {
        return;
    }
    let Value::Object(fields) = value else { return };
    match kind {
        Kind::Event => rename(fields, EVENT_FIELDS.map(|(core, own)| (own, core))),
        Kind::HorizontalPodAutoscaler => autoscaler_to_stored(fields),
        _ => {}
    }
    fields.insert("apiVersion".into(), stored.into());
}

/// Shows a stored object of `kind` in a version in which it is served.
pub fn to_served(kind: Kind, api_version: &str, value: &mut Value) {
    if value.get("apiVersion").and_then(Value::as_str) == Some(api_version) {
        return;
    }
    let Value::Object(fields) = value else { return };
    match kind {
        Kind::Event => rename(fields, EVENT_FIELDS),
        Kind::HorizontalPodAutoscaler => autoscaler_to_v1(fields),
        _ => {}
    }
    fields.insert("apiVersion".into(), api_version.into());
}

fn rename<const COUNT: usize>(fields: &mut Map<String, Value>, names: [(&str, &str); COUNT]) {
    for (from, to) in names {
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}

fn autoscaler_to_stored(fields: &mut Map<String, Value>) {
    if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut)
        && let Some(percent) = spec.remove("targetCPUUtilizationPercentage").filter(|percent| !percent.is_null())
    {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        spec.insert("metrics".into(), json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    }
    if let Some(status) = fields.get_mut("status").and_then(Value::as_object_mut)
        && let Some(percent) = status.remove("currentCPUUtilizationPercentage").filter(|percent| !percent.is_null())
    {
        let current = json!({"averageUtilization": percent});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "current": current}});
        status.insert("currentMetrics".into(), json!([metric]));
    }
}

fn autoscaler_to_v1(fields: &mut Map<String, Value>) {
    let cpu = |metrics: Option<Value>, path: &str| {
        let metrics = metrics.and_then(|metrics| metrics.as_array().cloned()).unwrap_or_default();
        let found = metrics.into_iter().find(|metric| metric.pointer("/resource/name") == Some(&json!("cpu")));
        found.and_then(|metric| metric.pointer(path).cloned())
    };
    if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
        let percent = cpu(spec.remove("metrics"), "/resource/target/averageUtilization");
        spec.remove("behavior");
        spec.extend(percent.map(|percent| ("targetCPUUtilizationPercentage".to_owned(), percent)));
    }
    if let Some(status) = fields.get_mut("status").and_then(Value::as_object_mut) {
        let percent = cpu(status.remove("currentMetrics"), "/resource/current/averageUtilization");
        status.remove("conditions");
        status.entry("currentReplicas").or_insert_with(|| json!(0));
        status.extend(percent.map(|percent| ("currentCPUUtilizationPercentage".to_owned(), percent)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_autoscaler_survives_its_older_version() {
        let kind = Kind::HorizontalPodAutoscaler;
        let v1 =
            json!({"apiVersion": "autoscaling/v1", "spec": {"maxReplicas": 3, "targetCPUUtilizationPercentage": 60}});
        let mut value = v1.clone();
        to_stored(kind, &mut value);
        assert_eq!(value["apiVersion"], "autoscaling/v2");
        assert_eq!(value["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 60);
        to_served(kind, "autoscaling/v1", &mut value);
        assert_eq!(value, v1);
    }

    #[test]
    fn an_event_has_other_names_in_its_own_group() {
        let mut value = json!({"apiVersion": "v1", "message": "hello", "count": 2});
        to_served(Kind::Event, "events.k8s.io/v1", &mut value);
        assert_eq!(value, json!({"apiVersion": "events.k8s.io/v1", "note": "hello", "deprecatedCount": 2}));
        to_stored(Kind::Event, &mut value);
        assert_eq!(value, json!({"apiVersion": "v1", "message": "hello", "count": 2}));
    }
}

//! HorizontalPodAutoscalers.

use super::text::Text;
use crate::model::Meta;
use crate::model::autoscaling::{
    HPAScalingRules, HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus,
};
use crate::model::metav1::WireQuantity;
use crate::printers::date::rfc1123;

const UNKNOWN: &str = "<unknown>";

pub(super) fn describe(text: &mut Text, scaler: &HorizontalPodAutoscaler) {
    let (meta, spec) = (&scaler.metadata, &scaler.spec);
    let status = scaler.status.clone().unwrap_or_default();
    text.field(0, "Name", meta.name());
    text.field(0, "Namespace", meta.namespace());
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    text.field(0, "CreationTimestamp", rfc1123(meta.creation_timestamp.as_ref()));
    let target = &spec.scale_target_ref;
    text.field(0, "Reference", format_args!("{}/{}", target.kind, target.name));
    text.field(0, "Metrics", "( current / target )");
    let current = status.current_metrics.unwrap_or_default();
    for (index, metric) in spec.metrics.iter().flatten().enumerate() {
        text.line(1, line(metric, current.get(index)));
    }
    let min = spec.min_replicas.map_or_else(|| "<unset>".into(), |min| min.to_string());
    text.field(0, "Min replicas", min);
    text.field(0, "Max replicas", spec.max_replicas);
    if let Some(behavior) = &spec.behavior {
        text.line(0, "Behavior:");
        direction(text, "Scale Up", behavior.scale_up.as_ref());
        direction(text, "Scale Down", behavior.scale_down.as_ref());
    }
    let (current, desired) = (status.current_replicas.unwrap_or(0), status.desired_replicas);
    text.line(0, format_args!("{} pods:\t{current} current / {desired} desired", target.kind));
    let conditions = status.conditions.unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tReason\tMessage");
        text.line(1, "----\t------\t------\t-------");
        for one in conditions {
            let (reason, message) = (one.reason.unwrap_or_default(), one.message.unwrap_or_default());
            text.line(1, format_args!("{}\t{}\t{reason}\t{message}", one.type_, one.status));
        }
    }
}

fn line(spec: &MetricSpec, now: Option<&MetricStatus>) -> String {
    if let Some(source) = &spec.resource {
        let now = now.and_then(|now| now.resource.as_ref()).map(|now| &now.current);
        return resource(&format!("resource {} on pods", source.name), &source.target, now);
    }
    if let Some(source) = &spec.container_resource {
        let now = now.and_then(|now| now.container_resource.as_ref()).map(|now| &now.current);
        let what = format!("resource {} of container \"{}\" on pods", source.name, source.container);
        return resource(&what, &source.target, now);
    }
    if let Some(source) = &spec.pods {
        let now = now.and_then(|now| now.pods.as_ref()).map(|now| &now.current);
        return format!("{:?} on pods:\t{}", source.metric.name, averages(&source.target, now));
    }
    if let Some(source) = &spec.object {
        let now = now.and_then(|now| now.object.as_ref()).map(|now| &now.current);
        let about = &source.described_object;
        return format!("{:?} on {}/{} {}", source.metric.name, about.kind, about.name, either(&source.target, now));
    }
    if let Some(source) = &spec.external {
        let now = now.and_then(|now| now.external.as_ref()).map(|now| &now.current);
        return format!("{:?} {}", source.metric.name, either(&source.target, now));
    }
    format!("<unknown metric type {:?}>", spec.type_)
}

fn resource(what: &str, target: &MetricTarget, now: Option<&MetricValueStatus>) -> String {
    if target.average_value.is_some() {
        return format!("{what}:\t{}", averages(target, now));
    }
    let is = match now.map(|now| (now.average_utilization, &now.average_value)) {
        Some((Some(percent), Some(value))) => format!("{percent}% ({})", value.0),
        _ => UNKNOWN.into(),
    };
    let wanted = target.average_utilization.map_or_else(|| "<auto>".into(), |wanted| format!("{wanted}%"));
    format!("{what}  (as a percentage of request):\t{is} / {wanted}")
}

fn averages(target: &MetricTarget, now: Option<&MetricValueStatus>) -> String {
    let is = now.and_then(|now| now.average_value.as_ref()).map_or(UNKNOWN, |value| value.0.as_str());
    format!("{is} / {}", amount(target.average_value.as_ref()))
}

fn either(target: &MetricTarget, now: Option<&MetricValueStatus>) -> String {
    if target.average_value.is_some() {
        return format!("(target average value):\t{}", averages(target, now));
    }
    let is = now.and_then(|now| now.value.as_ref()).map_or(UNKNOWN, |value| value.0.as_str());
    format!("(target value):\t{is} / {}", amount(target.value.as_ref()))
}

fn amount(amount: Option<&WireQuantity>) -> &str {
    amount.map_or("0", |amount| amount.0.as_str())
}

fn direction(text: &mut Text, name: &str, rules: Option<&HPAScalingRules>) {
    let Some(rules) = rules else { return };
    text.line(1, format_args!("{name}:"));
    if let Some(seconds) = rules.stabilization_window_seconds {
        text.line(2, format_args!("Stabilization Window: {seconds} seconds"));
    }
    let policies = rules.policies.as_deref().unwrap_or_default();
    if policies.is_empty() {
        return;
    }
    text.line(2, format_args!("Select Policy: {}", rules.select_policy.as_deref().unwrap_or("Max")));
    text.line(2, "Policies:");
    for policy in policies {
        let (type_, value, period) = (&policy.type_, policy.value, policy.period_seconds);
        text.line(3, format_args!("- Type: {type_}\tValue: {value}\tPeriod: {period} seconds"));
    }
}

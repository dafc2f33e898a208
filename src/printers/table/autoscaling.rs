//! Rows of HorizontalPodAutoscalers and PodDisruptionBudgets.

use super::{Column, NONE, UNSET, age, column, name};
use crate::engine::SimTime;
use crate::model::autoscaling::{HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus};
use crate::model::metav1::IntOrString;
use crate::model::policy::PodDisruptionBudget;

/// What stands for a measurement that is not there.
const UNKNOWN: &str = "<unknown>";
/// How many targets are shown.
const TARGETS_MAX: usize = 2;

pub(super) const AUTOSCALER_COLUMNS: &[Column] = &[
    column("Name"),
    column("Reference"),
    column("Targets"),
    column("MinPods"),
    column("MaxPods"),
    column("Replicas"),
    column("Age"),
];

pub(super) fn autoscaler(scaler: &HorizontalPodAutoscaler, now: SimTime) -> Vec<String> {
    let (spec, status) = (&scaler.spec, scaler.status.clone().unwrap_or_default());
    vec![
        name(&scaler.metadata),
        format!("{}/{}", spec.scale_target_ref.kind, spec.scale_target_ref.name),
        targets(spec.metrics.as_deref().unwrap_or_default(), status.current_metrics.as_deref().unwrap_or_default()),
        spec.min_replicas.map_or_else(|| UNSET.into(), |min| min.to_string()),
        spec.max_replicas.to_string(),
        status.current_replicas.unwrap_or(0).to_string(),
        age(&scaler.metadata, now),
    ]
}

/// Source: `formatHPAMetrics`.
fn targets(specs: &[MetricSpec], now: &[MetricStatus]) -> String {
    if specs.is_empty() {
        return NONE.into();
    }
    let all: Vec<String> = specs.iter().enumerate().map(|(index, spec)| target(spec, now.get(index))).collect();
    let shown = all[..all.len().min(TARGETS_MAX)].join(", ");
    match all.len().saturating_sub(TARGETS_MAX) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}

fn target(spec: &MetricSpec, now: Option<&MetricStatus>) -> String {
    let resource = |name: &str, target: &MetricTarget, now: Option<&MetricValueStatus>| match &target.average_value {
        Some(wanted) => format!("{name}: {}/{}", average_value(now), wanted.0),
        None => {
            let is = now.and_then(|now| now.average_utilization).map_or_else(|| UNKNOWN.into(), |is| format!("{is}%"));
            let wanted = target.average_utilization.map_or_else(|| "<auto>".into(), |wanted| format!("{wanted}%"));
            format!("{name}: {is}/{wanted}")
        }
    };
    if let Some(source) = &spec.resource {
        let now = now.and_then(|now| now.resource.as_ref()).map(|now| &now.current);
        return resource(&source.name, &source.target, now);
    }
    if let Some(source) = &spec.container_resource {
        let now = now.and_then(|now| now.container_resource.as_ref()).map(|now| &now.current);
        return resource(&source.name, &source.target, now);
    }
    if let Some(source) = &spec.pods {
        let now = now.and_then(|now| now.pods.as_ref()).map(|now| &now.current);
        return format!("{}/{}", average_value(now), amount(source.target.average_value.as_ref()));
    }
    let of_external = now.and_then(|now| now.external.as_ref()).map(|now| &now.current);
    let of_object = now.and_then(|now| now.object.as_ref()).map(|now| &now.current);
    let (target, now) = match (&spec.external, &spec.object) {
        (Some(source), _) => (&source.target, of_external),
        (_, Some(source)) => (&source.target, of_object),
        _ => return "<unknown type>".into(),
    };
    match &target.average_value {
        Some(wanted) => format!("{}/{} (avg)", average_value(now), wanted.0),
        None => {
            let is = now.and_then(|now| now.value.as_ref()).map_or(UNKNOWN, |value| value.0.as_str());
            format!("{is}/{}", amount(target.value.as_ref()))
        }
    }
}

fn average_value(now: Option<&MetricValueStatus>) -> String {
    now.and_then(|now| now.average_value.as_ref()).map_or_else(|| UNKNOWN.into(), |value| value.0.clone())
}

fn amount(amount: Option<&crate::model::metav1::WireQuantity>) -> String {
    amount.map_or_else(|| "0".into(), |amount| amount.0.clone())
}

pub(super) const BUDGET_COLUMNS: &[Column] =
    &[column("Name"), column("Min Available"), column("Max Unavailable"), column("Allowed Disruptions"), column("Age")];

pub(super) fn budget(budget: &PodDisruptionBudget, now: SimTime) -> Vec<String> {
    let spec = budget.spec.clone().unwrap_or_default();
    let share = |share: Option<IntOrString>| match share {
        None => "N/A".to_owned(),
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(text)) => text,
    };
    let allowed = budget.status.as_ref().and_then(|status| status.disruptions_allowed).unwrap_or(0);
    vec![
        name(&budget.metadata),
        share(spec.min_available),
        share(spec.max_unavailable),
        allowed.to_string(),
        age(&budget.metadata, now),
    ]
}

//! What asking for a metric comes to in a cluster without a metrics server and without adapters.
//!
//! Models the error paths of `pkg/controller/podautoscaler/{horizontal,replica_calculator}.go` and `metrics/client.go`.

use crate::model::autoscaling::{MetricIdentifier, MetricSpec, MetricTarget};

/// Why a metric could not be had.
pub struct Failure {
    /// Of the event and of the condition.
    pub reason: &'static str,
    /// The error.
    pub why: String,
    /// What the error is about.
    pub of: String,
}

/// The failure of one metric.
#[must_use]
pub fn failure(spec: &MetricSpec, namespace: &str) -> Failure {
    match spec.type_.as_str() {
        "Resource" => {
            let (name, target) = spec.resource.as_ref().map(|it| (it.name.as_str(), &it.target)).unzip();
            let name = name.unwrap_or_default();
            let of = format!("failed to get {name} resource metric value");
            Failure { reason: "FailedGetResourceMetric", why: resource(name, target), of }
        }
        "ContainerResource" => {
            let source = spec.container_resource.as_ref();
            let name = source.map_or("", |it| it.name.as_str());
            let of = format!("failed to get {} container metric value", source.map_or("", |it| it.container.as_str()));
            let why = resource(name, source.map(|it| &it.target));
            Failure { reason: "FailedGetContainerResourceMetric", why, of }
        }
        "Pods" => {
            let name = spec.pods.as_ref().map_or("", |it| it.metric.name.as_str());
            let of = "failed to get pods metric value".to_owned();
            Failure { reason: "FailedGetPodsMetric", why: format!("unable to get metric {name}: {CUSTOM}"), of }
        }
        "Object" => {
            let source = spec.object.as_ref();
            let name = source.map_or("", |it| it.metric.name.as_str());
            let about =
                source.map(|it| format!("{} {namespace}/{}", it.described_object.kind, it.described_object.name));
            let about = about.unwrap_or_default();
            let of = format!("failed to get object metric value: failed to get {name} object metric");
            let why = format!("unable to get metric {name}: {CUSTOM} on {about}");
            Failure { reason: "FailedGetObjectMetric", why, of }
        }
        _ => {
            let source = spec.external.as_ref();
            let name = source.map_or("", |it| it.metric.name.as_str());
            let is_average = source.is_some_and(|it| it.target.average_value.is_some());
            let what = if is_average { format!("{name} external metric") } else { format!("external metric {name}") };
            let of = format!("failed to get {name} external metric value: failed to get {what}");
            let why = source.map_or_else(String::new, |it| external(&it.metric, namespace));
            Failure { reason: "FailedGetExternalMetric", why, of }
        }
    }
}

/// What the client for custom metrics says when nobody serves them.
const CUSTOM: &str =
    "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered";

fn resource(name: &str, target: Option<&MetricTarget>) -> String {
    let what = if target.is_some_and(|target| target.average_value.is_some()) { "usage" } else { "utilization" };
    format!(
        "failed to get {name} {what}: unable to get metrics for resource {name}: unable to fetch metrics from resource metrics \
         API: the server could not find the requested resource (get pods.metrics.k8s.io)"
    )
}

fn external(metric: &MetricIdentifier, namespace: &str) -> String {
    let name = &metric.name;
    let labels = metric.selector.iter().flat_map(|selector| selector.match_labels.iter().flatten());
    let labels: Vec<String> = labels.map(|(key, value)| format!("{key}: {value},")).collect();
    let selector = match &metric.selector {
        None => "nil".to_owned(),
        Some(_) => format!(
            "&LabelSelector{{MatchLabels:map[string]string{{{}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}",
            labels.concat()
        ),
    };
    format!(
        "unable to get external metric {namespace}/{name}/{selector}: unable to fetch metrics from external metrics API: the \
         server could not find the requested resource (get {name}.external.metrics.k8s.io)"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cluster_without_a_metrics_server_says_so() {
        let spec: MetricSpec = serde_json::from_value(json!({
            "type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}))
        .unwrap();
        let failure = failure(&spec, "shop");
        assert_eq!(failure.reason, "FailedGetResourceMetric");
        insta::assert_snapshot!(failure.why, @"failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)");
    }
}

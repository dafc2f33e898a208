//! The metrics of an autoscaler, one by one: the size that each asks for, or why it cannot.
//!
//! Models `computeReplicasForMetric` of `pkg/controller/podautoscaler/horizontal.go` and `metrics/client.go`.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::autoscaling::{
    ContainerResourceMetricStatus, HorizontalPodAutoscalerBehavior, MetricIdentifier, MetricSpec, MetricStatus,
    MetricTarget, MetricValueStatus, ResourceMetricStatus,
};
use crate::model::metrics::PodMetrics;
use crate::model::quantity::Format;
use crate::model::{Pod, Quantity};

use super::ratio::Tolerances;
use super::replica_calculator::{Calculation, Proposal, samples};

/// Why a metric could not be had.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Of the event and of the condition.
    pub reason: &'static str,
    /// The error.
    pub why: String,
    /// What the error is about.
    pub of: String,
}

/// What a metric asks for.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// How many replicas.
    pub replicas: i32,
    /// As events name the metric.
    pub name: String,
    /// What was measured.
    pub status: MetricStatus,
}

/// What metrics are evaluated with.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The namespace of the autoscaler.
    pub namespace: &'a str,
    /// The Pods of the target.
    pub pods: &'a [Arc<Pod>],
    /// What the metrics API has answered about them, or its error.
    pub podmetrics: &'a Result<Vec<PodMetrics>, String>,
    /// How many replicas are asked for now.
    pub current: i32,
    /// `spec.behavior`.
    pub behavior: Option<&'a HorizontalPodAutoscalerBehavior>,
    /// The present.
    pub now: SimTime,
}

impl Evaluation<'_> {
    /// The size that one metric asks for.
    ///
    /// # Errors
    /// In the words of the original.
    pub fn evaluate(&self, spec: &MetricSpec) -> Result<Evaluated, Failure> {
        match (spec.type_.as_str(), &spec.resource, &spec.container_resource) {
            ("Resource", Some(source), _) => {
                let (proposal, current) = self.resource(&source.name, "", &source.target).map_err(|why| Failure {
                    reason: "FailedGetResourceMetric",
                    why,
                    of: format!("failed to get {} resource metric value", source.name),
                })?;
                let resource = Some(ResourceMetricStatus { name: source.name.clone(), current });
                let status = MetricStatus { type_: spec.type_.clone(), resource, ..MetricStatus::default() };
                Ok(Evaluated { replicas: proposal.replicas, name: name(&source.name, "", &source.target), status })
            }
            ("ContainerResource", _, Some(source)) => {
                let (name_of, container) = (&source.name, &source.container);
                let (proposal, current) = self.resource(name_of, container, &source.target).map_err(|why| Failure {
                    reason: "FailedGetContainerResourceMetric",
                    why,
                    of: format!("failed to get {container} container metric value"),
                })?;
                let (name_of, container) = (name_of.clone(), container.clone());
                let told = ContainerResourceMetricStatus { name: name_of, container, current };
                let status = MetricStatus {
                    type_: spec.type_.clone(),
                    container_resource: Some(told),
                    ..MetricStatus::default()
                };
                let name = name(&source.name, "container ", &source.target);
                Ok(Evaluated { replicas: proposal.replicas, name, status })
            }
            _ => Err(failure(spec, self.namespace)),
        }
    }

    fn resource(
        &self,
        resource: &str,
        container: &str,
        target: &MetricTarget,
    ) -> Result<(Proposal, MetricValueStatus), String> {
        let what = if target.average_value.is_some() { "usage" } else { "utilization" };
        let failed = |why: String| format!("failed to get {resource} {what}: {why}");
        let missing = |why: &str| failed(format!("unable to get metrics for resource {resource}: {why}"));
        let podmetrics = self.podmetrics.as_ref();
        let podmetrics =
            podmetrics.map_err(|why| missing(&format!("unable to fetch metrics from resource metrics API: {why}")))?;
        if podmetrics.is_empty() {
            return Err(missing("no metrics returned from resource metrics API"));
        }
        let samples = samples(podmetrics, resource, container);
        let tolerances = Tolerances::of(self.behavior);
        let (pods, current, now) = (self.pods, self.current, self.now);
        let calculation = Calculation { pods, resource, container, current, tolerances, now };
        let is_bytes = resource == "memory";
        let average = |milli: i64| {
            let format = if is_bytes { Format::BinarySi } else { Format::DecimalSi };
            Some(Quantity::from_milli(milli).with_format(format).into())
        };
        if let Some(wanted) = target.average_value.as_ref().and_then(|value| Quantity::try_from(value).ok()) {
            let proposal = calculation.by_average(samples, wanted.milli_value()).map_err(failed)?;
            let status = MetricValueStatus { average_value: average(proposal.average), ..MetricValueStatus::default() };
            return Ok((proposal, status));
        }
        let Some(percent) = target.average_utilization else {
            return Err("invalid resource metric source: neither an average utilization target nor an average value (usage) target \
                        was set"
                .to_owned());
        };
        let proposal = calculation.by_utilization(samples, percent).map_err(failed)?;
        let status = MetricValueStatus {
            average_utilization: Some(proposal.utilization),
            average_value: average(proposal.average),
            ..MetricValueStatus::default()
        };
        Ok((proposal, status))
    }
}

/// As events name the metric.
fn name(resource: &str, container: &str, target: &MetricTarget) -> String {
    match target.average_value {
        Some(_) => format!("{resource} resource"),
        None => format!("{resource} {container}resource utilization (percentage of request)"),
    }
}

/// The failure of a metric that needs an adapter.
fn failure(spec: &MetricSpec, namespace: &str) -> Failure {
    match spec.type_.as_str() {
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

    fn evaluate(spec: serde_json::Value, podmetrics: &Result<Vec<PodMetrics>, String>) -> Failure {
        let spec: MetricSpec = serde_json::from_value(spec).unwrap();
        let evaluation =
            Evaluation { namespace: "shop", pods: &[], podmetrics, current: 1, behavior: None, now: SimTime::ZERO };
        evaluation.evaluate(&spec).unwrap_err()
    }

    #[test]
    fn a_cluster_without_a_metrics_server_says_so() {
        let missing = Err("the server could not find the requested resource (get pods.metrics.k8s.io)".to_owned());
        let spec = json!({"type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}});
        let failure = evaluate(spec.clone(), &missing);
        assert_eq!(failure.reason, "FailedGetResourceMetric");
        insta::assert_snapshot!(failure.why, @"failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)");
        insta::assert_snapshot!(evaluate(spec, &Ok(Vec::new())).why, @"failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API");
    }

    #[test]
    fn a_cluster_without_an_adapter_says_so() {
        let spec = json!({"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "5"}}});
        let failure = evaluate(spec, &Ok(Vec::new()));
        assert_eq!(failure.reason, "FailedGetPodsMetric");
        insta::assert_snapshot!(failure.why, @"unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered");
    }
}

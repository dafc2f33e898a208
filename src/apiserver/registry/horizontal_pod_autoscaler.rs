//! HorizontalPodAutoscalers. Source: `pkg/apis/autoscaling/v2/defaults.go`, `pkg/apis/autoscaling/validation`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::autoscaling::{
    HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricSpec,
    MetricTarget, ResourceMetricSource,
};
use crate::model::names;

use super::Strategy;
use super::pod_spec::one_of;

/// Source: `autoscaling.DefaultCPUUtilization`.
const CPU_PERCENT: i32 = 80;
const METRIC_TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

impl Strategy for HorizontalPodAutoscaler {
    fn set_defaults(&mut self) {
        let spec = &mut self.spec;
        spec.min_replicas.get_or_insert(1);
        if spec.metrics.as_ref().is_none_or(Vec::is_empty) {
            let target = MetricTarget {
                type_: "Utilization".into(),
                average_utilization: Some(CPU_PERCENT),
                ..MetricTarget::default()
            };
            spec.metrics = Some(vec![MetricSpec {
                type_: "Resource".into(),
                resource: Some(ResourceMetricSource { name: "cpu".into(), target }),
                ..MetricSpec::default()
            }]);
        }
        let Some(behavior) = &mut spec.behavior else { return };
        // A behavior that says something of one direction gets the default rules of the other.
        let up = behavior.scale_up.get_or_insert_default();
        up.stabilization_window_seconds.get_or_insert(0);
        default_rules(up, &[("Pods", 4, 15), ("Percent", 100, 15)]);
        default_rules(behavior.scale_down.get_or_insert_default(), &[("Percent", 100, 15)]);
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(HorizontalPodAutoscalerStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = &self.spec;
        let min = spec.min_replicas.unwrap_or(1);
        if min < 1 {
            errors.invalid("spec.minReplicas", min, "must be greater than or equal to 1");
        }
        if spec.max_replicas < 1 {
            errors.invalid("spec.maxReplicas", spec.max_replicas, "must be greater than 0");
        }
        if spec.max_replicas < min {
            let detail = "must be greater than or equal to `minReplicas`";
            errors.invalid("spec.maxReplicas", spec.max_replicas, detail);
        }
        for (name, text) in [("kind", &spec.scale_target_ref.kind), ("name", &spec.scale_target_ref.name)] {
            let field = format!("spec.scaleTargetRef.{name}");
            if text.is_empty() {
                errors.required(field, "");
            } else {
                errors.all_invalid(field, text, names::path_segment_name(text));
            }
        }
        for (index, metric) in spec.metrics.iter().flatten().enumerate() {
            validate_metric(metric, &format!("spec.metrics[{index}]"), errors);
        }
    }
}

fn default_rules(rules: &mut HPAScalingRules, policies: &[(&str, i32, i32)]) {
    rules.select_policy.get_or_insert_with(|| "Max".into());
    rules.policies.get_or_insert_with(|| {
        let policy = |&(type_, value, period_seconds): &(&str, i32, i32)| HPAScalingPolicy {
            type_: type_.into(),
            value,
            period_seconds,
        };
        policies.iter().map(policy).collect()
    });
}

fn validate_metric(metric: &MetricSpec, field: &str, errors: &mut Errors) {
    if metric.type_.is_empty() {
        return errors.required(format_args!("{field}.type"), "must specify a metric source type");
    }
    one_of(Some(&metric.type_), &METRIC_TYPES, format_args!("{field}.type"), errors);
    let source = match metric.type_.as_str() {
        "Resource" => metric.resource.as_ref().map(|source| (Some(&source.name), &source.target)),
        "ContainerResource" => metric.container_resource.as_ref().map(|source| (Some(&source.name), &source.target)),
        "Pods" => metric.pods.as_ref().map(|source| (None, &source.target)),
        "Object" => metric.object.as_ref().map(|source| (None, &source.target)),
        "External" => metric.external.as_ref().map(|source| (None, &source.target)),
        _ => return,
    };
    let member = lower_camel(&metric.type_);
    let Some((name, target)) = source else {
        let detail = format!("must populate information for the given metric source ({member} type)");
        return errors.required(format_args!("{field}.{member}"), &detail);
    };
    let field = format!("{field}.{member}");
    if name.is_some_and(String::is_empty) {
        errors.required(format_args!("{field}.name"), "must specify a resource name");
    }
    validate_target(target, name.is_some(), &field, errors);
}

fn validate_target(target: &MetricTarget, is_resource: bool, field: &str, errors: &mut Errors) {
    if target.type_.is_empty() {
        errors.required(format_args!("{field}.target.type"), "must specify a metric target type");
    } else if !["Utilization", "Value", "AverageValue"].contains(&target.type_.as_str()) {
        let detail = "must be either Utilization, Value, or AverageValue";
        errors.invalid(format_args!("{field}.target.type"), target.type_.as_str(), detail);
    }
    if let Some(percent) = target.average_utilization.filter(|percent| *percent < 1) {
        errors.invalid(format_args!("{field}.target.averageUtilization"), percent, "must be greater than 0");
    }
    if !is_resource {
        return;
    }
    let at = format!("{field}.target.averageUtilization");
    match (target.average_utilization, &target.average_value) {
        (None, None) => errors.required(at, "must set either a target raw value or a target utilization"),
        (Some(_), Some(_)) => {
            let at = format!("{field}.target.averageValue");
            errors.forbidden(at, "may not set both a target raw value and a target utilization");
        }
        _ => {}
    }
}

/// `containerResource` of `ContainerResource`.
fn lower_camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

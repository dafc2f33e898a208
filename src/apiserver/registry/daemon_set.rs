//! DaemonSets. Source: `pkg/registry/apps/daemonset/strategy.go`, `pkg/apis/apps/v1/{defaults.go,conversion.go}`.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::apps::{DaemonSet, DaemonSetStatus};
use crate::model::metav1::IntOrString;

use super::deployment::not_negative;
use super::{Strategy, pod_template};

/// Where `apps/v1` keeps a number that older versions had in the spec.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

impl Strategy for DaemonSet {
    has_generation!();

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        let strategy = spec.update_strategy.get_or_insert_default();
        if strategy.type_.get_or_insert_with(|| "RollingUpdate".into()) == "RollingUpdate" {
            let rolling = strategy.rolling_update.get_or_insert_default();
            rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
            rolling.max_surge.get_or_insert(IntOrString::Int(0));
        }
        spec.revision_history_limit.get_or_insert(10);
        pod_template::default(&mut spec.template);
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(DaemonSetStatus::default());
        self.metadata.annotations.get_or_insert_default().insert(TEMPLATE_GENERATION.into(), "1".into());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
        let template = |set: &Self| set.spec.as_ref().map(|spec| spec.template.clone());
        let before: i64 = old.metadata.annotation(TEMPLATE_GENERATION).and_then(|text| text.parse().ok()).unwrap_or(0);
        let generation = before + i64::from(template(self) != template(old));
        let annotations = self.metadata.annotations.get_or_insert_default();
        annotations.insert(TEMPLATE_GENERATION.into(), generation.to_string());
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        pod_template::validate("daemonset", &spec.selector, Some(&spec.template), errors);
        not_negative(spec.min_ready_seconds, "spec.minReadySeconds", errors);
        if let Some(strategy) = &spec.update_strategy {
            let kind = strategy.type_.as_deref().unwrap_or_default();
            let rolling = strategy.rolling_update.as_ref();
            match (kind, rolling) {
                ("OnDelete", _) => {}
                ("RollingUpdate", None) => errors.required("spec.updateStrategy.rollingUpdate", ""),
                ("RollingUpdate", Some(rolling)) => {
                    let zero = |share: &Option<IntOrString>| {
                        matches!(share, None | Some(IntOrString::Int(0)))
                            || matches!(share, Some(IntOrString::String(text)) if text == "0%")
                    };
                    if zero(&rolling.max_unavailable) && zero(&rolling.max_surge) {
                        let field = "spec.updateStrategy.rollingUpdate.maxUnavailable";
                        errors.required(field, "cannot be 0 when maxSurge is 0");
                    }
                }
                (other, _) => errors.unsupported("spec.updateStrategy.type", other, &["RollingUpdate", "OnDelete"]),
            }
        }
        not_negative(spec.revision_history_limit, "spec.revisionHistoryLimit", errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else { return };
        if new.selector != old.selector {
            errors.invalid("spec.selector", json!(new.selector), "field is immutable");
        }
    }
}

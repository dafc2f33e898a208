//! ReplicationControllers. Source: `pkg/registry/core/replicationcontroller/strategy.go`, `pkg/apis/core/v1/defaults.go`.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::core::{ReplicationController, ReplicationControllerStatus};
use crate::model::selector::Labels;

use super::deployment::not_negative;
use super::{Strategy, pod_template};

impl Strategy for ReplicationController {
    has_generation!();

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.replicas.get_or_insert(1);
        spec.min_ready_seconds.get_or_insert(0);
        let Some(template) = &mut spec.template else { return };
        pod_template::default(template);
        // The labels of the template stand for what is not said.
        let Some(labels) = template.metadata.as_ref().and_then(|meta| meta.labels.clone()) else { return };
        if spec.selector.as_ref().is_none_or(Labels::is_empty) {
            spec.selector = Some(labels.clone());
        }
        if self.metadata.labels.as_ref().is_none_or(Labels::is_empty) {
            self.metadata.labels = Some(labels);
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(ReplicationControllerStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        not_negative(spec.min_ready_seconds, "spec.minReadySeconds", errors);
        let selector = spec.selector.clone().unwrap_or_default();
        if selector.is_empty() {
            errors.required("spec.selector", "");
        }
        not_negative(spec.replicas, "spec.replicas", errors);
        let Some(template) = &spec.template else { return errors.required("spec.template", "") };
        let labels = template.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
        if selector.iter().any(|(key, value)| labels.get(key) != Some(value)) {
            let detail = "`selector` does not match template `labels`";
            errors.invalid("spec.template.metadata.labels", json!(labels), detail);
        }
        pod_template::validate_template(template, "spec.template", errors);
        pod_template::stays(template, "spec.template", "ReplicationController", errors);
    }
}

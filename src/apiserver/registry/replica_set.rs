//! ReplicaSets. Source: `pkg/registry/apps/replicaset/strategy.go`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::apps::{ReplicaSet, ReplicaSetStatus};

use super::deployment::not_negative;
use super::{Strategy, pod_template};

impl Strategy for ReplicaSet {
    const HAS_GENERATION: bool = true;

    fn set_defaults(&mut self) {
        let spec = self.spec_mut();
        spec.replicas.get_or_insert(1);
        if let Some(template) = &mut spec.template {
            pod_template::default(template);
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(ReplicaSetStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        not_negative(spec.replicas, "spec.replicas", errors);
        not_negative(spec.min_ready_seconds, "spec.minReadySeconds", errors);
        pod_template::validate("deployment", &spec.selector, spec.template.as_ref(), errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if let (Some(new), Some(old)) = (&self.spec, &old.spec) {
            pod_template::validate_selector_update(&new.selector, &old.selector, errors);
        }
    }

    fn spec_differs(&self, old: &Self) -> bool {
        self.spec != old.spec
    }
}

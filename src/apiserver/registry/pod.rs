//! Pods.
//!
//! Source: `pkg/registry/core/pod/strategy.go`, `pkg/apis/core/v1/defaults.go`, `pkg/apis/core/validation/validation.go`.

use std::sync::Arc;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::core::{PodCondition, PodSpec, PodStatus};
use crate::model::{Pod, time, unified_diff};

use super::{Strategy, internal_form, pod_spec, qos, resources};

const UPDATE_FORBIDDEN: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
    `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

impl Strategy for Pod {
    const HAS_GENERATION: bool = true;

    fn set_defaults(&mut self) {
        let spec = self.spec_mut();
        for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
            resources::default_requests(container);
        }
        pod_spec::default(spec);
        spec.enable_service_links.get_or_insert(true);
    }

    fn prepare_for_create(&mut self, now: SimTime) {
        let qos_class = Some(qos::class_of(&self.spec).to_owned());
        let mut status = PodStatus { phase: Some("Pending".into()), qos_class, ..PodStatus::default() };
        if self.spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
            status.conditions = Some(vec![gated(now)]);
        }
        self.status = Arc::new(status);
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status = Arc::clone(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status = Arc::clone(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        // What is the Pod's own is copied into the spec only if it may be wrong: the token volume's name was made here.
        match self.node() {
            None => pod_spec::validate(&self.spec, "spec", errors),
            Some(_) => pod_spec::validate(&self.whole_spec(), "spec", errors),
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if !same_spec(self, old) {
            validate_spec_update(&self.whole_spec(), &old.whole_spec(), errors);
        }
    }

    fn spec_differs(&self, old: &Self) -> bool {
        !same_spec(self, old) && self.whole_spec() != old.whole_spec()
    }
}

/// Whether two Pods say the same; parts that they share need no look.
pub(in crate::apiserver) fn same_content(one: &Pod, other: &Pod) -> bool {
    one.metadata == other.metadata
        && (Arc::ptr_eq(&one.status, &other.status) || one.status == other.status)
        && (Arc::ptr_eq(&one.spec, &other.spec) || one.spec == other.spec)
        && one.own() == other.own()
}

/// Whether two Pods share their spec.
fn same_spec(one: &Pod, other: &Pod) -> bool {
    Arc::ptr_eq(&one.spec, &other.spec) && one.own() == other.own()
}

/// What the server says of a Pod whose scheduling gates hold it back.
fn gated(now: SimTime) -> PodCondition {
    PodCondition {
        type_: "PodScheduled".into(),
        status: "False".into(),
        reason: Some("SchedulingGated".into()),
        message: Some("Scheduling is blocked due to non-empty scheduling gates".into()),
        last_transition_time: Some(time::time(now)),
        ..PodCondition::default()
    }
}

fn validate_spec_update(new: &PodSpec, old: &PodSpec, errors: &mut Errors) {
    for (new, old, field) in [
        (Some(&new.containers), Some(&old.containers), "spec.containers"),
        (new.init_containers.as_ref(), old.init_containers.as_ref(), "spec.initContainers"),
    ] {
        if new.map_or(0, Vec::len) != old.map_or(0, Vec::len) {
            errors.forbidden(field, "pod updates may not add or remove containers");
            return;
        }
    }
    validate_gates(new, old, errors);
    if let (Some(before), now) = (old.active_deadline_seconds, new.active_deadline_seconds) {
        match now {
            None => errors.invalid(
                "spec.activeDeadlineSeconds",
                serde_json::Value::Null,
                "must not update from a positive integer to nil value",
            ),
            Some(now) if now > before => {
                errors.invalid("spec.activeDeadlineSeconds", now, "must be less than or equal to previous value")
            }
            Some(_) => {}
        }
    }
    let kept = |one| new.tolerations.as_ref().is_some_and(|all| all.contains(one));
    if !old.tolerations.iter().flatten().all(kept) {
        errors.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
    }
    let masked = masked(new, old);
    if masked != *old {
        let lines = |spec: &PodSpec| internal_form::lines(serde_json::to_value(spec).unwrap_or_default());
        let difference = unified_diff::unified(&lines(old), &lines(&masked));
        errors.forbidden("spec", &format!("{UPDATE_FORBIDDEN}\n{difference}"));
    }
}

fn validate_gates(new: &PodSpec, old: &PodSpec, errors: &mut Errors) {
    let before = old.scheduling_gates.as_deref().unwrap_or_default();
    for (index, gate) in new.scheduling_gates.iter().flatten().enumerate() {
        if !before.contains(gate) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            errors.forbidden(format!("spec.schedulingGates[{index}].name"), &detail);
        }
    }
}

/// The new spec with everything that may change as it was before.
fn masked(new: &PodSpec, old: &PodSpec) -> PodSpec {
    let mut masked = new.clone();
    for (new, old) in masked.containers.iter_mut().zip(&old.containers) {
        new.image.clone_from(&old.image);
    }
    for (new, old) in masked.init_containers.iter_mut().flatten().zip(old.init_containers.iter().flatten()) {
        new.image.clone_from(&old.image);
    }
    masked.active_deadline_seconds = old.active_deadline_seconds;
    masked.tolerations.clone_from(&old.tolerations);
    masked.scheduling_gates.clone_from(&old.scheduling_gates);
    if old.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0)
        && new.termination_grace_period_seconds == Some(1)
    {
        masked.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    // Gated Pods may be steered until the last gate is gone.
    if old.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
        masked.node_selector.clone_from(&old.node_selector);
        masked.affinity.clone_from(&old.affinity);
    }
    masked
}

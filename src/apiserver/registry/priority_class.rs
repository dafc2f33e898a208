//! PriorityClasses. Source: `pkg/registry/scheduling/priorityclass/strategy.go`, `pkg/apis/scheduling/{helpers.go,validation}`.

use crate::apiserver::field::Errors;
use crate::model::Meta;
use crate::model::scheduling::PriorityClass;

use super::Strategy;
use super::pod_spec::one_of;

/// Beyond this, values are the system's own. Source: `HighestUserDefinablePriority`.
const USER_PRIORITY_MAX: i32 = 1_000_000_000;
/// The classes that the system makes. Source: `SystemPriorityClasses`.
pub(in crate::apiserver) const SYSTEM_CLASSES: [(&str, i32, &str); 2] = [
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
];

impl Strategy for PriorityClass {
    const HAS_GENERATION: bool = true;

    fn set_defaults(&mut self) {
        self.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".into());
    }

    fn validate(&self, errors: &mut Errors) {
        let (name, value) = (self.metadata.name(), self.value.unwrap_or(0));
        if name.starts_with("system-") {
            let reserved = "priority class names with 'system-' prefix are reserved for system use only. error";
            match SYSTEM_CLASSES.iter().find(|(system, ..)| *system == name) {
                Some((_, number, _)) if *number == value => {}
                Some((_, number, _)) => {
                    let detail = format!("{reserved}: value of {name} PriorityClass must be {number}");
                    errors.forbidden("metadata.name", &detail);
                }
                None => {
                    let detail = format!("{reserved}: {name} is not a known system priority class");
                    errors.forbidden("metadata.name", &detail);
                }
            }
        } else if value > USER_PRIORITY_MAX {
            let detail = format!("maximum allowed value of a user defined priority is {USER_PRIORITY_MAX}");
            errors.forbidden("value", &detail);
        }
        let policies = ["Never", "PreemptLowerPriority"];
        one_of(self.preemption_policy.as_deref(), &policies, "preemptionPolicy", errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.value.unwrap_or(0) != old.value.unwrap_or(0) {
            errors.forbidden("value", "may not be changed in an update.");
        }
        if self.preemption_policy != old.preemption_policy {
            let now = self.preemption_policy.clone().unwrap_or_default();
            errors.invalid("preemptionPolicy", now, "field is immutable");
        }
    }
}

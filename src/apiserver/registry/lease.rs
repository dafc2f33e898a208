//! Leases. Source: `pkg/apis/coordination/validation/validation.go`.

use crate::apiserver::field::Errors;
use crate::model::coordination::Lease;

use super::Strategy;

impl Strategy for Lease {
    const UPDATE_NEEDS_REVISION: bool = true;

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        if let Some(seconds) = spec.lease_duration_seconds.filter(|seconds| *seconds <= 0) {
            errors.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
        }
        if let Some(transitions) = spec.lease_transitions.filter(|count| *count < 0) {
            errors.invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0");
        }
    }
}

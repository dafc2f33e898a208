//! Priority and fairness. Source: `pkg/apis/flowcontrol/{v1/defaults.go,validation}`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::flowcontrol::{FlowSchema, PriorityLevelConfiguration};

use super::Strategy;
use super::pod_spec::one_of;

/// Source: `FlowSchemaDefaultMatchingPrecedence`, and `FlowSchemaMaxMatchingPrecedence`.
const PRECEDENCE: i32 = 1000;
const PRECEDENCE_MAX: i32 = 10_000;
/// Source: `PriorityLevelConcurrencyDefaultNominalConcurrencyShares` and the defaults of queues.
const SHARES: i32 = 30;
const QUEUES: i32 = 64;
const HAND_SIZE: i32 = 8;
const QUEUE_LENGTH: i32 = 50;

impl Strategy for FlowSchema {
    has_generation!();
    has_status!();

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            spec.matching_precedence.get_or_insert(PRECEDENCE);
        }
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = self.spec.clone().unwrap_or_default();
        let precedence = spec.matching_precedence.unwrap_or(PRECEDENCE);
        if precedence <= 0 {
            errors.invalid("spec.matchingPrecedence", precedence, "must be a positive value");
        } else if precedence > PRECEDENCE_MAX {
            let detail = format!("must not be greater than {PRECEDENCE_MAX}");
            errors.invalid("spec.matchingPrecedence", precedence, detail);
        }
        if spec.priority_level_configuration.name.is_empty() {
            errors.required("spec.priorityLevelConfiguration.name", "must reference a priority level");
        }
    }
}

impl Strategy for PriorityLevelConfiguration {
    has_generation!();
    has_status!();

    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        if let Some(exempt) = &mut spec.exempt {
            exempt.nominal_concurrency_shares.get_or_insert(0);
            exempt.lendable_percent.get_or_insert(0);
        }
        let Some(limited) = &mut spec.limited else { return };
        limited.nominal_concurrency_shares.get_or_insert(SHARES);
        limited.lendable_percent.get_or_insert(0);
        if let Some(queuing) = limited.limit_response.as_mut().and_then(|response| response.queuing.as_mut()) {
            queuing.queues.get_or_insert(QUEUES);
            queuing.hand_size.get_or_insert(HAND_SIZE);
            queuing.queue_length_limit.get_or_insert(QUEUE_LENGTH);
        }
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = self.spec.clone().unwrap_or_default();
        match spec.type_.as_str() {
            "Limited" if spec.limited.is_none() => {
                errors.required("spec.limited", "must not be empty when type is Limited")
            }
            "Exempt" if spec.limited.is_some() => {
                errors.forbidden("spec.limited", "must be nil if the type is not Limited");
            }
            kind => one_of(Some(kind), &["Exempt", "Limited"], "spec.type", errors),
        }
    }
}

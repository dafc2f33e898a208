//! Nodes. Source: `pkg/registry/core/node/strategy.go`, `validation.ValidateNode`.

use std::collections::BTreeSet;

use crate::apiserver::field::Errors;
use crate::model::core::Node;
use crate::model::names;

use super::Strategy;
use super::pod_spec::one_of;

impl Strategy for Node {
    fn set_defaults(&mut self) {
        self.spec.get_or_insert_default();
        let status = self.status.get_or_insert_default();
        if status.allocatable.is_none() {
            status.allocatable.clone_from(&status.capacity);
        }
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let mut seen = BTreeSet::new();
        for (index, taint) in self.spec.iter().flat_map(|spec| spec.taints.iter().flatten()).enumerate() {
            let field = format!("spec.taints[{index}]");
            errors.all_invalid(format_args!("{field}.key"), &taint.key, names::label_key(&taint.key));
            let value = taint.value.as_deref().unwrap_or_default();
            errors.all_invalid(format_args!("{field}.value"), value, names::label_value(value));
            let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            if taint.effect.is_empty() {
                errors.required(format_args!("{field}.effect"), "");
            } else {
                one_of(Some(&taint.effect), &effects, format_args!("{field}.effect"), errors);
            }
            if !seen.insert((&taint.key, &taint.effect)) {
                let whole = serde_json::to_value(taint).unwrap_or_default();
                errors.duplicate(&field, whole);
            }
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let cidr = |node: &Self| node.spec.as_ref().and_then(|spec| spec.pod_cidr.clone()).unwrap_or_default();
        if !cidr(old).is_empty() && cidr(self) != cidr(old) {
            let detail = "node updates may not change podCIDR except from \"\" to valid";
            errors.forbidden("spec.podCIDRs", detail);
        }
    }
}

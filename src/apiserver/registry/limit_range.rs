//! LimitRanges. Source: `pkg/apis/core/v1/defaults.go`, `SetDefaults_LimitRange`; `validation.ValidateLimitRange`.

use std::collections::{BTreeMap, BTreeSet};

use crate::apiserver::field::Errors;
use crate::model::core::{LimitRange, LimitRangeItem};
use crate::model::metav1::WireQuantity;
use crate::model::{Quantity, names};

use super::Strategy;

type Amounts = BTreeMap<String, WireQuantity>;

impl Strategy for LimitRange {
    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        for item in spec.limits.iter_mut().filter(|item| item.type_ == "Container") {
            let default = item.default.get_or_insert_default();
            fill(default, item.max.as_ref());
            let request = item.default_request.get_or_insert_default();
            fill(request, Some(default));
            fill(request, item.min.as_ref());
            for empty in [&mut item.default, &mut item.default_request] {
                empty.take_if(|amounts| amounts.is_empty());
            }
        }
    }

    fn validate(&self, errors: &mut Errors) {
        let mut seen = BTreeSet::new();
        for (index, item) in self.spec.iter().flat_map(|spec| &spec.limits).enumerate() {
            let field = format!("spec.limits[{index}]");
            if !["Pod", "Container", "PersistentVolumeClaim"].contains(&item.type_.as_str()) {
                errors.all_invalid(format_args!("{field}.type"), &item.type_, names::label_key(&item.type_));
                if !item.type_.contains('/') {
                    let detail = "must be a standard limit type or fully qualified";
                    errors.invalid(format_args!("{field}.type"), item.type_.as_str(), detail);
                }
            }
            if !seen.insert(&item.type_) {
                errors.duplicate(format_args!("{field}.type"), item.type_.as_str());
            }
            validate_item(item, &field, errors);
        }
    }
}

/// Adds the amounts that are missing.
fn fill(amounts: &mut Amounts, from: Option<&Amounts>) {
    for (resource, amount) in from.into_iter().flatten() {
        amounts.entry(resource.clone()).or_insert_with(|| amount.clone());
    }
}

fn validate_item(item: &LimitRangeItem, field: &str, errors: &mut Errors) {
    if item.type_ == "Pod" {
        let forbidden = "may not be specified when `type` is 'Pod'";
        for (name, amounts) in [("default", &item.default), ("defaultRequest", &item.default_request)] {
            if amounts.as_ref().is_some_and(|amounts| !amounts.is_empty()) {
                errors.forbidden(format_args!("{field}.{name}"), forbidden);
            }
        }
    }
    if item.type_ == "PersistentVolumeClaim" {
        let has = |amounts: &Option<Amounts>| amounts.as_ref().is_some_and(|amounts| amounts.contains_key("storage"));
        if !has(&item.min) && !has(&item.max) {
            let detail = "either minimum or maximum storage value is required, but neither was provided";
            errors.required(format_args!("{field}.limits"), detail);
        }
    }
    let all = [&item.max, &item.min, &item.default, &item.default_request, &item.max_limit_request_ratio];
    let resources: BTreeSet<&String> = all.into_iter().flatten().flat_map(BTreeMap::keys).collect();
    for resource in resources {
        validate_resource(item, resource, field, errors);
    }
}

fn validate_resource(item: &LimitRangeItem, resource: &str, field: &str, errors: &mut Errors) {
    let amount = |amounts: &Option<Amounts>| amounts.as_ref().and_then(|amounts| amounts.get(resource)).cloned();
    let is_pod = item.type_ == "Pod";
    let (min, max) = (amount(&item.min), amount(&item.max));
    let default = amount(&item.default).filter(|_| !is_pod);
    let request = amount(&item.default_request).filter(|_| !is_pod);
    let ratio = amount(&item.max_limit_request_ratio);
    let mut ordered = |low: (&str, &Option<WireQuantity>), high: (&str, &Option<WireQuantity>), at: &str| {
        let (Some(one), Some(other)) = (low.1, high.1) else { return };
        if parsed(one) > parsed(other) {
            let told = if at == "min" || at.starts_with("default") && high.0 != "default value" { one } else { other };
            let detail = format!("{} {} is greater than {} {}", low.0, one.0, high.0, other.0);
            errors.invalid(format_args!("{field}.{at}[{resource}]"), told.0.as_str(), detail);
        }
    };
    ordered(("min value", &min), ("max value", &max), "min");
    ordered(("min value", &min), ("default request value", &request), "defaultRequest");
    ordered(("default request value", &request), ("max value", &max), "defaultRequest");
    ordered(("default request value", &request), ("default limit value", &default), "defaultRequest");
    ordered(("min value", &min), ("default value", &default), "default");
    ordered(("default value", &default), ("max value", &max), "default");
    if let Some(ratio) = ratio.filter(|ratio| parsed(ratio) < Some(Quantity::from_value(1))) {
        let detail = format!("ratio {} is less than 1", ratio.0);
        errors.invalid(format_args!("{field}.maxLimitRequestRatio[{resource}]"), ratio.0.as_str(), detail);
    }
}

fn parsed(amount: &WireQuantity) -> Option<Quantity> {
    Quantity::parse(&amount.0).ok()
}

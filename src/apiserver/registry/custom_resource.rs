//! Custom objects: what their definition's schema says of them.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresource/{strategy,validator}.go`, `pkg/apiserver/validation`; the texts
//! of `kube-openapi/pkg/validation/errors`.

use serde_json::Value;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::apiextensions::JSONSchemaProps;
use crate::model::custom_schema::{self, below, field, items};
use crate::model::{CustomObject, Resource};

use super::{Strategy, custom_rules};

impl Strategy for CustomObject {
    const HAS_GENERATION: bool = true;

    fn set_defaults(&mut self) {
        let Some(schema) = &self.kind.definition().schema else { return };
        let mut whole = Value::Object(std::mem::take(&mut self.fields));
        custom_schema::default(&mut whole, schema);
        if let Value::Object(fields) = whole {
            self.fields = fields;
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        if self.kind.definition().has_status {
            self.fields.remove("status");
        }
    }

    fn prepare_for_update(&mut self, old: &Self) {
        if self.kind.definition().has_status {
            self.take_status(old);
        }
    }

    fn take_status(&mut self, from: &Self) {
        match from.fields.get("status") {
            Some(status) => self.fields.insert("status".into(), status.clone()),
            None => self.fields.remove("status"),
        };
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(schema) = &self.kind.definition().schema else { return };
        let whole = Value::Object(self.fields.clone());
        check(&whole, schema, "", errors);
        if errors.is_empty() {
            custom_rules::check(&self.to_value(), None, schema, errors);
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let Some(schema) = &self.kind.definition().schema else { return };
        if errors.is_empty() {
            custom_rules::check_transition(&self.to_value(), &old.to_value(), schema, errors);
        }
    }

    fn spec_differs(&self, old: &Self) -> bool {
        let counted = |object: &Self| {
            let mut fields = object.fields.clone();
            if object.kind().info().subresources.contains(&"status") {
                fields.remove("status");
            }
            fields
        };
        counted(self) != counted(old)
    }
}

/// What is wrong with `value` at `path`.
fn check(value: &Value, schema: &JSONSchemaProps, path: &str, errors: &mut Errors) {
    if value.is_null() && schema.nullable == Some(true) {
        return;
    }
    if !check_type(value, schema, path, errors) {
        return;
    }
    check_enum(value, schema, path, errors);
    match value {
        Value::String(text) => check_text(text, schema, path, errors),
        Value::Number(number) => check_number(number.as_f64().unwrap_or(0.0), value, schema, path, errors),
        Value::Array(elements) => check_list(elements, schema, path, errors),
        Value::Object(fields) => {
            let missing = schema.required.iter().flatten().filter(|name| !fields.contains_key(*name));
            missing.for_each(|name| errors.required(below(path, name), ""));
            let count = fields.len() as i64;
            if let Some(max) = schema.max_properties.filter(|max| count > *max) {
                errors.too_many(path, count, max);
            }
            if let Some(min) = schema.min_properties.filter(|min| count < *min) {
                let detail = format!("{path} in body should have at least {min} properties");
                errors.invalid(path, value.clone(), detail);
            }
            for (name, value) in fields {
                if let Some(schema) = field(schema, name) {
                    check(value, schema, &below(path, name), errors);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
    check_composition(value, schema, path, errors);
}

/// Whether the value has the type that is asked for.
fn check_type(value: &Value, schema: &JSONSchemaProps, path: &str, errors: &mut Errors) -> bool {
    let wanted = schema.type_.as_deref().unwrap_or_default();
    let is = type_of(value);
    if schema.x_kubernetes_int_or_string == Some(true) {
        if matches!(is, "integer" | "string") {
            return true;
        }
        let detail = format!("{path} in body must be of type integer,string: {is:?}");
        errors.invalid(path, is, detail);
        return false;
    }
    let fits = wanted.is_empty() || wanted == is || wanted == "number" && is == "integer";
    if !fits {
        errors.invalid(path, is, format!("{path} in body must be of type {wanted}: {is:?}"));
    }
    fits
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn check_enum(value: &Value, schema: &JSONSchemaProps, path: &str, errors: &mut Errors) {
    let Some(allowed) = &schema.enum_ else { return };
    if allowed.iter().any(|one| one.0 == *value) {
        return;
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let allowed: Vec<String> = allowed.iter().map(|one| text(&one.0)).collect();
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    errors.unsupported(path, &text(value), &allowed);
}

fn check_text(text: &str, schema: &JSONSchemaProps, path: &str, errors: &mut Errors) {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if let Some(max) = schema.max_length.filter(|max| length > *max) {
        errors.too_long(path, usize::try_from(max).unwrap_or(0));
    }
    if let Some(min) = schema.min_length.filter(|min| length < *min) {
        errors.invalid(path, text, format!("{path} in body should be at least {min} chars long"));
    }
    if let Some(pattern) = &schema.pattern {
        // A pattern that cannot be read was refused with the definition.
        if regex::Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text)) {
            errors.invalid(path, text, format!("{path} in body should match '{pattern}'"));
        }
    }
    let is_time = |text: &str| text.parse::<jiff::Timestamp>().is_ok();
    if schema.format.as_deref() == Some("date-time") && !is_time(text) {
        errors.invalid(path, text, format!("{path} in body must be of type date-time: {text:?}"));
    }
}

fn check_number(number: f64, value: &Value, schema: &JSONSchemaProps, path: &str, errors: &mut Errors) {
    if let Some(max) = schema.maximum {
        let excludes = schema.exclusive_maximum == Some(true);
        if number > max || excludes && number >= max {
            let or_equal = if excludes { "" } else { "or equal to " };
            errors.invalid(path, value.clone(), format!("{path} in body should be less than {or_equal}{max}"));
        }
    }
    if let Some(min) = schema.minimum {
        let excludes = schema.exclusive_minimum == Some(true);
        if number < min || excludes && number <= min {
            let or_equal = if excludes { "" } else { "or equal to " };
            errors.invalid(path, value.clone(), format!("{path} in body should be greater than {or_equal}{min}"));
        }
    }
    if let Some(factor) = schema.multiple_of.filter(|factor| *factor > 0.0 && number % factor != 0.0) {
        errors.invalid(path, value.clone(), format!("{path} in body should be a multiple of {factor}"));
    }
}

fn check_list(elements: &[Value], schema: &JSONSchemaProps, path: &str, errors: &mut Errors) {
    let count = elements.len() as i64;
    if let Some(max) = schema.max_items.filter(|max| count > *max) {
        errors.too_many(path, count, max);
    }
    if let Some(min) = schema.min_items.filter(|min| count < *min) {
        errors.invalid(path, Value::from(elements), format!("{path} in body should have at least {min} items"));
    }
    if let Some(schema) = items(schema) {
        for (index, element) in elements.iter().enumerate() {
            check(element, schema, &format!("{path}[{index}]"), errors);
        }
    }
    let keys = schema.x_kubernetes_list_map_keys.as_deref().unwrap_or_default();
    let identity = |element: &Value| match schema.x_kubernetes_list_type.as_deref() {
        Some("set") => Some(element.clone()),
        Some("map") => Some(keys.iter().map(|key| (key.clone(), element[key].clone())).collect()),
        _ => None,
    };
    let mut seen: Vec<Value> = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let Some(identity) = identity(element) else { break };
        if seen.contains(&identity) {
            errors.duplicate(format_args!("{path}[{index}]"), identity);
        } else {
            seen.push(identity);
        }
    }
}

/// `allOf`, `anyOf`, `oneOf` and `not`.
fn check_composition(value: &Value, schema: &JSONSchemaProps, path: &str, errors: &mut Errors) {
    let passes = |schema: &JSONSchemaProps| {
        let mut errors = Errors::default();
        check(value, schema, path, &mut errors);
        errors.is_empty()
    };
    for schema in schema.all_of.iter().flatten() {
        check(value, schema, path, errors);
    }
    // For integers or texts the type was looked at above.
    let is_either = schema.x_kubernetes_int_or_string == Some(true);
    if let Some(any) = schema.any_of.as_ref().filter(|any| !is_either && !any.iter().any(passes)) {
        let _ = any;
        errors.invalid(path, "", format!("{path:?} must validate at least one schema (anyOf)"));
    }
    if let Some(one) = &schema.one_of {
        match one.iter().filter(|schema| passes(schema)).count() {
            1 => {}
            0 => {
                let detail = format!("{path:?} must validate one and only one schema (oneOf). Found none valid");
                errors.invalid(path, "", detail);
            }
            count => {
                let detail =
                    format!("{path:?} must validate one and only one schema (oneOf). Found {count} valid alternatives");
                errors.invalid(path, "", detail);
            }
        }
    }
    if schema.not.as_ref().is_some_and(|schema| passes(schema)) {
        errors.invalid(path, "", format!("{path:?} must not validate the schema (not)"));
    }
}

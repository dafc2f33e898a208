//! The rules of a schema in CEL: `x-kubernetes-validations`.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`. Not modelled: costs, the libraries that
//! Kubernetes adds to CEL, and the compilation of rules when a definition is stored; a rule that cannot be read or computed
//! refuses every object, with the reason.

use cel::{Context, Program};
use serde_json::Value;

use crate::apiserver::field::Errors;
use crate::model::apiextensions::{JSONSchemaProps, ValidationRule};
use crate::model::custom_schema::{below, field, items};

/// Computes the rules of `schema` about `value` that need no older state, at every depth.
pub(super) fn check(value: &Value, old: Option<&Value>, schema: &JSONSchemaProps, errors: &mut Errors) {
    walk(value, old, schema, "", errors);
}

/// Computes the rules that compare with `old`.
pub(super) fn check_transition(value: &Value, old: &Value, schema: &JSONSchemaProps, errors: &mut Errors) {
    walk(value, Some(old), schema, "", errors);
}

fn walk(value: &Value, old: Option<&Value>, schema: &JSONSchemaProps, path: &str, errors: &mut Errors) {
    for rule in schema.x_kubernetes_validations.iter().flatten() {
        // Rules about a transition wait for one; the others have been looked at by then.
        let compares = rule.rule.contains("oldSelf");
        if compares == old.is_some() {
            apply(rule, value, old, schema, path, errors);
        }
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let Some(schema) = field(schema, name) else { continue };
                let before = old.map(|old| old.get(name));
                // What is new has nothing to be compared with.
                if before != Some(None) {
                    walk(value, before.flatten(), schema, &below(path, name), errors);
                }
            }
        }
        Value::Array(elements) if old.is_none() => {
            let Some(schema) = items(schema) else { return };
            for (index, element) in elements.iter().enumerate() {
                walk(element, None, schema, &format!("{path}[{index}]"), errors);
            }
        }
        _ => {}
    }
}

fn apply(
    rule: &ValidationRule,
    value: &Value,
    old: Option<&Value>,
    schema: &JSONSchemaProps,
    path: &str,
    errors: &mut Errors,
) {
    let said = match evaluate(&rule.rule, value, old) {
        Ok(true) => return,
        Ok(false) => match rule.message.as_deref().map(str::trim).filter(|message| !message.is_empty()) {
            Some(message) => message.to_owned(),
            None => format!("failed rule: {}", rule.rule.trim()),
        },
        Err(why) => format!("rule evaluation error: {why}"),
    };
    let at = match rule.field_path.as_deref() {
        Some(inner) => below(path, inner.trim_start_matches('.')),
        None => path.to_owned(),
    };
    match rule.reason.as_deref() {
        Some("FieldValueForbidden") => errors.forbidden(at, &said),
        Some("FieldValueRequired") => errors.required(at, &said),
        Some("FieldValueDuplicate") => errors.duplicate(at, value.clone()),
        _ => {
            let shown = match value {
                Value::Object(_) | Value::Array(_) => Value::from(schema.type_.as_deref().unwrap_or("object")),
                other => other.clone(),
            };
            errors.invalid(at, shown, said);
        }
    }
}

fn evaluate(rule: &str, value: &Value, old: Option<&Value>) -> Result<bool, String> {
    let program = Program::compile(rule).map_err(|error| error.to_string())?;
    let mut context = Context::default();
    context.add_variable("self", value.clone()).map_err(|error| error.to_string())?;
    if let Some(old) = old {
        context.add_variable("oldSelf", old.clone()).map_err(|error| error.to_string())?;
    }
    match program.execute(&context) {
        Ok(cel::Value::Bool(holds)) => Ok(holds),
        Ok(_) => Err("the rule is no condition".into()),
        Err(error) => Err(error.to_string()),
    }
}

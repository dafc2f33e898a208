//! `kubectl create poddisruptionbudget`.
//!
//! Source: `kubectl/pkg/cmd/create/create_pdb.go`.

use serde_json::{Map, Value, json};

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;
use crate::model::selector::{Operator, Selector};

/// Flags of `create poddisruptionbudget`.
pub const BUDGET_FLAGS: &[&str] = &[
    ":min-available",
    ":max-unavailable",
    "l:selector",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// `kubectl create poddisruptionbudget`.
///
/// # Errors
/// In kubectl's words.
pub fn budget(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create poddisruptionbudget")?;
    let selector = flags.text_or_empty("selector");
    if selector.is_empty() {
        return Err(Failure::text_of("a selector must be specified"));
    }
    let (min, max) = (flags.text_or_empty("min-available"), flags.text_or_empty("max-unavailable"));
    let share = |text: &str| text.parse::<i32>().map_or_else(|_| json!(text), |number| json!(number));
    let mut spec = match (min, max) {
        ("", "") => return Err(Failure::text_of("one of min-available or max-unavailable must be specified")),
        ("", max) => json!({"maxUnavailable": share(max)}),
        (min, "") => json!({"minAvailable": share(min)}),
        _ => return Err(Failure::text_of("min-available and max-unavailable cannot be both specified")),
    };
    let parsed = Selector::parse(selector).map_err(|error| Failure::text_of(error.to_string()))?;
    spec["selector"] = typed(&parsed);
    let value =
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec});
    submit(session, flags, Kind::PodDisruptionBudget, value, Some("failed to create poddisruptionbudgets"))
}

/// A selector as objects hold it. Source: `metav1.ParseToLabelSelector`.
fn typed(selector: &Selector) -> Value {
    let (mut labels, mut expressions) = (Map::new(), Vec::new());
    for one in selector.requirements() {
        let operator = match one.operator() {
            Operator::Equals | Operator::DoubleEquals => {
                labels.insert(one.key().to_owned(), json!(one.values().first()));
                continue;
            }
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            Operator::NotIn | Operator::NotEquals => "NotIn",
            _ => "In",
        };
        let mut expression = json!({"key": one.key(), "operator": operator});
        if !one.values().is_empty() {
            expression["values"] = json!(one.values());
        }
        expressions.push(expression);
    }
    let mut typed = json!({});
    if !labels.is_empty() {
        typed["matchLabels"] = Value::Object(labels);
    }
    if !expressions.is_empty() {
        typed["matchExpressions"] = json!(expressions);
    }
    typed
}

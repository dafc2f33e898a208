//! `kubectl set selector`: what a Service sends to, replaced as a whole.
//!
//! Source: `kubectl/pkg/cmd/set/set_selector.go`; what a selector of old cannot say is refused in the words of
//! `apimachinery/pkg/apis/meta/v1/helpers.go`.

use serde_json::{Map, Value, json};

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::kubectl::verbs::change;
use crate::model::Selector;
use crate::model::selector::Operator;

/// Its flags.
pub const FLAGS: &[&str] =
    &["f+filename", "R!recursive", "!all", "o:output", "?dry-run=unchanged", ":field-manager", ":resource-version"];

/// Runs it: the last argument is the selector.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.text("resource-version").is_some() {
        return Err(Failure::not_modelled("--resource-version"));
    }
    let (text, resources) =
        flags.args.split_last().ok_or_else(|| Failure::text_of("error: one selector is required"))?;
    let selector = Selector::parse(text).map_err(|error| Failure::text_of(format!("error: {error}")))?;
    let labels = as_map(&selector)?;
    let found = change::targets(session, flags, resources)?;
    change::each(session, flags, found, "selector updated", |value| set(value, &labels))
}

/// The labels that a selector of old can ask for: each exactly one value.
fn as_map(selector: &Selector) -> Result<Map<String, Value>, Failure> {
    let mut labels = Map::new();
    for requirement in selector.requirements() {
        match (requirement.operator(), requirement.values()) {
            (Operator::Equals | Operator::DoubleEquals | Operator::In, [value]) => {
                labels.insert(requirement.key().to_owned(), json!(value));
            }
            (operator, _) => return Err(refusal(operator)),
        }
    }
    Ok(labels)
}

fn refusal(operator: Operator) -> Failure {
    let word = match operator {
        Operator::In => {
            let said =
                "error: operator \"In\" without a single value cannot be converted into the old label selector format";
            return Failure::text_of(said);
        }
        Operator::NotEquals | Operator::NotIn => "NotIn",
        Operator::Exists => "Exists",
        Operator::DoesNotExist => "DoesNotExist",
        other => return Failure::text_of(format!("error: \"{other:?}\" is not a valid label selector operator")),
    };
    Failure::text_of(format!("error: operator {word:?} cannot be converted into the old label selector format"))
}

fn set(value: &mut Value, labels: &Map<String, Value>) -> Result<(), Failure> {
    if value.get("kind").and_then(Value::as_str) != Some("Service") {
        return Err(Failure::text_of("error: setting a selector is only supported for Services"));
    }
    value["spec"]["selector"] = Value::Object(labels.clone());
    Ok(())
}

//! Functions that Kubernetes adds to CEL: regular expressions and quantities. A quantity is its exact amount as a text, so that
//! two ways to write it are equal.
//!
//! Source: `apiserver/pkg/cel/library/{quantity,regex}.go`.

use std::cmp::Ordering;

use ::cel::common::types::{CelInt, CelString};
use ::cel::common::value::{CowVal, Val};
use ::cel::{Context, ExecutionError, FunctionContext};

use super::value::{self, Any};
use crate::model::Quantity;

/// An answer to a call.
type Answer =
    Box<dyn for<'c, 'v> Fn(&mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError> + Send + Sync>;

/// Their names, as expressions call them.
const NAMES: [&str; 14] = [
    "matches",
    "find",
    "findAll",
    "quantity",
    "isQuantity",
    "isInteger",
    "asInteger",
    "asApproximateFloat",
    "sign",
    "add",
    "sub",
    "isGreaterThan",
    "isLessThan",
    "compareTo",
];

/// Declares them.
pub(super) fn declare(context: &mut Context<'_, '_>) -> Result<(), String> {
    for name in NAMES {
        let answer: Answer = Box::new(move |call| {
            let mut arguments = Vec::with_capacity(call.args.len() + 1);
            if let Some(this) = &call.this {
                arguments.push(argument(name, &**this)?);
            }
            for one in &call.args {
                arguments.push(argument(name, &**one)?);
            }
            let failed = |why: String| ExecutionError::function_error(name, why);
            answer(name, &arguments).map(CowVal::Owned).map_err(failed)
        });
        context.add_function(name, answer).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn argument(function: &str, value: &dyn Val) -> Result<String, ExecutionError> {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return Ok(text.inner().to_owned());
    }
    let number = value.downcast_ref::<CelInt>().map(|number| number.inner().to_string());
    number.ok_or_else(|| ExecutionError::function_error(function, "no such overload"))
}

fn answer(name: &str, arguments: &[String]) -> Result<Any, String> {
    let [first, rest @ ..] = arguments else { return Err("no such overload".into()) };
    match (name, rest) {
        ("isQuantity", []) => Ok(value::flag(Quantity::parse(first).is_ok())),
        ("matches" | "find" | "findAll", [pattern, ..]) => search(name, first, pattern),
        ("matches" | "find" | "findAll", []) => Err("no such overload".into()),
        _ => amount(name, first, rest),
    }
}

fn search(name: &str, text: &str, pattern: &str) -> Result<Any, String> {
    let expression = regex::Regex::new(pattern).map_err(|error| format!("error parsing regexp: {error}"))?;
    let found = |one: regex::Match<'_>| value::text(one.as_str());
    Ok(match name {
        "matches" => value::flag(expression.is_match(text)),
        "find" => expression.find(text).map_or_else(|| value::text(""), found),
        _ => Box::new(value::List::of(expression.find_iter(text).map(found))),
    })
}

fn amount(name: &str, first: &str, rest: &[String]) -> Result<Any, String> {
    let read = |text: &str| Quantity::parse(text).map_err(|error| error.to_string());
    let one = read(first)?;
    let is_whole = Quantity::from_value(one.value()) == one;
    let other = rest.first().map(|text| read(text)).transpose()?;
    Ok(match (name, other) {
        ("quantity", None) => value::text(exact(one)),
        ("isInteger", None) => value::flag(is_whole),
        ("asInteger", None) if is_whole => value::number(one.value()),
        ("asInteger", None) => return Err("cannot convert value to integer".into()),
        ("asApproximateFloat", None) => value::of_json(&serde_json::json!(one.milli_value() as f64 / 1000.0)),
        ("sign", None) => value::number(one.sign().into()),
        ("add", Some(other)) => value::text(exact(one + other)),
        ("sub", Some(other)) => value::text(exact(one - other)),
        ("isGreaterThan", Some(other)) => value::flag(one > other),
        ("isLessThan", Some(other)) => value::flag(one < other),
        ("compareTo", Some(other)) => value::number(match one.cmp(&other) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }),
        _ => return Err("no such overload".into()),
    })
}

/// One text for one amount, whatever its suffix was.
fn exact(amount: Quantity) -> String {
    let milli = amount.milli_value();
    if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") }
}

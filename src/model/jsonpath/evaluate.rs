//! Walking an object along a template.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::{Part, Slice, Step};
use crate::model::patch::go_print;

/// What did not fit.
type Problem = String;
type Values<'v> = Vec<Cow<'v, Value>>;

/// What an action asks of the parts around it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Control {
    #[default]
    None,
    Range,
    End,
}

/// What each part finds.
pub(super) fn template(parts: &[Part], object: &Value) -> Result<Vec<Vec<Value>>, Problem> {
    Ok(block(parts, object, 0)?.0)
}

/// Walks `parts` up to the `{end}` that closes the block, and says at which part that stands.
fn block(parts: &[Part], current: &Value, depth: usize) -> Result<(Vec<Vec<Value>>, Option<usize>), Problem> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        let (values, control) = match part {
            Part::Text(text) => (vec![Cow::Owned(text.as_str().into())], Control::None),
            Part::Action(steps) => action(steps, vec![Cow::Borrowed(current)], depth)?,
        };
        match control {
            Control::End => return Ok((found, Some(at))),
            Control::None => found.push(values.into_iter().map(Cow::into_owned).collect()),
            Control::Range => {
                let rest = &parts[at + 1..];
                let mut end = None;
                for value in &values {
                    let inner = block(rest, value, depth + 1)?;
                    found.extend(inner.0);
                    end = inner.1;
                }
                // Without values the block is still walked, to find its end.
                if values.is_empty() {
                    end = block(rest, &Value::Null, depth + 1)?.1;
                }
                at += end.map_or(0, |end| end + 1);
            }
        }
        at += 1;
    }
    Ok((found, None))
}

fn action<'v>(steps: &'v [Step], from: Values<'v>, depth: usize) -> Result<(Values<'v>, Control), Problem> {
    let (mut values, mut control) = (from, Control::None);
    for step in steps {
        match step {
            Step::Word(word) if word == "range" => control = Control::Range,
            Step::Word(word) if word == "end" && depth > 0 => control = Control::End,
            Step::Word(word) if word == "end" => return Err("not in range, nothing to end".into()),
            Step::Word(word) => return Err(format!("unrecognized identifier {word}")),
            _ => values = self::step(step, values)?,
        }
    }
    Ok((values, control))
}

fn walk<'v>(steps: &'v [Step], from: Values<'v>) -> Result<Values<'v>, Problem> {
    Ok(action(steps, from, 0)?.0)
}

fn step<'v>(step: &'v Step, from: Values<'v>) -> Result<Values<'v>, Problem> {
    match step {
        Step::Text(text) => Ok(vec![Cow::Owned(text.as_str().into())]),
        Step::Literal(value) => Ok(from.iter().map(|_| Cow::Borrowed(value)).collect()),
        Step::Field(name) => Ok(from.into_iter().filter_map(|value| field(value, name)).collect()),
        Step::Wildcard => Ok(from.into_iter().flat_map(children).collect()),
        Step::Recursive => Ok(from.into_iter().flat_map(descendants).collect()),
        Step::Slice(slice) => each(from, |value| elements(value, *slice)),
        Step::Union(parts) => {
            let found: Result<Vec<_>, _> = parts.iter().map(|steps| walk(steps, from.clone())).collect();
            Ok(found?.into_iter().flatten().collect())
        }
        Step::Filter(left, operator, right) => {
            each(from, |list| filtered(list, |value| holds(value, left, operator, right)))
        }
        Step::Exists(steps) => each(from, |list| {
            filtered(list, |value| Ok(walk(steps, vec![Cow::Borrowed(value)]).is_ok_and(|found| !found.is_empty())))
        }),
        Step::Word(word) => Err(format!("unrecognized identifier {word}")),
    }
}

fn each<'v>(
    from: Values<'v>,
    mut find: impl FnMut(Cow<'v, Value>) -> Result<Values<'v>, Problem>,
) -> Result<Values<'v>, Problem> {
    let mut found = Vec::new();
    for value in from {
        found.extend(find(value)?);
    }
    Ok(found)
}

fn field<'v>(value: Cow<'v, Value>, name: &str) -> Option<Cow<'v, Value>> {
    match value {
        Cow::Borrowed(value) => value.as_object()?.get(name).map(Cow::Borrowed),
        Cow::Owned(mut value) => value.as_object_mut()?.remove(name).map(Cow::Owned),
    }
}

/// What a value holds; a text holds its bytes.
fn children(value: Cow<'_, Value>) -> Values<'_> {
    match value {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Value::Object(pairs)) => pairs.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Value::Object(pairs)) => pairs.into_iter().map(|(_, value)| Cow::Owned(value)).collect(),
        Cow::Borrowed(Value::String(text)) => bytes(text),
        Cow::Owned(Value::String(text)) => bytes(&text),
        _ => Vec::new(),
    }
}

fn bytes<'v>(text: &str) -> Values<'v> {
    text.bytes().map(|byte| Cow::Owned(byte.into())).collect()
}

/// The value and everything below it that holds something.
fn descendants(value: Cow<'_, Value>) -> Values<'_> {
    let inside = children(value.clone());
    if inside.is_empty() {
        return Vec::new();
    }
    let below = inside.into_iter().flat_map(descendants).collect::<Vec<_>>();
    std::iter::once(value).chain(below).collect()
}

fn elements(value: Cow<'_, Value>, slice: Slice) -> Result<Values<'_>, Problem> {
    let length = match value.as_ref() {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        other => return Err(format!("{} is not array or slice", go_type(other))),
    };
    let from = slice.from.unwrap_or(0);
    let from = if from < 0 { from + length } else { from };
    let to = slice.to.unwrap_or(length);
    let to = if to < 0 || to == 0 && slice.is_index { to + length } else { to };
    let step = slice.step.unwrap_or(1);
    let outside = |index: i64| Err(format!("array index out of bounds: index {index}, length {length}"));
    match () {
        () if from == to => Ok(Vec::new()),
        () if !(0..length).contains(&from) => outside(from),
        () if !(0..=length).contains(&to) => outside(to - 1),
        () if from > to => Err(format!("starting index {from} is greater than ending index {to}")),
        () if step <= 0 => Err("step must be > 0".into()),
        () => {
            let count = usize::try_from(to - from).unwrap_or_default();
            let (skipped, step) = (usize::try_from(from).unwrap_or_default(), usize::try_from(step).unwrap_or(1));
            Ok(children(value).into_iter().skip(skipped).take(count).step_by(step).collect())
        }
    }
}

fn filtered(
    list: Cow<'_, Value>,
    mut passes: impl FnMut(&Value) -> Result<bool, Problem>,
) -> Result<Values<'_>, Problem> {
    if !list.is_array() {
        return Err(format!("{} is not array or slice and cannot be filtered", go_print(&list)));
    }
    let mut kept = Vec::new();
    for value in children(list) {
        if passes(&value)? {
            kept.push(value);
        }
    }
    Ok(kept)
}

fn holds(value: &Value, left: &[Step], operator: &str, right: &[Step]) -> Result<bool, Problem> {
    let side = |steps| -> Result<Option<Value>, Problem> {
        let mut found = walk(steps, vec![Cow::Borrowed(value)])?;
        if found.len() > 1 {
            return Err("can only compare one element at a time".into());
        }
        Ok(found.pop().map(Cow::into_owned))
    };
    let Some(left) = side(left)? else { return Ok(false) };
    let Some(right) = side(right)? else { return Ok(false) };
    let is_ordered = matches!(operator, "<" | ">" | "<=" | ">=");
    if !is_ordered && !matches!(operator, "==" | "!=") {
        return Err(format!("unrecognized filter operator {operator}"));
    }
    let order = compare(&left, &right, is_ordered)?;
    Ok(match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        _ => order.is_ge(),
    })
}

/// Go's template comparison: both sides of one basic type; truth values have no order.
fn compare(left: &Value, right: &Value, is_ordered: bool) -> Result<Ordering, Problem> {
    let mixed = || Err("incompatible types for comparison".to_owned());
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) if left.is_f64() == right.is_f64() => {
            match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Ok(left.cmp(&right)),
                _ => Ok(left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Less)),
            }
        }
        (Value::Bool(left), Value::Bool(right)) if !is_ordered => Ok(left.cmp(right)),
        (Value::Bool(_), Value::Bool(_)) => Err("invalid type for comparison".into()),
        (Value::Null | Value::Array(_) | Value::Object(_), _)
        | (_, Value::Null | Value::Array(_) | Value::Object(_)) => Err("invalid type for comparison".into()),
        _ => mixed(),
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Object(_) => "map[string]interface {}",
        Value::Array(_) | Value::Null => "[]interface {}",
    }
}

//! `--sort-by`: objects in the order of one of their fields.
//!
//! Source: `kubectl/pkg/cmd/get/sorter.go`.

use std::cmp::Ordering;

use serde_json::Value;

use crate::kubectl::failure::Failure;
use crate::model::Quantity;
use crate::model::jsonpath::Template;

/// Up to this many, Go's sort inserts one by one, which shows when fields are missing.
const INSERTION_MAX: usize = 12;

/// Sorts `items` by the field at `path`; those without it come first.
///
/// # Errors
/// When the path is none.
pub fn by_path<T>(items: &mut Vec<T>, path: &str, value_of: impl Fn(&T) -> Value) -> Result<(), Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::text_of(error.to_string());
    let template = Template::parse(&relaxed(path)).map_err(|error| wrong(&error))?;
    let mut keyed = Vec::new();
    for item in items.drain(..) {
        let found = template.find(&value_of(&item)).map_err(|error| wrong(&error))?;
        keyed.push((found.into_iter().flatten().next(), item));
    }
    if keyed.len() <= INSERTION_MAX {
        for end in 1..keyed.len() {
            let mut place = end;
            while place > 0 && is_before(keyed[place].0.as_ref(), keyed[place - 1].0.as_ref()) {
                keyed.swap(place, place - 1);
                place -= 1;
            }
        }
    } else {
        keyed.sort_by(|(one, _), (other, _)| match (one, other) {
            (Some(one), Some(other)) => order(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        });
    }
    items.extend(keyed.into_iter().map(|(_, item)| item));
    Ok(())
}

/// A path as people type it: `.a`, `a`, `{.a}` all mean `{.a}`.
pub fn relaxed(path: &str) -> String {
    let inner = path.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(path);
    format!("{{.{}}}", inner.strip_prefix('.').unwrap_or(inner))
}

fn is_before(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (None, _) => true,
        (_, None) => false,
        (Some(one), Some(other)) => order(one, other) == Ordering::Less,
    }
}

fn order(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Value::String(one), Value::String(other)) => match (Quantity::parse(one), Quantity::parse(other)) {
            (Ok(one), Ok(other)) => one.cmp(&other),
            _ => natural(one, other),
        },
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => one.to_string().cmp(&other.to_string()),
    }
}

/// Texts in the order in which people count: `web-2` before `web-10`.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let digits = |text: &str| text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let (left, right) = (digits(one), digits(other));
        if left > 0 && right > 0 {
            let number = |text: &str, length: usize| text[..length].trim_start_matches('0').to_owned();
            let (first, second) = (number(one, left), number(other, right));
            let ordering = first.len().cmp(&second.len()).then_with(|| first.cmp(&second));
            if ordering != Ordering::Equal {
                return ordering;
            }
            (one, other) = (&one[left..], &other[right..]);
            continue;
        }
        match (one.chars().next(), other.chars().next()) {
            (Some(first), Some(second)) if first == second => {
                (one, other) = (&one[first.len_utf8()..], &other[second.len_utf8()..]);
            }
            (first, second) => return first.cmp(&second),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn missing_fields_come_first_as_go_leaves_them() {
        let mut names = vec!["apple", "chair", "root", "pear"];
        let colour = |name: &&str| match *name {
            "apple" => json!({"c": "red"}),
            "pear" => json!({"c": "green"}),
            _ => json!({}),
        };
        by_path(&mut names, "{.c}", colour).unwrap();
        assert_eq!(names, ["root", "chair", "pear", "apple"]);
        let mut names = vec!["web-10", "web-9", "1Gi", "900Mi"];
        by_path(&mut names, ".n", |name| json!({"n": name})).unwrap();
        assert_eq!(names, ["900Mi", "1Gi", "web-9", "web-10"]);
    }
}

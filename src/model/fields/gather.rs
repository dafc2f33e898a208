//! Every field that an object says something of. Source: `typed/tofieldset.go`, `typed/validate.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::element::Element;
use super::set::FieldSet;
use super::shape::Shape;

/// The fields that `value` says something of, as who applies it manages them.
#[must_use]
pub fn gather(value: &Value, shape: Shape<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    collect(value, shape, &mut Vec::new(), &mut set);
    set
}

fn collect(value: &Value, shape: Shape<'_>, path: &mut Vec<Element>, set: &mut FieldSet) {
    match value {
        Value::Object(map) if !shape.is_atomic_map() => {
            for (name, value) in map {
                path.push(Element::field(name));
                collect(value, shape.field(name), path, set);
                let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
                if is_empty || !shape.declares(name) {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Value::Array(items) if shape.is_associative() => elements(items, shape, path, set),
        _ => set.insert(path),
    }
}

fn elements(items: &[Value], shape: Shape<'_>, path: &mut Vec<Element>, set: &mut FieldSet) {
    let known: Vec<_> = items.iter().filter_map(|item| Some((shape.element_of(item).ok()?, item))).collect();
    for (element, item) in &known {
        let stands = known.iter().filter(|(other, _)| other == element).count();
        path.push(element.clone());
        if stands == 1 {
            collect(item, shape.elements(), path, set);
        }
        set.insert(path);
        path.pop();
    }
}

/// Checks that the elements of lists can be told apart.
///
/// # Errors
/// Every fault with its path, in upstream's words: `.spec.containers: duplicate entries for key [name="app"]`.
pub fn validate(value: &Value, shape: Shape<'_>) -> Result<(), String> {
    let mut faults = Vec::new();
    check(value, shape, "", &mut faults);
    match &faults[..] {
        [] => Ok(()),
        [only] => Err(only.clone()),
        all => Err(format!("errors:\n  {}", all.join("\n  "))),
    }
}

fn check(value: &Value, shape: Shape<'_>, path: &str, faults: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                check(value, shape.field(name), &format!("{path}.{name}"), faults);
            }
        }
        Value::Array(items) if shape.is_associative() => {
            let mut seen = BTreeSet::new();
            for (index, item) in items.iter().enumerate() {
                match shape.element_of(item) {
                    Err(why) => return faults.push(format!("{path}: element {index}: {why}")),
                    Ok(element) => {
                        let place = format!("{path}{element}");
                        if !seen.insert(element.clone()) {
                            faults.push(format!("{path}: duplicate entries for key {element}"));
                        }
                        check(item, shape.elements(), &place, faults);
                    }
                }
            }
        }
        _ => {}
    }
}

//! Laying a configuration over an object: what it says counts, what it does not mention stays. Source: `typed/merge.go`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::compare::{Form, as_list, as_map};
use super::element::Element;
use super::shape::Shape;

/// `live` with `applied` laid over it. Elements of lists keep the order of `live`, but for those whose order `applied` gives.
#[must_use]
pub fn merge(live: &Value, applied: &Value, shape: Shape<'_>) -> Value {
    both(Some(live), Some(applied), shape).unwrap_or(Value::Null)
}

fn both(live: Option<&Value>, applied: Option<&Value>, shape: Shape<'_>) -> Option<Value> {
    match Form::of(live, applied, shape) {
        Form::Leaf => applied.or(live).cloned(),
        Form::Map => {
            let merged = maps(as_map(live), as_map(applied), shape);
            (!merged.is_empty()).then_some(Value::Object(merged))
        }
        Form::List => {
            let none = Vec::new();
            let merged = lists(as_list(live).unwrap_or(&none), as_list(applied).unwrap_or(&none), shape);
            (!merged.is_empty()).then_some(Value::Array(merged))
        }
    }
}

fn maps(
    live: Option<&Map<String, Value>>,
    applied: Option<&Map<String, Value>>,
    shape: Shape<'_>,
) -> Map<String, Value> {
    let names: BTreeSet<&String> = live.into_iter().chain(applied).flat_map(Map::keys).collect();
    let merged = names.into_iter().filter_map(|name| {
        let (live, applied) = (live.and_then(|map| map.get(name)), applied.and_then(|map| map.get(name)));
        Some((name.clone(), both(live, applied, shape.field(name))?))
    });
    merged.collect()
}

/// Elements by their keys.
type Observed<'v> = BTreeMap<Element, Option<&'v Value>>;

/// The elements of a list by their keys; those that stand more than once have no value of their own.
fn indexed<'v>(items: &'v [Value], shape: Shape<'_>) -> (Vec<(Element, &'v Value)>, Observed<'v>) {
    let known: Vec<_> = items.iter().filter_map(|item| Some((shape.element_of(item).ok()?, item))).collect();
    let mut observed = BTreeMap::new();
    for (element, item) in &known {
        observed.entry(element.clone()).and_modify(|value| *value = None).or_insert(Some(*item));
    }
    (known, observed)
}

/// Two lists: elements that both have are merged at the place where they meet, in the order of `applied`.
fn lists(live: &[Value], applied: &[Value], shape: Shape<'_>) -> Vec<Value> {
    let (lefts, of_live) = indexed(live, shape);
    let (rights, of_applied) = indexed(applied, shape);
    let common = rights.iter().map(|(element, _)| element).filter(|element| of_live.contains_key(*element));
    let mut common: VecDeque<&Element> = common.collect();
    let mut next = common.pop_front();
    let mut done: BTreeSet<&Element> = BTreeSet::new();
    let mut merged = Vec::new();
    let (mut left, mut right) = (0, 0);
    let pair = |element: &Element| {
        let (live, applied) = (of_live.get(element), of_applied.get(element));
        both(live.copied().flatten(), applied.copied().flatten(), shape.elements())
    };
    while left < lefts.len() || right < rights.len() {
        let (mine, theirs) = (lefts.get(left), rights.get(right));
        if let (Some((mine, _)), Some((theirs, _))) = (mine, theirs) {
            if mine == theirs {
                done.insert(mine);
                merged.extend(pair(mine));
                (left, right, next) = (left + 1, right + 1, common.pop_front());
                continue;
            }
            if of_applied.contains_key(mine) && next.is_some_and(|next| next != mine) {
                // Both have it, but it is not its turn.
                left += 1;
                continue;
            }
        }
        if let Some((mine, item)) = mine {
            if !of_applied.contains_key(mine) {
                merged.extend(both(Some(*item), None, shape.elements()));
                left += 1;
                continue;
            }
            left += usize::from(done.contains(mine));
        }
        if let Some((theirs, _)) = theirs {
            done.insert(theirs);
            merged.extend(pair(theirs));
            right += 1;
            if next == Some(theirs) {
                next = common.pop_front();
            }
        }
    }
    merged
}

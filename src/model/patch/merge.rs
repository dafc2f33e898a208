//! JSON merge patch (RFC 7386): what kubectl sends for custom resources, `label` and `annotate`.

use serde_json::{Map, Value};

/// `object` with `patch` merged in; a null takes a field away.
#[must_use]
pub fn apply(object: &Value, patch: &Value) -> Value {
    let mut merged = object.clone();
    json_patch::merge(&mut merged, patch);
    merged
}

/// The patch that turns `original` into `modified`. Nulls within `modified` cannot be expressed.
#[must_use]
pub fn two_way(original: &Value, modified: &Value) -> Value {
    match (original, modified) {
        (Value::Object(original), Value::Object(modified)) => Value::Object(two_way_maps(original, modified)),
        _ => modified.clone(),
    }
}

/// What `kubectl apply` sends: everything in which `current` differs from `modified`, and nulls for what was in the last
/// applied `original` but no longer is (`jsonmergepatch.CreateThreeWayJSONMergePatch`).
#[must_use]
pub fn three_way(original: &Value, modified: &Value, current: &Value) -> Value {
    let map = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (original, modified, current) = (map(original), map(modified), map(current));
    let added = keep(two_way_maps(&current, &modified), false);
    let removed = keep(two_way_maps(&original, &modified), true);
    let mut patch = Value::Object(removed);
    overlay(&mut patch, Value::Object(added));
    patch
}

fn two_way_maps(original: &Map<String, Value>, modified: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = changes(original, modified);
    patch.extend(deletions(original, modified));
    patch
}

fn changes(original: &Map<String, Value>, modified: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, value) in modified {
        let change = match (original.get(key), value) {
            (Some(Value::Object(before)), Value::Object(after)) => {
                let inner = two_way_maps(before, after);
                (!inner.is_empty()).then_some(Value::Object(inner))
            }
            (before, after) => (before != Some(after)).then(|| after.clone()),
        };
        patch.extend(change.map(|change| (key.clone(), change)));
    }
    patch
}

fn deletions(original: &Map<String, Value>, modified: &Map<String, Value>) -> Vec<(String, Value)> {
    original.keys().filter(|key| !modified.contains_key(*key)).map(|key| (key.clone(), Value::Null)).collect()
}

/// The nulls of a patch, or everything but the nulls.
fn keep(patch: Map<String, Value>, nulls: bool) -> Map<String, Value> {
    let kept = patch.into_iter().filter_map(|(key, value)| match value {
        Value::Object(inner) if inner.is_empty() => (!nulls).then_some((key, Value::Object(inner))),
        Value::Object(inner) => {
            let inner = keep(inner, nulls);
            (!inner.is_empty()).then_some((key, Value::Object(inner)))
        }
        other => (other.is_null() == nulls).then_some((key, other)),
    });
    kept.collect()
}

/// Merges one patch over another, nulls included.
fn overlay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                overlay(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

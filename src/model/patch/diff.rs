//! Making strategic merge patches: what `kubectl apply`, `edit` and `set` send.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::element::{DIRECTIVE, Identity, are_maps};
use super::schema::{Rule, Schema};
use super::strategic::{DELETE_FROM_LIST, Merge, RETAIN_KEYS, SET_ORDER};
use super::{PatchError, go_print};

type Object = Map<String, Value>;

/// The patch that turns `original` into `modified`.
///
/// # Errors
/// When an element of a list that merges has no key.
pub fn two_way(original: &Value, modified: &Value, schema: Schema) -> Result<Value, PatchError> {
    let scope = Scope { changes: true, deletions: true };
    scope.maps(object(original)?, object(modified)?, schema, Rule::Plain).map(Value::Object)
}

/// What `kubectl apply` sends: everything in which `current` differs from `modified`, and the deletion of what was in the
/// last applied `original` but no longer is. `original` is null at the first time.
///
/// # Errors
/// When an element of a list that merges has no key.
pub fn three_way(original: &Value, modified: &Value, current: &Value, schema: Schema) -> Result<Value, PatchError> {
    let empty = Object::new();
    let original = if original.is_null() { &empty } else { object(original)? };
    let (modified, current) = (object(modified)?, object(current)?);
    let delta = Scope { changes: true, deletions: false }.maps(current, modified, schema, Rule::Plain)?;
    let deletions = Scope { changes: false, deletions: true }.maps(original, modified, schema, Rule::Plain)?;
    Merge::IntoPatch.maps(deletions, delta, schema).map(Value::Object)
}

fn object(value: &Value) -> Result<&Object, PatchError> {
    value.as_object().ok_or(PatchError::NotAnObject)
}

/// Which differences count.
#[derive(Clone, Copy)]
struct Scope {
    /// What was added or became another.
    changes: bool,
    /// What is gone.
    deletions: bool,
}

/// How two lists differ.
#[derive(Default)]
struct ListDiff {
    patch: Vec<Value>,
    gone: Vec<Value>,
    order: Vec<Value>,
}

impl Scope {
    fn maps(self, before: &Object, after: &Object, schema: Schema, rule: Rule) -> Result<Object, PatchError> {
        let mut patch = Object::new();
        for (key, value) in after {
            match before.get(key) {
                None if self.changes => {
                    patch.insert(key.clone(), value.clone());
                }
                None => {}
                Some(previous) => self.field(&mut patch, key, previous, value, schema)?,
            }
        }
        let gone = before.keys().filter(|key| !after.contains_key(*key));
        if self.deletions {
            patch.extend(gone.clone().map(|key| (key.clone(), Value::Null)));
        }
        let has_lost_field = gone.into_iter().any(|key| !before[key].is_null());
        let kept: Vec<Value> =
            after.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key.as_str().into()).collect();
        if rule.retains() && !kept.is_empty() && (!patch.is_empty() || has_lost_field) {
            patch.insert(RETAIN_KEYS.into(), Value::Array(kept));
        }
        Ok(patch)
    }

    fn field(
        self,
        patch: &mut Object,
        key: &str,
        before: &Value,
        after: &Value,
        schema: Schema,
    ) -> Result<(), PatchError> {
        let (child, rule) = schema.field(key);
        match (before, after) {
            // Replaced as a whole, even by its like: kubectl calls such an object configured every time.
            (Value::Object(_), Value::Object(_)) if rule == Rule::Replace => {
                patch.extend(self.changes.then(|| (key.to_owned(), after.clone())));
            }
            (Value::Object(before), Value::Object(after)) => {
                let inner = self.maps(before, after, child, rule)?;
                if !inner.is_empty() {
                    patch.insert(key.to_owned(), Value::Object(inner));
                }
            }
            (Value::Array(before), Value::Array(after)) if rule.merges_lists() => {
                let diff = self.lists(before, after, child, rule)?;
                let mut put = |key: String, list: Vec<Value>| {
                    if !list.is_empty() {
                        patch.insert(key, Value::Array(list));
                    }
                };
                put(key.to_owned(), diff.patch);
                put(format!("{DELETE_FROM_LIST}/{key}"), diff.gone);
                put(format!("{SET_ORDER}/{key}"), diff.order);
            }
            _ if self.changes && before != after => {
                patch.insert(key.to_owned(), after.clone());
            }
            _ => {}
        }
        Ok(())
    }

    fn lists(self, before: &[Value], after: &[Value], child: Schema, rule: Rule) -> Result<ListDiff, PatchError> {
        if before.is_empty() {
            let patch = if self.changes { after.to_vec() } else { Vec::new() };
            return Ok(ListDiff { patch, ..ListDiff::default() });
        }
        if are_maps([before, after])? {
            self.lists_of_maps(before, after, child, rule)
        } else {
            self.sets(before, after)
        }
    }

    fn lists_of_maps(
        self,
        before: &[Value],
        after: &[Value],
        child: Schema,
        rule: Rule,
    ) -> Result<ListDiff, PatchError> {
        let identity = Identity(rule.key());
        let (mut patch, mut gone) = (Vec::new(), Vec::new());
        for pair in pairs(before, after, identity)? {
            match pair {
                (Some(before), Some(after)) => {
                    let mut inner = self.maps(object(before)?, object(after)?, child, rule)?;
                    if !inner.is_empty() {
                        inner.extend(key_only(after, identity)?);
                        patch.push(Value::Object(inner));
                    }
                }
                (None, Some(after)) if self.changes => patch.push(after.clone()),
                (Some(before), None) if self.deletions => {
                    let mut deletion = key_only(before, identity)?;
                    deletion.insert(DIRECTIVE.into(), "delete".into());
                    gone.push(Value::Object(deletion));
                }
                _ => {}
            }
        }
        let mut patch = identity.sorted(patch, after)?;
        patch.extend(gone);
        let keys =
            |list: &[Value]| list.iter().map(|element| identity.of(element).cloned()).collect::<Result<Vec<_>, _>>();
        let is_moved = self.changes && keys(before)? != keys(after)?;
        let order = if is_moved || !patch.is_empty() {
            after.iter().map(|element| key_only(element, identity).map(Value::Object)).collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        Ok(ListDiff { patch, gone: Vec::new(), order })
    }

    fn sets(self, before: &[Value], after: &[Value]) -> Result<ListDiff, PatchError> {
        let identity = Identity(None);
        let (mut added, mut gone) = (Vec::new(), Vec::new());
        for pair in pairs(before, after, identity)? {
            match pair {
                (None, Some(new)) if self.changes => added.push(new.clone()),
                (Some(old), None) if self.deletions && !gone.contains(old) => gone.push(old.clone()),
                _ => {}
            }
        }
        let is_ordered = !gone.is_empty() || self.changes && before != after;
        let order = if is_ordered { after.to_vec() } else { Vec::new() };
        Ok(ListDiff { patch: identity.sorted(added, after)?, gone, order })
    }
}

/// An element before and after.
type Pair<'l> = (Option<&'l Value>, Option<&'l Value>);

/// The elements of two lists side by side, sorted by what tells them apart.
fn pairs<'l>(before: &'l [Value], after: &'l [Value], identity: Identity) -> Result<Vec<Pair<'l>>, PatchError> {
    let sorted = |list: &'l [Value]| -> Result<Vec<(String, &'l Value)>, PatchError> {
        let named = list.iter().map(|element| Ok((go_print(identity.of(element)?), element)));
        let mut named = named.collect::<Result<Vec<_>, PatchError>>()?;
        named.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(named)
    };
    let (mut before, mut after) = (sorted(before)?.into_iter().peekable(), sorted(after)?.into_iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return Ok(pairs),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.0.cmp(&new.0),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { after.next() } else { None };
        pairs.push((old.map(|named| named.1), new.map(|named| named.1)));
    }
}

/// The element reduced to its key.
fn key_only(element: &Value, identity: Identity) -> Result<Object, PatchError> {
    let value = identity.of(element)?.clone();
    Ok(identity.0.map(|key| (key.to_owned(), value)).into_iter().collect())
}

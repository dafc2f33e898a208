//! Applying a strategic merge patch (`util/strategicpatch` of apimachinery).

use serde_json::{Map, Value};

use super::element::{DIRECTIVE, Identity, are_maps, go_type, is_deletion};
use super::schema::{Rule, Schema};
use super::{PatchError, go_print};

pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const SET_ORDER: &str = "$setElementOrder";
pub(super) const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList";

type Object = Map<String, Value>;

/// `object` with `patch` merged in by the rules of its type.
///
/// # Errors
/// When the patch contradicts itself or misses a key by which its lists merge.
pub fn apply(object: &Value, patch: &Value, schema: Schema) -> Result<Value, PatchError> {
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => {
            Merge::IntoObject.maps(object.clone(), patch.clone(), schema).map(Value::Object)
        }
        _ => Err(PatchError::NotAnObject),
    }
}

/// What a patch is merged into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// An object: directives take effect.
    IntoObject,
    /// Another patch: directives and nulls are kept for later.
    IntoPatch,
}

impl Merge {
    pub(super) fn maps(self, mut object: Object, mut patch: Object, schema: Schema) -> Result<Object, PatchError> {
        if let Some(directive) = patch.get(DIRECTIVE).cloned() {
            return match directive.as_str() {
                Some("replace") => {
                    patch.remove(DIRECTIVE);
                    Ok(patch)
                }
                Some("delete") => Ok(Object::new()),
                _ => Err(unknown(&directive, &Value::Object(patch))),
            };
        }
        self.retain_keys(&mut object, &mut patch)?;
        self.ordered_lists(&mut object, &mut patch, schema)?;
        for (key, value) in patch {
            self.field(&mut object, key, value, schema)?;
        }
        Ok(object)
    }

    fn field(self, object: &mut Object, key: String, value: Value, schema: Schema) -> Result<(), PatchError> {
        if let Some(name) = key.strip_prefix(DELETE_FROM_LIST) {
            if self == Self::IntoPatch {
                object.insert(key, value);
                return Ok(());
            }
            let name = name.strip_prefix('/').ok_or(PatchError::PrimitiveList)?;
            if let (Some(Value::Array(items)), Value::Array(gone)) = (object.get_mut(name), &value) {
                items.retain(|item| !gone.contains(item));
            }
            return Ok(());
        }
        let before = object.remove(&key);
        if value.is_null() && self == Self::IntoObject {
            return Ok(());
        }
        let (child, rule) = schema.field(&key);
        let merged = match (before, value) {
            (Some(Value::Object(_)), after @ Value::Object(_)) if rule == Rule::Replace => Some(after),
            (Some(Value::Object(before)), Value::Object(after)) => {
                Some(Value::Object(self.maps(before, after, child)?))
            }
            (Some(Value::Array(before)), Value::Array(after)) if rule.merges_lists() => {
                Some(Value::Array(self.lists(before, after, child, rule)?))
            }
            (Some(Value::Array(_)), after @ Value::Array(_)) => Some(after),
            (_, after) => self.fresh(after),
        };
        object.extend(merged.map(|merged| (key, merged)));
        Ok(())
    }

    /// `$retainKeys`: whatever the list does not name goes.
    fn retain_keys(self, object: &mut Object, patch: &mut Object) -> Result<(), PatchError> {
        let Some(list) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
        if self == Self::IntoPatch {
            let known = object.entry(RETAIN_KEYS).or_insert_with(|| list.clone());
            return if *known == list { Ok(()) } else { Err(PatchError::RetainKeys) };
        }
        let kept = list.as_array().ok_or(PatchError::RetainKeys)?;
        let is_kept = |key: &String| kept.iter().any(|name| name == key.as_str());
        let needs_place = |key: &str| !key.starts_with(DELETE_FROM_LIST) && !key.starts_with(SET_ORDER);
        if patch.iter().any(|(key, value)| !value.is_null() && needs_place(key) && !is_kept(key)) {
            return Err(PatchError::RetainKeys);
        }
        object.retain(|key, _| is_kept(key));
        Ok(())
    }

    /// Lists for which the patch gives an order are merged first, and leave the patch.
    fn ordered_lists(self, object: &mut Object, patch: &mut Object, schema: Schema) -> Result<(), PatchError> {
        let directives: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ORDER)).cloned().collect();
        for directive in directives {
            let Some(order) = patch.remove(&directive) else { continue };
            if self == Self::IntoPatch && *object.entry(&directive).or_insert_with(|| order.clone()) != order {
                return Err(PatchError::SetElementOrder);
            }
            let order = list(Some(order))?.unwrap_or_default();
            let name = directive.strip_prefix(SET_ORDER).and_then(|name| name.strip_prefix('/'));
            let name = name.ok_or(PatchError::SetElementOrder)?;
            let (child, rule) = schema.field(name);
            let identity = Identity(rule.key());
            let after = list(patch.remove(name))?;
            let before = list(object.remove(name))?;
            follows(after.as_deref().unwrap_or_default(), &order, identity)?;
            let live = before.clone().unwrap_or_default();
            let merged = match (before, after) {
                (None, None) => continue,
                (Some(before), None) => before,
                (None, Some(after)) => after.into_iter().filter_map(|element| self.fresh(element)).collect(),
                (Some(before), Some(after)) if rule.merges_lists() => self.lists(before, after, child, rule)?,
                (Some(_), Some(after)) => after,
            };
            object.insert(name.to_owned(), Value::Array(identity.arranged(merged, &order, &live)?));
        }
        Ok(())
    }

    fn lists(self, live: Vec<Value>, patch: Vec<Value>, child: Schema, rule: Rule) -> Result<Vec<Value>, PatchError> {
        let identity = Identity(rule.key());
        if !are_maps([&live, &patch])? {
            let mut merged = live.clone();
            merged.extend(patch.iter().cloned());
            return identity.arranged(deduplicated(merged), &patch, &live);
        }
        let (live, patch) = special_elements(live, patch, identity)?;
        let mut merged = live.clone();
        for element in &patch {
            match identity.position(&merged, element)? {
                Some(at) => merged[at] = self.elements(merged[at].clone(), element.clone(), child)?,
                None => merged.extend(self.fresh(element.clone())),
            }
        }
        identity.arranged(merged, &patch, &live)
    }

    /// What becomes of a value that has nothing to merge with: maps that carry `$patch` vanish; in an object, nulls and
    /// the other directives do too (upstream leaves them to the decoder, which drops them).
    fn fresh(self, value: Value) -> Option<Value> {
        match value {
            Value::Object(map) if map.contains_key(DIRECTIVE) => None,
            Value::Object(map) => {
                let keeps = |key: &str, value: &Value| {
                    let is_directive =
                        [RETAIN_KEYS, SET_ORDER, DELETE_FROM_LIST].iter().any(|name| key.starts_with(name));
                    self == Self::IntoPatch || !value.is_null() && !is_directive
                };
                let kept = map.into_iter().filter(|(key, value)| keeps(key, value));
                Some(Value::Object(kept.filter_map(|(key, value)| Some((key, self.fresh(value)?))).collect()))
            }
            Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(|item| self.fresh(item)).collect())),
            other => Some(other),
        }
    }

    fn elements(self, before: Value, after: Value, child: Schema) -> Result<Value, PatchError> {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.maps(before, after, child).map(Value::Object),
            (_, after) => Ok(after),
        }
    }
}

/// Carries out the elements that say what to do: deletions, and the replacement of the whole list.
fn special_elements(
    live: Vec<Value>,
    patch: Vec<Value>,
    identity: Identity,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let (mut live, mut plain, mut replaces) = (live, Vec::new(), false);
    for element in patch {
        match element.get(DIRECTIVE).map(|directive| directive.as_str()) {
            None => plain.push(element),
            Some(Some("delete")) => {
                while let Some(at) = identity.position(&live, &element)? {
                    live.remove(at);
                }
            }
            Some(Some("replace")) => replaces = true,
            Some(Some("merge")) => return Err(PatchError::MergeInList),
            Some(_) => return Err(unknown(element.get(DIRECTIVE).unwrap_or(&Value::Null), &element)),
        }
    }
    Ok(if replaces { (plain, Vec::new()) } else { (live, plain) })
}

/// Refuses a patch whose elements are in another order than it asks for.
fn follows(patch: &[Value], order: &[Value], identity: Identity) -> Result<(), PatchError> {
    if order.is_empty() {
        return Ok(());
    }
    let mut rest = order;
    for element in patch.iter().filter(|element| element.get(DIRECTIVE).is_none() && !is_deletion(element)) {
        match identity.position(rest, element)? {
            Some(at) => rest = &rest[at + 1..],
            None => {
                let shown = |list: &[Value]| go_print(&Value::Array(list.to_vec()));
                return Err(PatchError::Order { patch: shown(patch), order: shown(order) });
            }
        }
    }
    Ok(())
}

fn list(value: Option<Value>) -> Result<Option<Vec<Value>>, PatchError> {
    match value {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(other) => Err(PatchError::Type { expected: "[]interface {}", received: go_type(&other) }),
    }
}

fn unknown(directive: &Value, map: &Value) -> PatchError {
    PatchError::UnknownDirective { directive: go_print(directive), map: go_print(map) }
}

fn deduplicated(items: Vec<Value>) -> Vec<Value> {
    let mut unique: Vec<Value> = Vec::new();
    for item in items {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    unique
}

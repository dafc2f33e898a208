//! Taking fields out of an object. Source: `typed/remove.go`.

use serde_json::{Map, Value};

use super::element::Element;
use super::set::FieldSet;
use super::shape::Shape;

/// `value` without the fields of `gone`. A map or list that loses fields from within stays, even when nothing is left in it.
#[must_use]
pub fn remove(value: &Value, gone: &FieldSet, shape: Shape<'_>) -> Value {
    match value {
        Value::Object(map) if !shape.is_atomic_map() => {
            let left = map.iter().filter(|(name, _)| !gone.has_member(&Element::field(*name)));
            let left = left.map(|(name, value)| {
                let below = gone.below(&Element::field(name));
                (name.clone(), below.map_or_else(|| value.clone(), |below| remove(value, below, shape.field(name))))
            });
            Value::Object(left.collect::<Map<_, _>>())
        }
        Value::Array(items) if shape.is_associative() => {
            let left = items.iter().filter_map(|item| {
                let Ok(element) = shape.element_of(item) else { return Some(item.clone()) };
                if gone.has_member(&element) {
                    return None;
                }
                let below = gone.below(&element);
                Some(below.map_or_else(|| item.clone(), |below| remove(item, below, shape.elements())))
            });
            Value::Array(left.collect())
        }
        other => other.clone(),
    }
}

impl FieldSet {
    /// The same set, with every declared field above a member as a member too.
    #[must_use]
    pub fn with_declared(&self, shape: Shape<'_>) -> Self {
        let mut members = self.members().clone();
        let mut children = std::collections::BTreeMap::new();
        for (element, child) in self.branches() {
            let below = match element {
                Element::Field(name) => {
                    if shape.declares(name) {
                        members.insert(element.clone());
                    }
                    shape.field(name)
                }
                _ => shape.elements(),
            };
            children.insert(element.clone(), child.with_declared(below));
        }
        Self::from_parts(members, children)
    }
}

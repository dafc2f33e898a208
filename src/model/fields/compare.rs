//! What differs between two objects. Source: `typed/compare.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::element::Element;
use super::set::FieldSet;
use super::shape::Shape;

/// What differs between an object and another; no field is in two of the sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What only the first has.
    pub removed: FieldSet,
    /// What both have, with different values.
    pub modified: FieldSet,
    /// What only the second has.
    pub added: FieldSet,
}

impl Comparison {
    /// Compares `old` with `new`.
    #[must_use]
    pub fn between(old: &Value, new: &Value, shape: Shape<'_>) -> Self {
        let mut walk = Walk { path: Vec::new(), found: Self::default() };
        walk.compare(Some(old), Some(new), shape);
        walk.found
    }

    /// The same without these fields and what is below them.
    #[must_use]
    pub fn outside(&self, fields: &FieldSet) -> Self {
        Self {
            removed: self.removed.outside(fields),
            modified: self.modified.outside(fields),
            added: self.added.outside(fields),
        }
    }
}

/// Whether a value is a map, or stands where one could be.
pub(super) fn as_map(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

/// Whether a value is a list, or stands where one could be.
pub(super) fn as_list(value: Option<&Value>) -> Option<&Vec<Value>> {
    value.and_then(Value::as_array)
}

/// How two values are to be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As a whole.
    Leaf,
    /// Field by field.
    Map,
    /// Element by element.
    List,
}

impl Form {
    /// Empty maps and lists are leaves, so that `{}` is not the same as nothing.
    pub(super) fn of(one: Option<&Value>, other: Option<&Value>, shape: Shape<'_>) -> Self {
        let is_absent = |value: Option<&Value>| value.is_none_or(Value::is_null);
        let fits = |test: fn(&Value) -> bool| {
            [one, other].into_iter().all(|value| is_absent(value) || value.is_some_and(test))
        };
        let maps = [as_map(one), as_map(other)];
        let lists = [as_list(one), as_list(other)];
        if maps.iter().flatten().any(|map| !map.is_empty()) && fits(Value::is_object) && !shape.is_atomic_map() {
            Self::Map
        } else if lists.iter().flatten().any(|list| !list.is_empty()) && fits(Value::is_array) && shape.is_associative()
        {
            Self::List
        } else {
            Self::Leaf
        }
    }
}

/// The values under one key, before and after.
type Values<'v> = (Vec<&'v Value>, Vec<&'v Value>);

struct Walk {
    path: Vec<Element>,
    found: Comparison,
}

impl Walk {
    fn compare(&mut self, old: Option<&Value>, new: Option<&Value>, shape: Shape<'_>) {
        match Form::of(old, new, shape) {
            Form::Leaf => return self.leaf(old, new),
            Form::Map => self.maps(as_map(old), as_map(new), shape),
            Form::List => self.lists(as_list(old), as_list(new), shape),
        }
        match (old, new) {
            (None, _) => self.found.added.insert(&self.path),
            (_, None) => self.found.removed.insert(&self.path),
            _ => {}
        }
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, None) => {}
            (None, Some(_)) => self.found.added.insert(&self.path),
            (Some(_), None) => self.found.removed.insert(&self.path),
            (Some(old), Some(new)) if old != new => self.found.modified.insert(&self.path),
            _ => {}
        }
    }

    fn step(&mut self, element: Element, old: Option<&Value>, new: Option<&Value>, shape: Shape<'_>) {
        self.path.push(element);
        self.compare(old, new, shape);
        self.path.pop();
    }

    fn maps(&mut self, old: Option<&Map<String, Value>>, new: Option<&Map<String, Value>>, shape: Shape<'_>) {
        for (name, value) in old.into_iter().flatten() {
            self.step(Element::field(name), Some(value), new.and_then(|new| new.get(name)), shape.field(name));
        }
        for (name, value) in
            new.into_iter().flatten().filter(|(name, _)| old.is_none_or(|old| !old.contains_key(*name)))
        {
            self.step(Element::field(name), None, Some(value), shape.field(name));
        }
    }

    fn lists(&mut self, old: Option<&Vec<Value>>, new: Option<&Vec<Value>>, shape: Shape<'_>) {
        let mut elements: BTreeMap<Element, Values<'_>> = BTreeMap::new();
        for item in old.into_iter().flatten() {
            if let Ok(element) = shape.element_of(item) {
                elements.entry(element).or_default().0.push(item);
            }
        }
        for item in new.into_iter().flatten() {
            if let Ok(element) = shape.element_of(item) {
                elements.entry(element).or_default().1.push(item);
            }
        }
        for (element, (old, new)) in elements {
            self.elements(element, &old, &new, shape.elements());
        }
    }

    /// Elements that stand more than once under their key are compared as a whole.
    fn elements(&mut self, element: Element, old: &[&Value], new: &[&Value], shape: Shape<'_>) {
        let (before, after) = (old.first().copied(), new.first().copied());
        match (old.len() > 1, new.len() > 1) {
            (false, false) => return self.step(element, before, after, shape),
            (true, false) if after.is_some() => self.step(element.clone(), None, after, shape),
            (false, true) if before.is_some() => self.step(element.clone(), before, None, shape),
            _ => {}
        }
        self.path.push(element);
        match (old.len() > 1, new.len() > 1) {
            (true, true) if old != new => self.found.modified.insert(&self.path),
            (true, false) => self.found.removed.insert(&self.path),
            (false, true) => self.found.added.insert(&self.path),
            _ => {}
        }
        self.path.pop();
    }
}

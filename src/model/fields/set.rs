//! A set of fields, as `fieldsV1` of `metadata.managedFields` holds it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::element::Element;

/// A set of fields: a tree of steps, some of which are members themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    members: BTreeSet<Element>,
    children: BTreeMap<Element, FieldSet>,
}

impl FieldSet {
    /// The set of these fields, each given by the names on the way to it.
    #[must_use]
    pub fn of_names(paths: &[&[&str]]) -> Self {
        let mut set = Self::default();
        for path in paths {
            let path: Vec<_> = path.iter().map(|name| Element::field(*name)).collect();
            set.insert(&path);
        }
        set
    }

    /// Adds a field; what is above it does not become a member.
    pub fn insert(&mut self, path: &[Element]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether it has no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(Self::is_empty)
    }

    /// Whether this very field is a member.
    #[must_use]
    pub fn has(&self, path: &[Element]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.children.get(first).is_some_and(|child| child.has(rest)),
        }
    }

    /// Whether this step is a member.
    pub(super) fn has_member(&self, element: &Element) -> bool {
        self.members.contains(element)
    }

    /// What is below a step, if there is anything.
    pub(super) fn below(&self, element: &Element) -> Option<&Self> {
        self.children.get(element).filter(|child| !child.is_empty())
    }

    /// The steps that have something below them.
    pub(super) fn branches(&self) -> impl Iterator<Item = (&Element, &Self)> {
        self.children.iter()
    }

    /// The set of these members and branches.
    pub(super) fn from_parts(members: BTreeSet<Element>, children: BTreeMap<Element, Self>) -> Self {
        Self { members, children }
    }

    /// The members of this level.
    pub(super) fn members(&self) -> &BTreeSet<Element> {
        &self.members
    }

    /// The fields of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        union.members.extend(other.members.iter().cloned());
        for (element, child) in &other.children {
            let mine = union.children.entry(element.clone()).or_default();
            *mine = mine.union(child);
        }
        union
    }

    /// The fields of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let members = self.members.intersection(&other.members).cloned().collect();
        let both = |(element, child): (&Element, &Self)| {
            let child = child.intersection(other.children.get(element)?);
            (!child.is_empty()).then(|| (element.clone(), child))
        };
        Self { members, children: self.children.iter().filter_map(both).collect() }
    }

    /// The fields that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let members = self.members.difference(&other.members).cloned().collect();
        let left = |(element, child): (&Element, &Self)| {
            let child = other.children.get(element).map_or_else(|| child.clone(), |gone| child.difference(gone));
            (!child.is_empty()).then(|| (element.clone(), child))
        };
        Self { members, children: self.children.iter().filter_map(left).collect() }
    }

    /// The fields that are neither in `other` nor below one of its members.
    #[must_use]
    pub fn outside(&self, other: &Self) -> Self {
        let members = self.members.difference(&other.members).cloned().collect();
        let left = |(element, child): (&Element, &Self)| {
            if other.members.contains(element) {
                return None;
            }
            let child = other.children.get(element).map_or_else(|| child.clone(), |gone| child.outside(gone));
            (!child.is_empty()).then(|| (element.clone(), child))
        };
        Self { members, children: self.children.iter().filter_map(left).collect() }
    }

    /// Every field in upstream's order: the members of a level, then what is below.
    #[must_use]
    pub fn paths(&self) -> Vec<Vec<Element>> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, prefix: &mut Vec<Element>, paths: &mut Vec<Vec<Element>>) {
        for member in &self.members {
            let mut path = prefix.clone();
            path.push(member.clone());
            paths.push(path);
        }
        for (element, child) in &self.children {
            prefix.push(element.clone());
            child.collect(prefix, paths);
            prefix.pop();
        }
    }

    /// As `fieldsV1`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut map: Map<_, _> = self.members.iter().map(|member| (member.name(), Value::Object(Map::new()))).collect();
        for (element, child) in self.children.iter().filter(|(_, child)| !child.is_empty()) {
            let mut below = child.to_value();
            if let (Value::Object(below), true) = (&mut below, self.members.contains(element)) {
                below.insert(".".into(), Value::Object(Map::new()));
            }
            map.insert(element.name(), below);
        }
        Value::Object(map)
    }

    /// Reads `fieldsV1`.
    ///
    /// # Errors
    /// When a key is none.
    pub fn from_value(value: &Value) -> Result<Self, String> {
        let mut set = Self::default();
        for (name, below) in value.as_object().into_iter().flatten() {
            let Some(element) = (if name == "." { None } else { Element::parse(name)? }) else { continue };
            let child = Self::from_value(below)?;
            let is_leaf = below.as_object().is_none_or(Map::is_empty);
            if is_leaf || below.get(".").is_some() {
                set.members.insert(element.clone());
            }
            if !child.is_empty() {
                set.children.insert(element, child);
            }
        }
        Ok(set)
    }
}

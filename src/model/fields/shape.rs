//! What is one field: of which lists the elements are told apart, and which maps and lists are taken as a whole.
//!
//! The rules of the built-in types stand in `assets/api/fields.txt`; custom types bring theirs in their schema.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::model::apiextensions::JSONSchemaProps;
use crate::model::custom_schema;

use super::element::{Element, Scalar};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("../../../assets/api/fields.txt")));

/// The shape of a value.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s>(Node<'s>);

#[derive(Clone, Copy, Debug)]
enum Node<'s> {
    /// A struct: maps below it merge, lists are taken as a whole, but for what the table says of its type.
    Struct(&'static str),
    /// A map with keys of the user's own, its values of this type.
    Map(&'static str),
    /// A list whose elements are told apart by keys, or by themselves when there are none; they are of this type.
    List(&'static [Key], &'static str),
    /// A map or list that is taken as a whole.
    Atomic,
    /// What nothing is known of.
    Open,
    /// A part of a custom object.
    Schema(&'s JSONSchemaProps),
    /// A custom object; one without a schema holds anything.
    Custom(Option<&'s JSONSchemaProps>),
}

/// A key of a list, and its value where it is left out.
#[derive(Debug)]
struct Key {
    name: &'static str,
    default: Option<&'static str>,
}

/// What the table says of a field.
#[derive(Debug)]
struct Rule {
    node: Node<'static>,
    /// What Go writes when it is not set; `None` where it writes nothing.
    zero: Option<Value>,
}

#[derive(Debug, Default)]
struct Table {
    types: BTreeMap<&'static str, BTreeMap<&'static str, Rule>>,
    /// The types of the objects of each group, version and kind.
    roots: BTreeMap<(&'static str, &'static str), &'static str>,
}

impl<'s> Shape<'s> {
    /// The objects of a built-in kind; of a kind that is not built in nothing is known.
    #[must_use]
    pub fn of_kind(api_version: &str, kind: &str) -> Self {
        let named = TABLE.roots.iter().find(|((version, name), _)| *version == api_version && *name == kind);
        Self(named.map_or(Node::Open, |(_, name)| Node::Struct(name)))
    }

    /// Custom objects with this schema.
    #[must_use]
    pub fn of_schema(schema: Option<&'s JSONSchemaProps>) -> Self {
        Self(Node::Custom(schema))
    }

    /// The shape of the field or value under this name.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        Self(match self.0 {
            Node::Struct(type_) => TABLE.rule(type_, name).map_or(Node::Struct(""), |rule| rule.node),
            Node::Map(type_) => Node::Struct(type_),
            Node::Custom(_) if name == "metadata" => Node::Struct("ObjectMeta"),
            Node::Custom(schema) => {
                schema.and_then(|schema| custom_schema::field(schema, name)).map_or(Node::Open, Node::Schema)
            }
            Node::Schema(schema) => custom_schema::field(schema, name).map_or(Node::Open, Node::Schema),
            Node::List(..) | Node::Atomic | Node::Open => Node::Open,
        })
    }

    /// Whether a name is that of a declared field, and no key of the user's own.
    #[must_use]
    pub fn declares(self, name: &str) -> bool {
        match self.0 {
            Node::Struct(_) => true,
            Node::Custom(_) if matches!(name, "apiVersion" | "kind" | "metadata") => true,
            Node::Custom(schema) => schema.is_some_and(|schema| has_property(schema, name)),
            Node::Schema(schema) => has_property(schema, name),
            Node::Map(_) | Node::List(..) | Node::Atomic | Node::Open => false,
        }
    }

    /// Whether a map of this shape is taken as a whole.
    #[must_use]
    pub fn is_atomic_map(self) -> bool {
        match self.0 {
            Node::Atomic => true,
            Node::Schema(schema) => schema.x_kubernetes_map_type.as_deref() == Some("atomic"),
            _ => false,
        }
    }

    /// Whether the elements of a list of this shape are told apart.
    #[must_use]
    pub fn is_associative(self) -> bool {
        match self.0 {
            Node::List(..) => true,
            Node::Schema(schema) => matches!(schema.x_kubernetes_list_type.as_deref(), Some("map" | "set")),
            _ => false,
        }
    }

    /// The shape of a list's elements.
    #[must_use]
    pub fn elements(self) -> Self {
        Self(match self.0 {
            Node::List(_, type_) => Node::Struct(type_),
            Node::Schema(schema) => custom_schema::items(schema).map_or(Node::Open, Node::Schema),
            _ => Node::Open,
        })
    }

    /// What tells an element of a list from the others.
    ///
    /// # Errors
    /// In upstream's words when it has no keys, or is of another type than the list's.
    pub fn element_of(self, item: &Value) -> Result<Element, String> {
        let keys = self.keys();
        if keys.is_empty() {
            return set_item(item);
        }
        let Value::Object(map) = item else {
            let what = if item.is_null() { "a null element" } else { "non-map elements" };
            return Err(format!("associative list with keys may not have {what}"));
        };
        let mut found = Vec::new();
        for (name, default) in &keys {
            let value = map.get(*name).and_then(Scalar::of);
            found.extend(value.or_else(|| default.clone()).map(|value| ((*name).to_owned(), value)));
        }
        if found.is_empty() {
            let names: Vec<_> = keys.iter().map(|(name, _)| format!("{name:?}")).collect();
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{}] (and doesn't have default \
                 values for any key fields)",
                names.join(" ")
            ));
        }
        found.sort();
        Ok(Element::Key(found))
    }

    fn keys(self) -> Vec<(&'s str, Option<Scalar>)> {
        match self.0 {
            Node::List(keys, _) => {
                let text = |text: &str| Scalar::Text(text.to_owned());
                keys.iter().map(|key| (key.name, key.default.map(text))).collect()
            }
            Node::Schema(schema) => {
                let default = |name: &str| {
                    let key = custom_schema::field(custom_schema::items(schema)?, name)?;
                    Scalar::of(&key.default.as_ref()?.0).filter(|value| *value != Scalar::Null)
                };
                let names = schema.x_kubernetes_list_map_keys.iter().flatten();
                names.map(|name| (name.as_str(), default(name))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Adds what Go writes of fields that are not set: `resources: {}`, `lastProbeTime: null`, `replicas: 0`.
    pub fn fill(self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                self.fill_fields(map);
                for (name, value) in map.iter_mut() {
                    self.field(name).fill(value);
                }
            }
            Value::Array(items) if self.is_associative() => {
                let shape = self.elements();
                items.iter_mut().for_each(|item| shape.fill(item));
            }
            _ => {}
        }
    }

    fn fill_fields(self, map: &mut Map<String, Value>) {
        let Node::Struct(type_) = self.0 else { return };
        for (name, rule) in TABLE.types.get(type_).into_iter().flatten() {
            if let Some(zero) = rule.zero.as_ref().filter(|_| !map.contains_key(*name)) {
                map.insert((*name).to_owned(), zero.clone());
            }
        }
    }
}

fn has_property(schema: &JSONSchemaProps, name: &str) -> bool {
    schema.properties.as_ref().is_some_and(|properties| properties.contains_key(name))
}

fn set_item(item: &Value) -> Result<Element, String> {
    match item {
        Value::Object(_) => Err("associative list without keys has an element that's a map type".to_owned()),
        Value::Array(_) => Err("not supported: associative list with lists as elements".to_owned()),
        Value::Null => Err("associative list without keys has an element that's an explicit null".to_owned()),
        other => Scalar::of(other).map(Element::Item).ok_or_else(String::new),
    }
}

impl Table {
    fn rule(&self, type_: &str, field: &str) -> Option<&Rule> {
        self.types.get(type_)?.get(field)
    }

    fn read(text: &'static str) -> Self {
        let mut table = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((head, fields)) = line.split_once(": ") else { continue };
            let head: Vec<_> = head.split(' ').collect();
            let name = head.last().copied().unwrap_or_default();
            if let [version, kind, ..] = head[..] {
                table.roots.insert((version, kind), name);
            }
            table.types.insert(name, fields.split(' ').map(rule).collect());
        }
        table
    }
}

/// Reads `containers[name]:Container!null`.
fn rule(text: &'static str) -> (&'static str, Rule) {
    let (field, zero) = text.split_once('!').map_or((text, None), |(field, zero)| (field, Some(zero)));
    let zero = zero.map(|zero| {
        let empty = Value::Object(Map::new());
        if zero.is_empty() { empty } else { serde_json::from_str(zero).unwrap_or(empty) }
    });
    let (field, type_) = field.split_once(':').unwrap_or((field, ""));
    let (name, node) = if let Some(name) = field.strip_suffix("{}") {
        (name, Node::Map(type_))
    } else if let Some(name) = field.strip_suffix('~') {
        (name, Node::Atomic)
    } else if let Some((name, keys)) = field.strip_suffix(']').and_then(|field| field.split_once('[')) {
        let key = |text: &'static str| {
            let (name, default) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
            Key { name, default }
        };
        let keys: Vec<_> = keys.split(',').filter(|key| !key.is_empty()).map(key).collect();
        (name, Node::List(keys.leak(), type_))
    } else {
        (field, Node::Struct(type_))
    };
    (name, Rule { node, zero })
}

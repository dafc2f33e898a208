//! The fields of the API's types as their Go declarations have them: protobuf numbers, pointers, patch strategies, list
//! types, allowed values.
//!
//! The facts stand in `assets/kubernetes/fields.txt`, which `fields.py` beside it makes from the sources of Kubernetes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The table as text; its first lines describe its form.
const TEXT: &str = include_str!("../../assets/kubernetes/fields.txt");

/// The package of what every object shares.
pub const META: &str = "k8s.io.apimachinery.pkg.apis.meta.v1";

/// A message by its package and name.
pub type MessageId = (&'static str, &'static str);

/// What one value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// UTF-8 text.
    Text,
    /// `true` or `false`.
    Bool,
    /// 32 bits, signed.
    Int,
    /// 64 bits, signed.
    Long,
    /// A floating-point number.
    Double,
    /// Bytes, in JSON as base64.
    Bytes,
    /// Another message.
    Message(MessageId),
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One.
    Single,
    /// A list.
    List,
    /// A map from texts.
    Map,
}

/// A field of a message.
#[derive(Clone, Debug)]
pub struct Field {
    /// `restartPolicy`; `None` when the fields of its message stand among those of the one around it.
    pub json: Option<&'static str>,
    /// Its number in protobuf.
    pub number: u32,
    /// Of one value.
    pub type_: Type,
    /// One value, a list, a map.
    pub shape: Shape,
    /// Go holds it by a pointer: zero differs from absent.
    pub is_pointer: bool,
    /// Go writes it when it is zero too.
    pub is_always: bool,
    /// `map` with its keys, `set` or `atomic`, for lists.
    pub list: Option<Vec<&'static str>>,
    /// `atomic` or `granular`, for maps and objects.
    pub map: Option<&'static str>,
    /// The strategy of strategic merge patches, and the merge key.
    pub patch: Option<(&'static str, Option<&'static str>)>,
    /// The allowed values.
    pub values: Vec<&'static str>,
}

/// A message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its fields in the order of their declaration.
    pub fields: Vec<Field>,
    /// What it is another name of.
    pub alias: Option<(Shape, MessageId)>,
    /// A list of texts with a name of its own.
    pub is_texts: bool,
    /// Server-side apply owns it as a whole.
    pub is_atomic: bool,
}

/// The whole table.
#[derive(Debug, Default)]
pub struct Fields {
    messages: BTreeMap<MessageId, Message>,
    packages: BTreeMap<&'static str, &'static str>,
}

impl Fields {
    /// The table, read once.
    #[must_use]
    pub fn get() -> &'static Self {
        static TABLE: OnceLock<Fields> = OnceLock::new();
        TABLE.get_or_init(|| Self::parse(TEXT))
    }

    /// A message by its package and name, past its other names.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        let message = self.messages.get(&id)?;
        match message.alias {
            Some((_, target)) if target != id => self.messages.get(&target),
            _ => Some(message),
        }
    }

    /// The message of a kind; kinds that every version has (`DeleteOptions`) stand in `meta.k8s.io/v1`.
    #[must_use]
    pub fn of_kind(&self, api_version: &str, kind: &str) -> Option<MessageId> {
        let package = self.packages.get(api_version).copied();
        let named = |package: &&'static str| {
            self.messages.range((*package, "")..).find(|(id, _)| id.1 == kind && id.0 == *package)
        };
        let found = package.as_ref().and_then(named).or_else(|| named(&META));
        found.map(|(id, _)| *id)
    }

    /// The message that OpenAPI calls `name`: `io.k8s.api.core.v1.PodSpec`.
    #[must_use]
    pub fn of_definition(&self, name: &str) -> Option<MessageId> {
        let (package, message) = name.rsplit_once('.')?;
        let package = package.replacen("io.k8s", "k8s.io", 1).replace('-', "_");
        let known = self.packages.values().find(|known| **known == package)?;
        self.messages
            .range((*known, "")..)
            .map(|(id, _)| *id)
            .take_while(|id| id.0 == package)
            .find(|id| id.1 == message)
    }

    /// Every message with its name.
    pub fn iter(&self) -> impl Iterator<Item = (MessageId, &Message)> {
        self.messages.iter().map(|(id, message)| (*id, message))
    }

    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        let mut package = "";
        let mut open: Option<(MessageId, Message)> = None;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(head) = line.strip_prefix('@') {
                let (name, api_version) = head.split_once(' ').unwrap_or((head, ""));
                package = name;
                table.packages.insert(api_version, name);
            } else if let Some(head) = line.strip_prefix(':') {
                table.messages.extend(open.take());
                open = Some(message(package, head));
            } else if let Some((_, message)) = &mut open {
                message.fields.extend(field(package, line));
            }
        }
        table.messages.extend(open);
        table
    }
}

/// The line that opens a message: `Name`, `Name atomic`, `Name =[]string`.
fn message(package: &'static str, head: &'static str) -> (MessageId, Message) {
    let (name, rest) = head.split_once(' ').unwrap_or((head, ""));
    let mut message = Message { is_atomic: rest == "atomic", ..Message::default() };
    match rest.strip_prefix('=').map(|type_| shaped(package, type_)) {
        Some((shape, Type::Message(id))) => message.alias = Some((shape, id)),
        Some((Shape::List, Type::Text)) => message.is_texts = true,
        _ => {}
    }
    ((package, name), message)
}

/// The line of a field: `ports 6 []ContainerPort list=map:containerPort:protocol patch=merge:containerPort`.
fn field(package: &'static str, line: &'static str) -> Option<Field> {
    let (line, values) = line.split_once(" enum=").unwrap_or((line, ""));
    let mut words = line.split(' ');
    let (json, number, mut word) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
    let is_map = word == "map" || word == "*map";
    if is_map {
        word = words.next()?;
    }
    let (word, is_always) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
    let (word, is_pointer) = word.strip_prefix('*').map_or((word, false), |word| (word, true));
    let (shape, type_) = shaped(package, word);
    let mut field = Field {
        json: (json != "-").then_some(json),
        number,
        type_,
        shape: if is_map { Shape::Map } else { shape },
        is_pointer,
        is_always,
        list: None,
        map: None,
        patch: None,
        values: values.split('|').filter(|_| !values.is_empty()).collect(),
    };
    for (name, value) in words.filter_map(|word| word.split_once('=')) {
        match name {
            "list" => field.list = Some(value.split(':').collect()),
            "map" => field.map = Some(value),
            "patch" => {
                field.patch =
                    Some(value.split_once(':').map_or((value, None), |(strategy, key)| (strategy, Some(key))));
            }
            _ => {}
        }
    }
    Some(field)
}

fn shaped(package: &'static str, word: &'static str) -> (Shape, Type) {
    let (word, shape) = word.strip_prefix("[]").map_or((word, Shape::Single), |word| (word, Shape::List));
    let type_ = match word {
        "string" => Type::Text,
        "bool" => Type::Bool,
        "int32" => Type::Int,
        "int64" => Type::Long,
        "double" => Type::Double,
        "bytes" => Type::Bytes,
        _ => Type::Message(word.rsplit_once('.').unwrap_or((package, word))),
    };
    (shape, type_)
}

#[cfg(test)]
mod tests {
    use crate::model::{Kind, schema};

    use super::*;

    #[test]
    fn a_line_says_everything_of_a_field() {
        let table = Fields::get();
        let container = table.message(("k8s.io.api.core.v1", "Container")).unwrap();
        let of = |name: &str| container.fields.iter().find(|field| field.json == Some(name)).unwrap();
        assert_eq!(of("ports").list.as_deref(), Some(["map", "containerPort", "protocol"].as_slice()));
        assert_eq!(of("ports").patch, Some(("merge", Some("containerPort"))));
        assert_eq!(of("imagePullPolicy").values, ["Always", "IfNotPresent", "Never"]);
        assert!(of("livenessProbe").is_pointer && !of("resources").is_pointer);
    }

    #[test]
    fn kinds_lead_to_their_messages_and_shared_kinds_to_meta() {
        let table = Fields::get();
        assert_eq!(table.of_kind("apps/v1", "Deployment"), Some(("k8s.io.api.apps.v1", "Deployment")));
        assert_eq!(table.of_kind("policy/v1", "DeleteOptions"), Some((META, "DeleteOptions")));
        assert_eq!(table.of_kind("apps/v1", "Gizmo"), None);
    }

    /// The JSON names of a message, those of inlined messages among them.
    fn names(table: &Fields, id: MessageId, into: &mut std::collections::BTreeSet<&'static str>) {
        for field in &table.message(id).unwrap().fields {
            match (field.json, field.type_) {
                (Some(name), _) => drop(into.insert(name)),
                (None, Type::Message(inner)) => names(table, inner, into),
                _ => panic!("{id:?}: only messages are inlined"),
            }
        }
    }

    #[test]
    fn the_table_agrees_with_the_schemas_of_the_wire_types() {
        let table = Fields::get();
        let mut compared = 0;
        for kind in Kind::all() {
            let root = schema::of(kind);
            for (name, definition) in root["$defs"].as_object().unwrap() {
                let Some(id) = table.of_definition(name) else { continue };
                let Some(properties) = definition["properties"].as_object() else { continue };
                let mut fields = std::collections::BTreeSet::new();
                names(table, id, &mut fields);
                // The type of an object is written around it, not in it.
                let is_own = |name: &&str| !["apiVersion", "kind"].contains(name) || fields.contains(name);
                let expected = properties.keys().map(String::as_str).filter(is_own).collect();
                assert_eq!(fields, expected, "{name}");
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared}");
    }
}

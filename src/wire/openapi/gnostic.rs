//! The document of version 2 in protobuf: what `kubectl` up to v1.27 and tools of its time ask for.
//!
//! Source: `OpenAPIv2.proto` of `github.com/google/gnostic-models`.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::document::Document;
use super::swagger;

/// The form of this document as clients ask for it.
pub const SWAGGER_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// The same as servers answer it: `@` may not stand in a media type.
pub const SWAGGER_PROTOBUF_ANSWER: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// `/openapi/v2` for clients that accept [`SWAGGER_PROTOBUF`], built at the first call.
#[must_use]
pub fn swagger_protobuf() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| Document::of_bytes(document(&swagger::value())))
}

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.extend(value.to_le_bytes().first());
    }

    fn bytes(&mut self, number: u64, bytes: &[u8]) {
        self.varint(number << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn flag(&mut self, number: u64, is_set: bool) {
        self.varint(number << 3);
        self.varint(is_set.into());
    }

    /// The fields of `object` that are texts or lists of texts, by their names.
    fn texts(&mut self, object: &Map<String, Value>, names: &[(&str, u64)]) {
        for (name, number) in names {
            match object.get(*name) {
                Some(Value::String(text)) => self.bytes(*number, text.as_bytes()),
                Some(Value::Array(list)) => {
                    list.iter().filter_map(Value::as_str).for_each(|text| self.bytes(*number, text.as_bytes()));
                }
                _ => {}
            }
        }
    }

    /// Named messages: `additional_properties` and its like.
    fn named<'o>(&mut self, number: u64, entries: impl Iterator<Item = (&'o String, Vec<u8>)>) {
        for (name, value) in entries {
            let mut entry = Self::default();
            entry.bytes(1, name.as_bytes());
            entry.bytes(2, &value);
            self.bytes(number, &entry.0);
        }
    }

    /// `x-kubernetes-…`.
    fn extensions(&mut self, number: u64, object: &Map<String, Value>) {
        self.named(
            number,
            object.iter().filter(|(name, _)| name.starts_with("x-")).map(|(name, value)| (name, any(value))),
        );
    }
}

/// A message of one field.
fn around(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut message = Message::default();
    message.bytes(number, bytes);
    message.0
}

/// `Any`: YAML, of which JSON is a part.
fn any(value: &Value) -> Vec<u8> {
    around(2, value.to_string().as_bytes())
}

/// The fields of a value that is an object.
fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn document(value: &Value) -> Vec<u8> {
    let mut document = Message::default();
    document.bytes(1, b"2.0");
    let mut info = Message::default();
    if let Some(object) = value.get("info").and_then(Value::as_object) {
        info.texts(object, &[("title", 1), ("version", 2)]);
    }
    document.bytes(2, &info.0);
    let mut paths = Message::default();
    paths.named(2, entries(value.get("paths")).map(|(path, item)| (path, path_item(item))));
    document.bytes(8, &paths.0);
    document.bytes(9, &schemas(value.get("definitions")));
    document.0
}

fn path_item(item: &Value) -> Vec<u8> {
    let mut message = Message::default();
    for (name, value) in entries(Some(item)) {
        let number = match name.as_str() {
            "get" => 2,
            "put" => 3,
            "post" => 4,
            "delete" => 5,
            "patch" => 8,
            _ => continue,
        };
        message.bytes(number, &operation(value));
    }
    for one in item.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        message.bytes(9, &parameter(one));
    }
    message.0
}

fn operation(value: &Value) -> Vec<u8> {
    let mut message = Message::default();
    let Some(object) = value.as_object() else { return message.0 };
    message.texts(object, &[("tags", 1), ("description", 3), ("operationId", 5), ("produces", 6), ("consumes", 7)]);
    for one in object.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        message.bytes(8, &parameter(one));
    }
    let mut responses = Message::default();
    responses.named(1, entries(object.get("responses")).map(|(code, value)| (code, around(1, &response(value)))));
    message.bytes(9, &responses.0);
    message.extensions(13, object);
    message.0
}

fn response(value: &Value) -> Vec<u8> {
    let mut message = Message::default();
    if let Some(object) = value.as_object() {
        message.texts(object, &[("description", 1)]);
    }
    if let Some(inner) = value.get("schema") {
        message.bytes(2, &around(1, &schema(inner)));
    }
    message.0
}

/// `ParametersItem`, through its layers of alternatives.
fn parameter(value: &Value) -> Vec<u8> {
    let mut message = Message::default();
    let Some(object) = value.as_object() else { return message.0 };
    let is_required = object.get("required").and_then(Value::as_bool).unwrap_or_default();
    let place = object.get("in").and_then(Value::as_str).unwrap_or_default();
    let layers = if place == "body" {
        message.texts(object, &[("name", 2), ("in", 3)]);
        message.flag(4, is_required);
        if let Some(inner) = object.get("schema") {
            message.bytes(5, &schema(inner));
        }
        around(1, &message.0)
    } else {
        let (number, type_) = if place == "path" { (4, 5) } else { (3, 6) };
        message.flag(1, is_required);
        message.texts(object, &[("in", 2), ("name", 4), ("type", type_)]);
        around(2, &around(number, &message.0))
    };
    around(1, &layers)
}

fn schemas(value: Option<&Value>) -> Vec<u8> {
    let mut message = Message::default();
    message.named(1, entries(value).map(|(name, inner)| (name, schema(inner))));
    message.0
}

fn schema(value: &Value) -> Vec<u8> {
    let mut message = Message::default();
    let Some(object) = value.as_object() else { return message.0 };
    message.texts(object, &[("$ref", 1), ("format", 2), ("description", 4), ("required", 19)]);
    for one in object.get("enum").and_then(Value::as_array).into_iter().flatten() {
        message.bytes(20, &any(one));
    }
    match object.get("additionalProperties") {
        Some(Value::Bool(allowed)) => {
            let mut item = Message::default();
            item.flag(2, *allowed);
            message.bytes(21, &item.0);
        }
        Some(inner) => message.bytes(21, &around(1, &schema(inner))),
        None => {}
    }
    if let Some(type_) = object.get("type").and_then(Value::as_str) {
        message.bytes(22, &around(1, type_.as_bytes()));
    }
    if let Some(inner) = object.get("items") {
        message.bytes(23, &around(1, &schema(inner)));
    }
    if object.contains_key("properties") {
        message.bytes(25, &schemas(object.get("properties")));
    }
    message.extensions(31, object);
    message.0
}

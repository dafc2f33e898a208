//! Protobuf request bodies as JSON: kubectl's `create deployment` and Go's typed clients send nothing else.
//!
//! A body is `k8s\0`, then a `runtime.Unknown` around the object. What comes out is the JSON that Go would have written
//! for the same object, so that both forms of a request lead to the same stored object. Answers are always JSON.
//!
//! Source: `apimachinery/pkg/runtime/serializer/protobuf/protobuf.go`, `apimachinery/pkg/runtime/types.go`.

mod error;
mod message;
mod reader;
mod special;

#[cfg(test)]
mod tests;

pub use error::DecodeError;

use serde_json::{Map, Value};

use reader::{Payload, Reader};

use crate::model::api_types::Fields;

/// The content type of these bodies.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// The bytes with which every body begins.
const MAGIC: &[u8] = b"k8s\0";

/// How many messages may stand inside each other; no kind of the API comes near, schemas of custom resources may.
const DEPTH_MAX: usize = 64;

/// The JSON form of the object in `body`, with its `apiVersion` and `kind`.
///
/// # Errors
/// When the body is no protobuf message of Kubernetes, is cut short, or holds a kind without a known form.
pub fn decode(body: &[u8]) -> Result<Value, DecodeError> {
    decode_at(body, DEPTH_MAX)
}

fn decode_at(body: &[u8], depth: usize) -> Result<Value, DecodeError> {
    let envelope = Envelope::read(body.strip_prefix(MAGIC).ok_or(DecodeError::NotProtobuf)?)?;
    if envelope.kind.is_empty() {
        return Err(DecodeError::MissingKind);
    }
    if envelope.api_version.is_empty() {
        return Err(DecodeError::MissingVersion);
    }
    if !envelope.content_encoding.is_empty() {
        return Err(DecodeError::Encoding(envelope.content_encoding));
    }
    if envelope.content_type == "application/json" {
        return special::json(envelope.raw);
    }
    let fields = Fields::get();
    let unknown =
        || DecodeError::UnknownKind { api_version: envelope.api_version.clone(), kind: envelope.kind.clone() };
    let id = fields.of_kind(&envelope.api_version, &envelope.kind).ok_or_else(unknown)?;
    let mut object = Map::new();
    object.insert("kind".into(), Value::String(envelope.kind.clone()));
    object.insert("apiVersion".into(), Value::String(envelope.api_version.clone()));
    message::read(fields, id, envelope.raw, depth, &mut object)?;
    Ok(Value::Object(object))
}

/// `runtime.Unknown`.
#[derive(Default)]
struct Envelope<'b> {
    api_version: String,
    kind: String,
    raw: &'b [u8],
    content_encoding: String,
    content_type: String,
}

impl<'b> Envelope<'b> {
    fn read(bytes: &'b [u8]) -> Result<Self, DecodeError> {
        let mut envelope = Self::default();
        let mut reader = Reader::new(bytes);
        while let Some((number, payload)) = reader.next_field()? {
            match (number, payload) {
                (1, Payload::Bytes(bytes)) => envelope.read_type(bytes)?,
                (2, Payload::Bytes(bytes)) => envelope.raw = bytes,
                (3, Payload::Bytes(bytes)) => envelope.content_encoding = reader::text(bytes),
                (4, Payload::Bytes(bytes)) => envelope.content_type = reader::text(bytes),
                (1..=4, other) => return Err(other.unexpected("Unknown")),
                _ => {}
            }
        }
        Ok(envelope)
    }

    /// `runtime.TypeMeta`.
    fn read_type(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new(bytes);
        while let Some((number, payload)) = reader.next_field()? {
            match (number, payload) {
                (1, Payload::Bytes(bytes)) => self.api_version = reader::text(bytes),
                (2, Payload::Bytes(bytes)) => self.kind = reader::text(bytes),
                (1 | 2, other) => return Err(other.unexpected("TypeMeta")),
                _ => {}
            }
        }
        Ok(())
    }
}

//! A message as a JSON object, by the table of fields.
//!
//! What Go leaves out of its JSON is left out here: Go's messages carry every field that is no pointer, zero or not, and
//! `omitempty` drops the zeros again. A zero behind a pointer (`replicas: 0`) stays.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Number, Value};

use crate::model::api_types::{Field, Fields, MessageId, Shape, Type};

use super::error::DecodeError;
use super::reader::{self, Payload, Reader};
use super::special;

/// Reads the fields of a message into `object`.
pub(super) fn read(
    fields: &Fields,
    id: MessageId,
    bytes: &[u8],
    depth: usize,
    object: &mut Map<String, Value>,
) -> Result<(), DecodeError> {
    let depth = depth.checked_sub(1).ok_or(DecodeError::TooDeep)?;
    let known = fields.message(id).map_or([].as_slice(), |message| message.fields.as_slice());
    let context = Context { fields, depth };
    let mut reader = Reader::new(bytes);
    while let Some((number, payload)) = reader.next_field()? {
        // Fields of newer versions are passed over, as in Go.
        let Some(field) = known.iter().find(|field| field.number == number) else { continue };
        match field.json {
            None => context.inline(field, payload, object)?,
            Some(name) => context.add(field, name, payload, object)?,
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Context<'f> {
    fields: &'f Fields,
    depth: usize,
}

impl Context<'_> {
    /// A message whose fields stand among those of the one around it.
    fn inline(self, field: &Field, payload: Payload<'_>, object: &mut Map<String, Value>) -> Result<(), DecodeError> {
        match (field.type_, payload) {
            (Type::Message(id), Payload::Bytes(bytes)) => read(self.fields, id, bytes, self.depth, object),
            (_, other) => Err(other.unexpected("inline")),
        }
    }

    fn add(
        self,
        field: &Field,
        name: &'static str,
        payload: Payload<'_>,
        object: &mut Map<String, Value>,
    ) -> Result<(), DecodeError> {
        match field.shape {
            Shape::Single => {
                let value = self.value(field.type_, name, payload)?;
                if value.is_null() || (is_zero(&value) && !field.is_pointer && !field.is_always) {
                    object.remove(name);
                } else {
                    object.insert(name.into(), value);
                }
            }
            Shape::List => {
                let list = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                if let Some(list) = list.as_array_mut() {
                    self.append(field.type_, name, payload, list)?;
                }
            }
            Shape::Map => {
                let (key, value) = self.entry(field.type_, name, payload)?;
                let map = object.entry(name).or_insert_with(|| Value::Object(Map::new()));
                if let Some(map) = map.as_object_mut() {
                    map.insert(key, value);
                }
            }
        }
        Ok(())
    }

    /// An element of a list, or several numbers packed into one payload.
    fn append(
        self,
        type_: Type,
        name: &'static str,
        payload: Payload<'_>,
        list: &mut Vec<Value>,
    ) -> Result<(), DecodeError> {
        if let (Type::Bool | Type::Int | Type::Long | Type::Double, Payload::Bytes(bytes)) = (type_, payload) {
            let mut packed = Reader::new(bytes);
            while !packed.is_done() {
                let payload = match type_ {
                    Type::Double => Payload::Fixed64(packed.double()?.to_bits()),
                    _ => Payload::Varint(packed.varint()?),
                };
                list.push(self.value(type_, name, payload)?);
            }
            return Ok(());
        }
        list.push(self.value(type_, name, payload)?);
        Ok(())
    }

    /// An entry of a map: a message of a key and a value.
    fn entry(self, type_: Type, name: &'static str, payload: Payload<'_>) -> Result<(String, Value), DecodeError> {
        let Payload::Bytes(bytes) = payload else { return Err(payload.unexpected(name)) };
        let (mut key, mut value) = (String::new(), None);
        let mut reader = Reader::new(bytes);
        while let Some((number, payload)) = reader.next_field()? {
            match (number, payload) {
                (1, Payload::Bytes(bytes)) => key = reader::text(bytes),
                (1, other) => return Err(other.unexpected(name)),
                (2, payload) => value = Some(self.value(type_, name, payload)?),
                _ => {}
            }
        }
        let value = value.map_or_else(|| self.value(type_, name, Payload::Bytes(&[])), Ok)?;
        Ok((key, value))
    }

    fn value(self, type_: Type, name: &'static str, payload: Payload<'_>) -> Result<Value, DecodeError> {
        Ok(match (type_, payload) {
            (Type::Text, Payload::Bytes(bytes)) => Value::String(reader::text(bytes)),
            (Type::Bytes, Payload::Bytes(bytes)) => Value::String(BASE64_STANDARD.encode(bytes)),
            (Type::Bool, Payload::Varint(bits)) => Value::Bool(bits != 0),
            // Negative numbers are sent as their 64-bit complement.
            (Type::Int, Payload::Varint(bits)) => Value::from(bits.cast_signed() as i32),
            (Type::Long, Payload::Varint(bits)) => Value::from(bits.cast_signed()),
            (Type::Double, Payload::Fixed64(bits)) => {
                let number = f64::from_bits(bits);
                let unsupported = || DecodeError::Json(format!("json: unsupported value: {number}"));
                Value::Number(Number::from_f64(number).ok_or_else(unsupported)?)
            }
            (Type::Message(id), Payload::Bytes(bytes)) => self.message(id, bytes)?,
            (_, other) => return Err(other.unexpected(name)),
        })
    }

    fn message(self, id: MessageId, bytes: &[u8]) -> Result<Value, DecodeError> {
        if let Some(value) = special::read(self.fields, id, bytes, self.depth) {
            return value;
        }
        let mut object = Map::new();
        read(self.fields, id, bytes, self.depth, &mut object)?;
        Ok(Value::Object(object))
    }
}

/// What Go's `omitempty` drops of scalars; empty messages stay.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

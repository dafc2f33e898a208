//! The types whose JSON form is not that of a message: times, quantities, raw JSON, unions.
//!
//! Sources: `apimachinery/pkg/apis/meta/v1/{time,micro_time}_proto.go`, `pkg/util/intstr`, `pkg/api/resource`,
//! `apiextensions-apiserver/pkg/apis/apiextensions/v1/marshal.go`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::model::api_types::{Fields, MessageId};

use super::error::DecodeError;
use super::message;
use super::reader::{self, Payload, Reader};

/// The value of a special type; `None` when the type is an ordinary message.
pub(super) fn read(fields: &Fields, id: MessageId, bytes: &[u8], depth: usize) -> Option<Result<Value, DecodeError>> {
    Some(match id.1 {
        "Time" | "Timestamp" => time(bytes, false),
        "MicroTime" => time(bytes, true),
        "Quantity" => quantity(bytes),
        "IntOrString" => int_or_string(bytes),
        "FieldsV1" | "JSON" => raw(bytes).and_then(json),
        "RawExtension" => raw(bytes).and_then(|raw| extension(raw, depth)),
        "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrStringArray" => schema_or_list(fields, id, bytes, depth),
        "JSONSchemaPropsOrBool" => schema_or_bool(fields, id, bytes, depth),
        _ if fields.message(id).is_some_and(|message| message.is_texts) => texts(bytes),
        _ => return None,
    })
}

/// Bytes as JSON; none are `null`.
pub(super) fn json(bytes: &[u8]) -> Result<Value, DecodeError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|error| DecodeError::Json(error.to_string()))
}

/// The number of a field; Go's decoders take any other wire type amiss, so does this one.
fn number(payload: Payload<'_>, field: &'static str) -> Result<i64, DecodeError> {
    match payload {
        Payload::Varint(bits) => Ok(bits.cast_signed()),
        other => Err(other.unexpected(field)),
    }
}

fn bytes_of<'b>(payload: Payload<'b>, field: &'static str) -> Result<&'b [u8], DecodeError> {
    match payload {
        Payload::Bytes(bytes) => Ok(bytes),
        other => Err(other.unexpected(field)),
    }
}

/// Seconds and nanoseconds; no bytes are the zero time, which JSON leaves out.
fn time(bytes: &[u8], has_micros: bool) -> Result<Value, DecodeError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0, 0);
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.next_field()? {
        match field {
            1 => seconds = number(payload, "Seconds")?,
            2 => nanos = number(payload, "Nanos")?,
            _ => {}
        }
    }
    let micros = if has_micros { nanos.rem_euclid(1_000_000_000) / 1000 } else { 0 };
    let time = Timestamp::from_second(seconds).map_err(|_| DecodeError::Year)?;
    let calendar = jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%S", time).map_err(|_| DecodeError::Year)?;
    if calendar.starts_with('-') {
        return Err(DecodeError::Year);
    }
    Ok(Value::String(if has_micros { format!("{calendar}.{micros:06}Z") } else { format!("{calendar}Z") }))
}

fn quantity(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut text = "0".to_owned();
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.next_field()? {
        if field == 1 {
            text = reader::text(bytes_of(payload, "String_")?);
        }
    }
    Ok(Value::String(text))
}

fn int_or_string(bytes: &[u8]) -> Result<Value, DecodeError> {
    let (mut is_text, mut int, mut text) = (false, 0, String::new());
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.next_field()? {
        match field {
            1 => is_text = number(payload, "Type")? == 1,
            2 => int = number(payload, "IntVal")? as i32,
            3 => text = reader::text(bytes_of(payload, "StrVal")?),
            _ => {}
        }
    }
    Ok(if is_text { Value::String(text) } else { Value::from(int) })
}

/// The one field of a message around bytes.
fn raw(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let mut raw: &[u8] = &[];
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.next_field()? {
        if field == 1 {
            raw = bytes_of(payload, "Raw")?;
        }
    }
    Ok(raw)
}

/// An object inside an object: JSON, or a whole body of its own.
fn extension(raw: &[u8], depth: usize) -> Result<Value, DecodeError> {
    if raw.starts_with(super::MAGIC) {
        return super::decode_at(raw, depth.checked_sub(1).ok_or(DecodeError::TooDeep)?);
    }
    json(raw)
}

/// A list of texts with a name of its own: `ExtraValue`, `Verbs`.
fn texts(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut list = Vec::new();
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.next_field()? {
        if field == 1 {
            list.push(Value::String(reader::text(bytes_of(payload, "Items")?)));
        }
    }
    Ok(Value::Array(list))
}

fn schema(fields: &Fields, id: MessageId, bytes: &[u8], depth: usize) -> Result<Value, DecodeError> {
    let mut object = Map::new();
    message::read(fields, (id.0, "JSONSchemaProps"), bytes, depth, &mut object)?;
    Ok(Value::Object(object))
}

/// One schema, or a list of schemas or of names.
fn schema_or_list(fields: &Fields, id: MessageId, bytes: &[u8], depth: usize) -> Result<Value, DecodeError> {
    let (mut single, mut list) = (Value::Null, Vec::new());
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.next_field()? {
        let bytes = bytes_of(payload, "Schema")?;
        match field {
            1 => single = schema(fields, id, bytes, depth)?,
            2 if id.1 == "JSONSchemaPropsOrStringArray" => list.push(Value::String(reader::text(bytes))),
            2 => list.push(schema(fields, id, bytes, depth)?),
            _ => {}
        }
    }
    Ok(if list.is_empty() { single } else { Value::Array(list) })
}

/// One schema, or whether anything is allowed.
fn schema_or_bool(fields: &Fields, id: MessageId, bytes: &[u8], depth: usize) -> Result<Value, DecodeError> {
    let (mut allows, mut single) = (false, None);
    let mut reader = Reader::new(bytes);
    while let Some((field, payload)) = reader.next_field()? {
        match field {
            1 => allows = number(payload, "Allows")? != 0,
            2 => single = Some(schema(fields, id, bytes_of(payload, "Schema")?, depth)?),
            _ => {}
        }
    }
    Ok(single.unwrap_or(Value::Bool(allows)))
}

//! Spans of time, numbers of bytes and templates, as the catalogue writes them; read without floats.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::SimDuration;

/// A text with places to fill in; numbers are taken as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Template(pub String);

/// A span of time, written `200ms`, `5s`, `2m`, `1m30s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct Span(pub SimDuration);

/// A number of bytes, written `512`, `10Mi`, `1G`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct Bytes(pub u64);

/// Reads `1m30s`, `200ms`, `5` (seconds).
#[must_use]
pub fn parse_span(text: &str) -> Option<SimDuration> {
    let mut rest = text.trim();
    let mut total = 0u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let micros = match unit {
            "us" | "µs" => 1,
            "ms" => 1_000,
            "" | "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        total = total.checked_add(scaled(number, micros)?)?;
        rest = tail;
    }
    Some(SimDuration::from_micros(total))
}

/// `number`, perhaps with decimals, times `unit`, without floats.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() && !decimals.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = whole.checked_mul(unit)?;
    let mut part = unit;
    for digit in decimals.chars() {
        part /= 10;
        total += u64::from(digit.to_digit(10)?) * part;
    }
    Some(total)
}

/// Reads `512`, `10Mi`, `1G`.
#[must_use]
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim_end_matches('B') {
        "" => 1,
        "k" | "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    scaled(number, unit)
}

/// Reads thousandths of a processor: `250m`, `2`, `0.5`.
#[must_use]
pub fn parse_cpu(text: &str) -> Option<u64> {
    match text.trim().strip_suffix('m') {
        Some(milli) => milli.parse().ok(),
        None => scaled(text.trim(), 1_000),
    }
}

/// Takes a text or a number as text.
struct TextVisitor;

impl serde::de::Visitor<'_> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = from.deserialize_any(TextVisitor)?;
        let wrong = || serde::de::Error::custom(format!("`{text}` is no duration; write it like 200ms, 5s, 1m30s"));
        parse_span(&text).map(Self).ok_or_else(wrong)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = from.deserialize_any(TextVisitor)?;
        let wrong = || serde::de::Error::custom(format!("`{text}` is no number of bytes; write it like 512, 10Mi, 1G"));
        parse_bytes(&text).map(Self).ok_or_else(wrong)
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_are_read_without_floats() {
        assert_eq!(parse_span("1m30s"), Some(SimDuration::from_secs(90)));
        assert_eq!(parse_span("0.5"), Some(SimDuration::from_millis(500)));
        assert_eq!(parse_span("soon"), None);
        assert_eq!(parse_bytes("10Mi"), Some(10 << 20));
        assert_eq!(parse_cpu("1.5"), Some(1_500));
    }
}

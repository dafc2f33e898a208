//! What a scalar means: the rules of goyaml.v2, which are those of YAML 1.1 with exceptions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use granit_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

/// Turns a scalar into a JSON value.
///
/// # Errors
/// When an explicit tag does not fit, and for numbers that JSON cannot hold; in goyaml's words.
pub(super) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let tag = match tag {
        None if style != ScalarStyle::Plain => return Ok(text.into()),
        None => None,
        Some(tag) => match tag.core_suffix() {
            Some("binary") => return binary(text),
            Some(suffix @ ("int" | "float" | "bool" | "null")) => Some(suffix),
            // `!!str`, and tags that only their inventor knows.
            _ => return Ok(text.into()),
        },
    };
    let (value, kind) = plain(text)?;
    match tag {
        Some(tag) if tag != kind && (tag, kind) != ("float", "int") => {
            Err(format!("yaml: cannot decode !!{kind} `{text}` as a !!{tag}"))
        }
        _ => Ok(value),
    }
}

fn binary(text: &str) -> Result<Value, String> {
    let bytes = STANDARD.decode(text.split_whitespace().collect::<String>());
    let bytes = bytes.map_err(|_| "yaml: !!binary value contains invalid base64 data".to_owned())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}

/// The value of an unquoted scalar, and the name of its type.
fn plain(text: &str) -> Result<(Value, &'static str), String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => (Value::Null, "null"),
        _ if is_true(text) => (true.into(), "bool"),
        _ if is_false(text) => (false.into(), "bool"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Err("json: unsupported value: +Inf".into()),
        "-.inf" | "-.Inf" | "-.INF" => return Err("json: unsupported value: -Inf".into()),
        ".nan" | ".NaN" | ".NAN" => return Err("json: unsupported value: NaN".into()),
        _ => match number(text) {
            Some((number, kind)) => (Value::Number(number), kind),
            None => (text.into(), "str"),
        },
    })
}

/// The eleven spellings of true.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text, "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON")
}

/// The eleven spellings of false.
pub(super) fn is_false(text: &str) -> bool {
    matches!(text, "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF")
}

/// Whether the text, unquoted, would be read as a number.
pub(super) fn is_number(text: &str) -> bool {
    number(text).is_some()
}

fn number(text: &str) -> Option<(Number, &'static str)> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    let digits = text.replace('_', "");
    match integer(&digits) {
        Some(integer) => Some((integer, "int")),
        None => Some((float(&digits)?, "float")),
    }
}

/// Go's `ParseInt` with base 0. What does not fit an `i64` becomes a float on its way through JSON.
fn integer(text: &str) -> Option<Number> {
    let negative = text.starts_with('-');
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = body.to_ascii_lowercase();
    let (digits, radix) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let signed = if negative { -magnitude } else { magnitude };
    match i64::try_from(signed) {
        Ok(integer) => Some(integer.into()),
        Err(_) if negative => None,
        Err(_) => Number::from_f64(magnitude as f64),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; a float without fraction prints, and so returns, as an integer.
fn float(text: &str) -> Option<Number> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (body, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    let exponent_fits = exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if !(has_digits && digits(whole) && digits(fraction) && exponent_fits) {
        return None;
    }
    let float: f64 = text.parse().ok()?;
    // 2⁶³, the first float that no i64 holds.
    if float.fract() == 0.0 && float.abs() < 9_223_372_036_854_775_808.0 {
        return Some((float as i64).into());
    }
    Number::from_f64(float)
}

//! From text to quantity, quirks included (`resource.ParseQuantity`).

use super::{Format, NANO, Quantity, QuantityError, divide_away};

/// The largest power of ten that an `i128` holds.
const POWER_MAX: u32 = 38;

/// What the text consists of, before the digits become a number.
struct Pieces<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    suffix: &'t str,
}

/// What a suffix multiplies by.
#[derive(Clone, Copy)]
enum Factor {
    Ten(i32),
    Two(u32),
}

pub(super) fn quantity(text: &str) -> Result<Quantity, QuantityError> {
    match common(text.as_bytes()) {
        Some(quantity) => Ok(quantity),
        None => exact(&split(text)?),
    }
}

/// Digits with at most one of the everyday suffixes: this is nearly all there ever is, and it runs for every Pod.
fn common(text: &[u8]) -> Option<Quantity> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 15 {
        return None;
    }
    let amount = text[..digits].iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    match &text[digits..] {
        b"" => Some(Quantity::from_value(amount)),
        b"m" => Some(Quantity::from_milli(amount)),
        b"k" => Some(Quantity::from_value(amount).times(1_000)),
        b"Ki" => binary(amount, 10),
        b"Mi" => binary(amount, 20),
        b"Gi" => binary(amount, 30),
        _ => None,
    }
}

fn binary(amount: i64, shift: u32) -> Option<Quantity> {
    amount.checked_mul(1 << shift).map(Quantity::from_bytes)
}

/// The text as stored: `ParseQuantity` keeps the original where a cheap test takes it for canonical (`1.500`, `+5`).
pub(super) fn canonical(text: &str) -> Result<String, QuantityError> {
    let quantity = quantity(text)?;
    let pieces = split(text)?;
    let digits = format!("{}{}", pieces.whole, pieces.fraction);
    let places = i32::try_from(pieces.fraction.len()).unwrap_or(i32::MAX);
    let kept = match interpret(pieces.suffix)? {
        (Factor::Ten(exponent), _) => {
            let scale = exponent.saturating_sub(places);
            scale >= -9 && scale % 3 == 0 && digits.len() <= 18 && !digits.ends_with("000") && !digits.starts_with('0')
        }
        (Factor::Two(exponent), _) => {
            let precision = 15 - digits.len() as i64 - i64::from(exponent * 3 / 10) - 1;
            let odd = digits.parse::<i64>().is_ok_and(|amount| amount & 7 != 0);
            places == 0 && precision >= 0 && odd
        }
    };
    Ok(if kept { text.to_owned() } else { quantity.to_string() })
}

/// Cuts `text` into sign, digits and suffix; leading zeros fall away, and missing digits count as zero.
fn split(text: &str) -> Result<Pieces<'_>, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::FormatWrong);
    }
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start_matches('0');
    let (whole, rest) = split_digits(rest);
    let whole = if whole.is_empty() { "0" } else { whole };
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    let letters = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
    let exponent = letters.strip_prefix(['-', '+']).unwrap_or(letters);
    if exponent.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(Pieces { negative, whole, fraction, suffix })
    } else {
        Err(QuantityError::FormatWrong)
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn interpret(suffix: &str) -> Result<(Factor, Format), QuantityError> {
    let ten = |exponent| Ok((Factor::Ten(exponent), Format::DecimalSi));
    let two = |exponent| Ok((Factor::Two(exponent), Format::BinarySi));
    match suffix {
        "n" => ten(-9),
        "u" => ten(-6),
        "m" => ten(-3),
        "" => ten(0),
        "k" => ten(3),
        "M" => ten(6),
        "G" => ten(9),
        "T" => ten(12),
        "P" => ten(15),
        "E" => ten(18),
        "Ki" => two(10),
        "Mi" => two(20),
        "Gi" => two(30),
        "Ti" => two(40),
        "Pi" => two(50),
        "Ei" => two(60),
        _ => match suffix.strip_prefix(['e', 'E']).map(str::parse) {
            Some(Ok(exponent)) => Ok((Factor::Ten(exponent), Format::DecimalExponent)),
            _ => Err(QuantityError::Suffix),
        },
    }
}

fn exact(pieces: &Pieces<'_>) -> Result<Quantity, QuantityError> {
    let (factor, format) = interpret(pieces.suffix)?;
    let (digits, dropped, rest) = number(pieces);
    let places = i32::try_from(pieces.fraction.len()).map_err(|_| QuantityError::Numeric)? - dropped;
    let (nanos, format) = match factor {
        Factor::Ten(exponent) => (scale(digits, rest, exponent.saturating_sub(places).saturating_add(9)), format),
        Factor::Two(exponent) => binary_nanos(scale(digits, rest, 9 - places), exponent),
    };
    Ok(Quantity { nanos: if pieces.negative { -nanos } else { nanos }, format })
}

/// The digits as a number, how many had to be dropped at the end, and whether those held anything.
fn number(pieces: &Pieces<'_>) -> (i128, i32, bool) {
    let (mut digits, mut dropped, mut rest) = (0i128, 0, false);
    for digit in pieces.whole.bytes().chain(pieces.fraction.bytes()).map(|byte| i128::from(byte - b'0')) {
        // 2⁶⁰ times a billion must still fit, else binary suffixes would overflow.
        match digits.checked_mul(10).filter(|&next| dropped == 0 && next < i128::MAX / 2) {
            Some(next) => digits = next + digit,
            None => (dropped, rest) = (dropped + 1, rest || digit != 0),
        }
    }
    (digits, dropped, rest)
}

/// `digits` × 10^`power`, rounded up when `power` is negative.
fn scale(digits: i128, rest: bool, power: i32) -> i128 {
    let factor = |power: u32| 10i128.pow(power.min(POWER_MAX));
    match power {
        _ if digits == 0 => i128::from(rest),
        0.. if power.unsigned_abs() > POWER_MAX => i128::MAX,
        0.. => digits.saturating_mul(factor(power.unsigned_abs())),
        _ => divide_away(digits, factor(power.unsigned_abs())).max(1),
    }
}

/// Binary amounts are capped at 2⁶³-1, and what is less than one prints as a decimal.
fn binary_nanos(nanos: i128, exponent: u32) -> (i128, Format) {
    let cap = i128::from(i64::MAX) * NANO;
    let nanos = nanos.checked_mul(1 << exponent).map_or(cap, |nanos| nanos.min(cap));
    (nanos, if nanos < NANO && nanos > 0 { Format::DecimalSi } else { Format::BinarySi })
}

//! Amounts of CPU, memory and everything else that is counted: `100m`, `1.5Gi`, `2e3`.
//!
//! Models `resource.Quantity` of apimachinery (`pkg/api/resource`): a fixed-point number that remembers the family of
//! its suffix and prints itself in canonical form. The number is kept in billionths, the finest step of the original.
//!
//! **Not modelled:** magnitudes beyond 10²⁹; they are held at that bound.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as WireQuantity;

mod canonical;
mod parse;

/// Billionths in one; the smallest step of a quantity is `1n`.
const NANO: i128 = 1_000_000_000;

/// Why a text is no quantity; the words are apimachinery's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// The text has another shape than number and suffix.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    FormatWrong,
    /// The digits make no number.
    #[error("unable to parse numeric part of quantity")]
    Numeric,
    /// The suffix is none of the known ones, as in `5mi`.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// The family of suffixes in which a quantity prints itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// `n u m k M G T P E` and none.
    #[default]
    DecimalSi,
    /// `Ki Mi Gi Ti Pi Ei`.
    BinarySi,
    /// `e3`, `E-3`.
    DecimalExponent,
}

/// A fixed-point amount. Equality and order look at the amount only, never at the format.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// Nothing at all, in decimal format.
    pub const ZERO: Self = Self { nanos: 0, format: Format::DecimalSi };

    /// Reads `text` as the API server does.
    ///
    /// # Errors
    /// One of the three refusals of `resource.ParseQuantity`.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        parse::quantity(text)
    }

    /// The text that the API server stores for `text`: canonical, unless the original passes as canonical already.
    ///
    /// # Errors
    /// As [`Quantity::parse`].
    pub fn canonical(text: &str) -> Result<String, QuantityError> {
        parse::canonical(text)
    }

    /// `amount` thousandths, as CPU is counted.
    #[must_use]
    pub const fn from_milli(amount: i64) -> Self {
        Self { nanos: amount as i128 * 1_000_000, format: Format::DecimalSi }
    }

    /// `amount` whole units in decimal format.
    #[must_use]
    pub const fn from_value(amount: i64) -> Self {
        Self { nanos: amount as i128 * NANO, format: Format::DecimalSi }
    }

    /// `amount` bytes in binary format, so that 1048576 prints as `1Mi`.
    #[must_use]
    pub const fn from_bytes(amount: i64) -> Self {
        Self { nanos: amount as i128 * NANO, format: Format::BinarySi }
    }

    /// The same amount in another family of suffixes.
    #[must_use]
    pub const fn with_format(self, format: Format) -> Self {
        Self { nanos: self.nanos, format }
    }

    /// The family of suffixes in which it prints.
    #[must_use]
    pub const fn format(self) -> Format {
        self.format
    }

    /// Whole units, rounded away from zero and held within an `i64`.
    #[must_use]
    pub fn value(self) -> i64 {
        clamp(divide_away(self.nanos, NANO))
    }

    /// Thousandths, rounded away from zero and held within an `i64`.
    #[must_use]
    pub fn milli_value(self) -> i64 {
        clamp(divide_away(self.nanos, 1_000_000))
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// -1, 0 or 1.
    #[must_use]
    pub const fn sign(self) -> i8 {
        self.nanos.signum() as i8
    }

    /// `factor` times this amount.
    #[must_use]
    pub const fn times(self, factor: i64) -> Self {
        Self { nanos: self.nanos.saturating_mul(factor as i128), format: self.format }
    }
}

/// Division that rounds away from zero: whoever asks for a little gets at least one.
const fn divide_away(amount: i128, unit: i128) -> i128 {
    let whole = amount / unit;
    if amount % unit == 0 { whole } else { whole + amount.signum() }
}

fn clamp(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

impl FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&canonical::text(*self))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// A sum that starts at zero takes over the format of what is added.
impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nanos: self.nanos.saturating_add(other.nanos), format }
    }
}

impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self { nanos: self.nanos.saturating_neg(), format: self.format }
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl TryFrom<&WireQuantity> for Quantity {
    type Error = QuantityError;
    fn try_from(wire: &WireQuantity) -> Result<Self, QuantityError> {
        Self::parse(&wire.0)
    }
}

impl From<Quantity> for WireQuantity {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.to_string())
    }
}

#[cfg(test)]
mod tests;

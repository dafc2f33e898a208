//! From quantity to text: no precision lost, no fraction shown, the largest suffix that does it.

use super::{Format, NANO, Quantity};

/// Powers of 1024, then of 1000 from `n` upwards.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

pub(super) fn text(quantity: Quantity) -> String {
    let nanos = quantity.nanos;
    match quantity.format {
        _ if nanos == 0 => "0".into(),
        // Below 1024, or with a fraction, a binary suffix would round.
        Format::BinarySi if nanos.abs() >= 1024 * NANO && nanos % NANO == 0 => binary(nanos / NANO),
        Format::DecimalExponent => {
            let (mantissa, thousands) = reduce(nanos, 1000, usize::MAX);
            match thousands as i64 * 3 - 9 {
                0 => mantissa.to_string(),
                exponent => format!("{mantissa}e{exponent}"),
            }
        }
        _ => {
            let (mantissa, thousands) = reduce(nanos, 1000, DECIMAL.len() - 1);
            format!("{mantissa}{}", DECIMAL[thousands])
        }
    }
}

fn binary(value: i128) -> String {
    let (mantissa, kibis) = reduce(value, 1024, BINARY.len() - 1);
    format!("{mantissa}{}", BINARY[kibis])
}

/// Divides by `base` while nothing is lost, at most `times_max` times.
fn reduce(mut number: i128, base: i128, times_max: usize) -> (i128, usize) {
    let mut times = 0;
    while number % base == 0 && times < times_max {
        number /= base;
        times += 1;
    }
    (number, times)
}

//! The weight of a topology with so many domains: ln(size + 2). The logarithm is worked out here, because that of the
//! platform may differ in the last bit from machine to machine, and from Go's.

/// Source: `scoring.go`, `topologyNormalizingWeight`.
pub(super) fn normalizing_weight(size: usize) -> f64 {
    ln((size + 2) as f64)
}

/// Source: the method of FreeBSD's `e_log.c`, which Go's `math.Log` follows too.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const L: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// The natural logarithm of a whole number of at least 2.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 52 & 0x7ff) as i64 - 1022;
    let mut fraction = f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52);
    if fraction < std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let (f, k) = (fraction - 1.0, exponent as f64);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2 * (L[0] + s4 * (L[2] + s4 * (L[4] + s4 * L[6])));
    let even = s4 * (L[1] + s4 * (L[3] + s4 * L[5]));
    let rest = odd + even;
    let half = 0.5 * f * f;
    k * LN2_HIGH - ((half - (s * (half + rest) + k * LN2_LOW)) - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_natural_logarithm() {
        for size in [0, 1, 2, 3, 5, 8, 100, 4_998, 1_000_000] {
            let exact = ((size + 2) as f64).ln();
            assert!((normalizing_weight(size) - exact).abs() <= exact * 4e-16, "{size}");
        }
    }
}

//! The order of keys: letters by their code, numbers by their value (goyaml.v2's `keyList`).

use std::cmp::Ordering;

/// Which of two keys comes first.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(a, b)| a != b) else {
        return one.len().cmp(&other.len());
    };
    match (one[at].is_alphabetic(), other[at].is_alphabetic()) {
        (true, true) => one[at].cmp(&other[at]),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let (number, end) = number(&one, at, &other);
            let (rival, rival_end) = self::number(&other, at, &one);
            number.cmp(&rival).then(end.cmp(&rival_end)).then(one[at].cmp(&other[at]))
        }
    }
}

/// The number whose digits start at `at`, and where they end. Where one side goes on with a zero, digits before it that
/// both share count as a leading 1.
fn number(key: &[char], at: usize, other: &[char]) -> (i64, usize) {
    let meets_zero = key[at] == '0' || other[at] == '0';
    let shared = key[..at].iter().rev().take_while(|letter| letter.is_numeric());
    let mut number = i64::from(meets_zero && shared.into_iter().any(|&digit| digit != '0'));
    let digits = key[at..].iter().take_while(|letter| letter.is_numeric());
    let mut end = at;
    for &digit in digits {
        number = number.wrapping_mul(10).wrapping_add(i64::from(u32::from(digit)) - i64::from(u32::from('0')));
        end += 1;
    }
    (number, end)
}

//! What `${x#…}`, `${x%…}`, `${x:…}` and `${x/…}` make of a value.

use super::ast::Extent;
use super::pattern;

fn boundaries(value: &str) -> Vec<usize> {
    value.char_indices().map(|(index, _)| index).chain([value.len()]).collect()
}

/// `${x#pattern}`
#[must_use]
pub fn trim_prefix<'v>(value: &'v str, pattern: &str, extent: Extent) -> &'v str {
    let mut ends = boundaries(value);
    if extent == Extent::Longest {
        ends.reverse();
    }
    let end = ends.into_iter().find(|end| pattern::matches(pattern, &value[..*end]));
    end.map_or(value, |end| &value[end..])
}

/// `${x%pattern}`
#[must_use]
pub fn trim_suffix<'v>(value: &'v str, pattern: &str, extent: Extent) -> &'v str {
    let mut starts = boundaries(value);
    if extent == Extent::Shortest {
        starts.reverse();
    }
    let start = starts.into_iter().find(|start| pattern::matches(pattern, &value[*start..]));
    start.map_or(value, |start| &value[..start])
}

/// `${x:offset:length}`
#[must_use]
pub fn substring(value: &str, offset: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = value.chars().collect();
    let count = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { (count + offset).max(0) } else { offset.min(count) };
    let end = match length {
        None => count,
        Some(length) if length < 0 => (count + length).max(start),
        Some(length) => (start + length).min(count),
    };
    let index = |at: i64| usize::try_from(at).unwrap_or(0);
    chars[index(start)..index(end)].iter().collect()
}

/// `${x/pattern/replacement}`
#[must_use]
pub fn replace(value: &str, pattern: &str, replacement: &str, is_everywhere: bool) -> String {
    let mut out = String::new();
    let mut rest = value;
    while !rest.is_empty() {
        let longest =
            boundaries(rest).into_iter().rev().find(|end| *end > 0 && pattern::matches(pattern, &rest[..*end]));
        match longest {
            Some(end) => {
                out.push_str(replacement);
                rest = &rest[end..];
                if !is_everywhere {
                    break;
                }
            }
            None => {
                let step = rest.chars().next().map_or(1, char::len_utf8);
                out.push_str(&rest[..step]);
                rest = &rest[step..];
            }
        }
    }
    out + rest
}

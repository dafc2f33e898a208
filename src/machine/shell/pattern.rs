//! Patterns of the shell: `*`, `?`, `[a-z]`; a backslash takes the meaning away.

/// Whether `text` as a whole matches `pattern`.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    whole(&pattern, &text)
}

/// Whether a pattern means more than itself.
#[must_use]
pub fn is_pattern(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// A text with its special characters protected.
#[must_use]
pub fn protect(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Tries every position after a star; the last star is the only one worth going back to.
fn whole(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, t));
            p += 1;
        } else if let Some(next) = one(pattern, p, text[t]) {
            p = next;
            t += 1;
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            p = after;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on when the element at `p` takes `c`.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' => (pattern.get(p + 1) == Some(&c)).then_some(p + 2),
        '[' => match class(pattern, p, c) {
            Some((true, next)) => Some(next),
            Some((false, _)) => None,
            None => (c == '[').then_some(p + 1),
        },
        literal => (*literal == c).then_some(p + 1),
    }
}

/// Whether the class at `p` holds `c`, and where it ends; `None` when it never ends.
fn class(pattern: &[char], p: usize, c: char) -> Option<(bool, usize)> {
    let mut at = p + 1;
    let is_negated = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(is_negated);
    let mut found = false;
    let first = at;
    loop {
        match pattern.get(at)? {
            ']' if at > first => return Some((found != is_negated, at + 1)),
            '[' if pattern.get(at + 1) == Some(&':') => {
                let end = (at + 2..pattern.len()).find(|end| pattern[*end] == ':')?;
                let name: String = pattern[at + 2..end].iter().collect();
                found |= in_named_class(&name, c);
                at = end + 2;
            }
            low => {
                if pattern.get(at + 1) == Some(&'-') && pattern.get(at + 2).is_some_and(|high| *high != ']') {
                    found |= (*low..=pattern[at + 2]).contains(&c);
                    at += 3;
                } else {
                    found |= *low == c;
                    at += 1;
                }
            }
        }
    }
}

fn in_named_class(name: &str, c: char) -> bool {
    match name {
        "digit" => c.is_ascii_digit(),
        "alpha" => c.is_alphabetic(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "punct" => c.is_ascii_punctuation(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text, expected) in [
            ("a*c", "abbc", true),
            ("*.tar.*", "x.tar.gz", true),
            ("[a-c]?", "bz", true),
            ("[!a-c]", "b", false),
            ("[[:digit:]]*", "7up", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert!(is_pattern("a*") && !is_pattern("a\\*"));
    }
}

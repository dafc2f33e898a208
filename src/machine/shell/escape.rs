//! Backslashes: those of `echo`, `printf`, `$'…'` and backquotes.

/// `\n`, `\t`, `\\`, `\0nn`, `\xhh`… of `echo -e` and `printf`. Says also whether `\c` ended the output.
#[must_use]
pub fn unescape(text: &str, octal_needs_zero: bool) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\x07'),
            Some('b') => out.push('\x08'),
            Some('f') => out.push('\x0c'),
            Some('v') => out.push('\x0b'),
            Some('e') => out.push('\x1b'),
            Some('\\') => out.push('\\'),
            Some('c') => return (out, true),
            Some('x') => out.push(number(&mut chars, 16, 2)),
            Some('0') if octal_needs_zero => out.push(number(&mut chars, 8, 3)),
            Some(digit @ '0'..='7') if !octal_needs_zero => {
                let mut value = digit.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(next) = chars.peek().and_then(|c| c.to_digit(8)) else { break };
                    value = value * 8 + next;
                    chars.next();
                }
                out.push(char::from_u32(value).unwrap_or('?'));
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    (out, false)
}

fn number(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, digits: usize) -> char {
    let mut value = 0;
    for _ in 0..digits {
        let Some(next) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
        value = value * radix + next;
        chars.next();
    }
    char::from_u32(value).unwrap_or('?')
}

/// `$'…'`
#[must_use]
pub fn ansi_c(text: &str) -> String {
    unescape(&text.replace("\\'", "'").replace("\\\"", "\""), false).0
}

/// Inside backquotes a backslash protects only `$`, `` ` `` and itself.
#[must_use]
pub fn backquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next @ ('$' | '`' | '\\')) if c == '\\' => {
                out.push(*next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// A text as a shell would have to read it (`set -x`, `trap`).
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,+%@^[]!".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_are_read() {
        assert_eq!(unescape(r"a\tb\n\x41\0101", true), ("a\tb\nAA".into(), false));
        assert_eq!(unescape(r"\101x\cy", false), ("Ax".into(), true));
        assert_eq!(quoted("b c"), "'b c'");
    }
}

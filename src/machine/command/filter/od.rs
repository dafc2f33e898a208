//! `od`: bytes as they are, so that what a screen hides can be seen.
//!
//! **Not modelled:** other formats than `-c`, `-t x1`, and octal words of two bytes, which is what comes without an option.

use std::fmt::Write as _;

/// Bytes in a row.
const ROW: usize = 16;

/// How bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Characters, and escapes for what has no sign.
    Characters,
    /// Hexadecimal bytes.
    Hexadecimal,
    /// Octal words of two bytes, the lower byte first.
    Octal,
}

/// A dump under way.
#[derive(Clone, Debug)]
pub struct Od {
    format: Format,
    shows_offsets: bool,
    bytes: Vec<u8>,
}

impl Od {
    /// Nothing seen yet.
    ///
    /// # Errors
    /// Formats that are not modelled.
    pub fn new(letters: &str, format: Option<&str>, base: Option<&str>) -> Result<Self, String> {
        let format = match format {
            Some("x1") => Format::Hexadecimal,
            Some("c") => Format::Characters,
            Some(other) => return Err(format!("podlab does not model the format {other}")),
            None if letters.contains('c') => Format::Characters,
            None => Format::Octal,
        };
        Ok(Self { format, shows_offsets: base != Some("n"), bytes: Vec::new() })
    }

    /// Takes a piece of the input.
    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What is printed at the end. Rows that are equal to the one before them are one asterisk.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        let mut last: Option<&[u8]> = None;
        let mut is_starred = false;
        for (number, row) in self.bytes.chunks(ROW).enumerate() {
            if last == Some(row) && row.len() == ROW {
                if !is_starred {
                    text.push_str("*\n");
                }
                is_starred = true;
                continue;
            }
            (last, is_starred) = (Some(row), false);
            self.offset(number * ROW, &mut text);
            self.row(row, &mut text);
            text.push('\n');
        }
        if self.shows_offsets {
            self.offset(self.bytes.len(), &mut text);
            text.push('\n');
        }
        text
    }

    fn offset(&self, at: usize, text: &mut String) {
        if self.shows_offsets {
            write!(text, "{at:07o}").unwrap_or_default();
        }
    }

    fn row(&self, row: &[u8], text: &mut String) {
        match self.format {
            Format::Characters => row.iter().for_each(|byte| write!(text, " {:>3}", sign(*byte)).unwrap_or_default()),
            Format::Hexadecimal => row.iter().for_each(|byte| write!(text, " {byte:02x}").unwrap_or_default()),
            Format::Octal => {
                for pair in row.chunks(2) {
                    let word = u16::from(pair[0]) | u16::from(pair.get(1).copied().unwrap_or(0)) << 8;
                    write!(text, " {word:06o}").unwrap_or_default();
                }
            }
        }
    }
}

fn sign(byte: u8) -> String {
    match byte {
        0 => r"\0".into(),
        7 => r"\a".into(),
        8 => r"\b".into(),
        9 => r"\t".into(),
        10 => r"\n".into(),
        11 => r"\v".into(),
        12 => r"\f".into(),
        13 => r"\r".into(),
        32..=126 => char::from(byte).to_string(),
        other => format!("{other:03o}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn od(letters: &str, format: Option<&str>, base: Option<&str>, text: &str) -> String {
        let mut od = Od::new(letters, format, base).unwrap();
        od.take(text.as_bytes());
        od.table()
    }

    #[test]
    fn what_cannot_be_seen_is_seen() {
        assert_eq!(od("c", None, None, "tulip\n"), "0000000   t   u   l   i   p  \\n\n0000006\n");
        assert_eq!(od("", Some("x1"), Some("n"), "hi\r\n"), " 68 69 0d 0a\n");
        assert_eq!(od("", None, None, "abc"), "0000000 061141 000143\n0000003\n");
        assert_eq!(od("c", None, None, &"a".repeat(48)).lines().nth(1), Some("*"));
    }
}

//! One text: plain, quoted or as a block, by libyaml's analysis of what it holds.

use super::Writer;
use crate::model::yaml::resolve;

/// Lines fold at the next blank after this column.
const COLUMN_MAX: usize = 80;

/// Whether a text is a key, which must stay on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Key,
    Value,
}

/// How a text may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

impl Writer {
    /// Writes `text`, continued at `indent`.
    pub(super) fn scalar(&mut self, text: &str, indent: usize, role: Role) {
        match style(text, role) {
            Style::Plain => self.folded(text, indent, role, Style::Plain),
            Style::SingleQuoted => {
                self.put("'");
                self.folded(&text.replace('\'', "''"), indent, role, Style::SingleQuoted);
                self.put("'");
            }
            Style::DoubleQuoted => {
                self.put("\"");
                self.escaped(text, indent, role);
                self.put("\"");
            }
            Style::Literal => self.literal(text, indent),
        }
    }

    fn folded(&mut self, text: &str, indent: usize, role: Role, style: Style) {
        let letters: Vec<char> = text.chars().collect();
        let mut after_blank = false;
        for (at, &letter) in letters.iter().enumerate() {
            let inside = style == Style::Plain || at > 0 && at + 1 < letters.len();
            let single = !after_blank && letters.get(at + 1) != Some(&' ');
            if letter == ' ' && role == Role::Value && inside && single && self.column > COLUMN_MAX {
                self.new_line(indent);
                after_blank = true;
            } else {
                self.put_char(letter);
                after_blank = letter == ' ';
            }
        }
    }

    fn escaped(&mut self, text: &str, indent: usize, role: Role) {
        let letters: Vec<char> = text.chars().collect();
        let mut after_blank = false;
        for (at, &letter) in letters.iter().enumerate() {
            let inside = at > 0 && at + 1 < letters.len();
            if let Some(escape) = escape(letter) {
                self.put(&escape);
                after_blank = false;
            } else if letter == ' ' && role == Role::Value && inside && !after_blank && self.column > COLUMN_MAX {
                self.new_line(indent);
                if letters.get(at + 1) == Some(&' ') {
                    self.put("\\");
                }
                after_blank = true;
            } else {
                self.put_char(letter);
                after_blank = letter == ' ';
            }
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        let body = text.strip_suffix('\n');
        match body {
            None => self.put("-"),
            Some(body) if body.ends_with('\n') || body.is_empty() => self.put("+"),
            Some(_) => {}
        }
        for line in body.unwrap_or(text).split('\n') {
            self.new_line(if line.is_empty() { 0 } else { indent });
            self.put(line);
        }
    }
}

fn style(text: &str, role: Role) -> Style {
    let is_special = text.chars().any(|letter| !is_printable(letter) && letter != '\n');
    let breaks_after_blank = text.contains(" \n");
    let is_multiline = text.contains(['\n', '\u{85}', '\u{2028}', '\u{2029}']);
    if text.contains('\n') {
        let block_fits = !is_special && !breaks_after_blank && !text.ends_with(' ') && role == Role::Value;
        return if block_fits { Style::Literal } else { Style::DoubleQuoted };
    }
    if is_special || !means_itself(text) {
        return Style::DoubleQuoted;
    }
    let has_edge_blank = text.starts_with(' ') || text.ends_with(' ');
    if is_multiline || has_edge_blank || has_indicator(text) { Style::SingleQuoted } else { Style::Plain }
}

/// Whether the text, unquoted, would be read as the text that it is.
fn means_itself(text: &str) -> bool {
    let is_word =
        matches!(text, "" | "~" | "null" | "Null" | "NULL" | "<<") || resolve::is_true(text) || resolve::is_false(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_float_word = matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN");
    !(is_word || is_float_word || resolve::is_number(text) || is_timestamp(text) || is_base60(text))
}

/// `2001-1-2T3:4:5`, `2001-01-02 03:04:05`, `2001-01-02`: what goyaml's `parseTimestamp` takes.
fn is_timestamp(text: &str) -> bool {
    let digits = |part: &str| part.bytes().take_while(u8::is_ascii_digit).count();
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    if year.len() != 4 || digits(year) != 4 || !matches!(month.len(), 1 | 2) || digits(month) != month.len() {
        return false;
    }
    let day = digits(rest);
    match rest.get(day..).unwrap_or_default().as_bytes() {
        [] => day == 2 && month.len() == 2,
        [b'T' | b't' | b' ', time @ ..] => {
            matches!(day, 1 | 2) && time.len() > 4 && time[0].is_ascii_digit() && time.contains(&b':')
        }
        _ => false,
    }
}

/// `12:30:45`, which YAML 1.1 counts in sixties: `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`.
fn is_base60(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let counts = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let Some((first, rest)) = body.split_once(':') else { return false };
    let (sixties, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let is_sixty = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    let starts = first.starts_with(|digit: char| digit.is_ascii_digit());
    starts && counts(first) && counts(fraction) && sixties.split(':').all(is_sixty)
}

/// Whether a character in the text would mean something if it stood unquoted.
fn has_indicator(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let letters: Vec<char> = text.chars().collect();
    letters.iter().enumerate().any(|(at, letter)| {
        let before_blank = letters.get(at + 1).is_none_or(|next| matches!(next, ' ' | '\t' | '\n'));
        let after_blank = at > 0 && matches!(letters[at - 1], ' ' | '\t' | '\n');
        match letter {
            ':' => before_blank,
            '#' => at == 0 || after_blank,
            '?' | '-' => at == 0 && before_blank,
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => at == 0,
            _ => false,
        }
    })
}

fn is_printable(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && letter != '\u{feff}'
}

fn escape(letter: char) -> Option<String> {
    let short = match letter {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\t' => "\\t",
        '\r' => "\\r",
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\u{1b}' => "\\e",
        '\u{85}' => "\\N",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ if is_printable(letter) => return None,
        _ => {
            let code = u32::from(letter);
            return Some(match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Some(short.to_owned())
}

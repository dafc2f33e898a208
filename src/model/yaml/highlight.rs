//! A text of YAML cut into pieces that a screen colours. It works line by line, so it also serves while someone types.

use std::ops::Range;

use super::resolve;

/// What a piece of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The word before a colon.
    Key,
    /// Text, quoted or not.
    String,
    /// A number.
    Number,
    /// True, false and null in all their spellings.
    Word,
    /// From `#` to the end of the line.
    Comment,
    /// Dashes, colons, brackets, commas, block indicators.
    Punctuation,
    /// Anchors, aliases and tags.
    Anchor,
}

/// A piece and where it stands, in bytes. Blanks belong to no piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub class: Class,
    /// Where it stands.
    pub bytes: Range<usize>,
}

/// Cuts `text` into pieces, in order.
#[must_use]
pub fn highlight(text: &str) -> Vec<Piece> {
    let mut painter = Painter { text, at: 0, pieces: Vec::new(), block: None, depth: 0 };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        painter.at = start;
        painter.line(start + line.trim_end().len());
        start += line.len();
    }
    painter.pieces
}

struct Painter<'t> {
    text: &'t str,
    at: usize,
    pieces: Vec<Piece>,
    /// Indentation of the line that opened a block of text (`|`, `>`).
    block: Option<usize>,
    /// Open flow brackets.
    depth: usize,
}

impl Painter<'_> {
    /// Paints from `at` up to `end`, the end of the line without blanks.
    fn line(&mut self, end: usize) {
        let line = &self.text[self.at.min(end)..end];
        let indent = line.len() - line.trim_start().len();
        match self.block {
            Some(_) if line.is_empty() => {}
            Some(opened) if indent > opened => return self.push(Class::String, self.at + indent, end),
            _ => self.block = None,
        }
        self.at += indent;
        if matches!(&self.text[self.at..end], "---" | "...") {
            return self.push(Class::Punctuation, self.at, end);
        }
        while self.at < end {
            self.piece(indent, end);
        }
    }

    fn piece(&mut self, indent: usize, end: usize) {
        let rest = &self.text[self.at..end];
        let follows_blank = self.text[..self.at].chars().next_back().is_none_or(char::is_whitespace);
        let before_blank = rest.chars().nth(1).is_none_or(char::is_whitespace);
        let start = self.at;
        let first = rest.chars().next().unwrap_or(' ');
        match rest.as_bytes()[0] {
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            b'#' if follows_blank => self.push(Class::Comment, start, end),
            b'-' | b'?' | b':' if before_blank => self.push(Class::Punctuation, start, start + 1),
            b':' if self.depth > 0 => self.push(Class::Punctuation, start, start + 1),
            open @ (b'[' | b'{' | b']' | b'}' | b',') => {
                match open {
                    b'[' | b'{' => self.depth += 1,
                    b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                self.push(Class::Punctuation, start, start + 1);
            }
            b'|' | b'>' => {
                self.block = Some(indent);
                self.push(Class::Punctuation, start, start + rest.find(" #").unwrap_or(rest.len()));
            }
            b'&' | b'*' | b'!' => {
                let word = rest.find([' ', ',', ']', '}']).unwrap_or(rest.len());
                self.push(Class::Anchor, start, start + word);
            }
            quote @ (b'"' | b'\'') => {
                let stop = start + quoted(rest, quote);
                let class = if self.text[stop..end].trim_start().starts_with(':') { Class::Key } else { Class::String };
                self.push(class, start, stop);
            }
            _ => self.plain(rest),
        }
    }

    fn plain(&mut self, rest: &str) {
        let in_flow = self.depth > 0;
        let cut = rest.char_indices().position(|(at, letter)| {
            let after = rest[at + letter.len_utf8()..].chars().next();
            let ends = after.is_none_or(char::is_whitespace) || in_flow && after.is_some_and(|c| ",[]{}".contains(c));
            let comment = letter == '#' && rest[..at].ends_with(char::is_whitespace);
            letter == ':' && ends || comment || in_flow && ",[]{}".contains(letter)
        });
        let stop = cut.and_then(|index| rest.char_indices().nth(index)).map_or(rest.len(), |(at, _)| at);
        let word = rest[..stop].trim_end();
        let class = match word {
            _ if rest[stop..].starts_with(':') => Class::Key,
            "~" | "null" | "Null" | "NULL" => Class::Word,
            _ if resolve::is_true(word) || resolve::is_false(word) => Class::Word,
            _ if resolve::is_number(word) => Class::Number,
            _ => Class::String,
        };
        self.push(class, self.at, self.at + word.len());
    }

    fn push(&mut self, class: Class, start: usize, end: usize) {
        self.pieces.push(Piece { class, bytes: start..end });
        self.at = end;
    }
}

/// How many bytes the quoted text at the start of `rest` takes.
fn quoted(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        if escaped {
            escaped = false;
        } else if byte == b'\\' && quote == b'"' {
            escaped = true;
        } else if byte == quote {
            return at + 1;
        }
    }
    rest.len()
}

//! Manifests: YAML read and written exactly as kubectl does it.
//!
//! kubectl turns YAML into JSON by the rules of goyaml.v2 (YAML 1.1: `yes` is true, `0777` is octal) before any type is
//! looked at, which is why `value: 8080` is refused by a cluster. [`read`] follows it, and remembers where everything
//! stood, so that an error about `/spec/containers/0/env/0/value` can point at a line and column. [`write()`] is `-o yaml`.
//! [`highlight()`] cuts a text into coloured pieces.
//!
//! **Not modelled:** `!!timestamp`, and the words of rare scanner errors (they come from the parser in use).
//!
//! Reading order: [`span`], `documents`, `builder`, `resolve`, [`error`], [`writer`], [`mod@highlight`].

mod builder;
mod documents;
pub mod error;
pub mod highlight;
mod json;
mod resolve;
pub mod span;
pub mod writer;

use serde_json::Value;

pub use error::ReadError;
pub use highlight::{Class, Piece, highlight};
pub use span::{Found, Place, Span, Spans};
pub use writer::{general_number_text, number_text, write};

/// One object of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Where it says so.
    pub spans: Spans,
    /// Keys that appear twice in one mapping; the last one won.
    pub duplicates: Vec<Duplicate>,
}

/// A key that was given before in the same mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// JSON pointer of the value, as in `/metadata/name`.
    pub pointer: String,
    /// The key given first, whose value is lost.
    pub first: Span,
    /// The key given last, whose value counts.
    pub again: Span,
}

/// Reads all documents of `text`; empty ones and `null` are skipped. `file` is what errors call the text (`STDIN`).
///
/// A text that starts with `{` is a stream of JSON, as for kubectl.
///
/// # Errors
/// In kubectl's words, with the place in the file.
pub fn read(file: &str, text: &str) -> Result<Vec<Document>, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let documents = if text.trim_start().starts_with('{') { json::read(text) } else { documents::read(text) };
    documents.map_err(|error| error.in_file(file))
}

#[cfg(test)]
mod tests;

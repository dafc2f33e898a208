//! Where one document ends and the next begins.
//!
//! kubectl cuts the text at lines of three dashes before any YAML is parsed, and reads the first document of each piece.

use super::Document;
use super::builder::Builder;
use super::error::ReadError;
use super::span::Place;

const SEPARATOR: &str = "---";

/// A part of the text between separators, and where it begins.
struct Part<'t> {
    text: &'t str,
    start: Place,
}

pub(super) fn read(text: &str) -> Result<Vec<Document>, ReadError> {
    let documents = parts(text)?.into_iter().map(|part| Builder::read(part.text, part.start));
    documents.filter_map(Result::transpose).collect()
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, ReadError> {
    let mut parts = Vec::new();
    let (mut start, mut here) = (Place::START, Place::START);
    for line in text.split_inclusive('\n') {
        let next = Place { line: here.line + 1, column: 1, offset: here.offset + line.len() };
        if let Some(after) = line.strip_prefix(SEPARATOR).map(str::trim) {
            if !after.is_empty() && !after.starts_with('#') {
                return Err(ReadError::plain(here, format!("invalid Yaml document separator: {after}")));
            }
            parts.push(Part { text: &text[start.offset..here.offset], start });
            start = next;
        }
        here = next;
    }
    parts.push(Part { text: &text[start.offset..], start });
    Ok(parts)
}

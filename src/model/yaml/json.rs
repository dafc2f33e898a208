//! Texts that start with a brace: a stream of JSON values.

use serde_json::{Deserializer, Value};

use super::Document;
use super::builder::Builder;
use super::error::ReadError;
use super::span::{Children, Place, Span, Spans};

pub(super) fn read(text: &str) -> Result<Vec<Document>, ReadError> {
    let mut stream = Deserializer::from_str(text).into_iter::<Value>();
    let mut documents = Vec::new();
    let mut from = 0;
    while let Some(next) = stream.next() {
        let value = next.map_err(|error| refuse(text, &error))?;
        let from_here = from + text[from..].len() - text[from..].trim_start().len();
        from = stream.byte_offset();
        documents.push(document(value, &text[from_here..from], Place::at(text, from_here), Place::at(text, from)));
    }
    Ok(documents)
}

/// JSON is YAML, so the places of its parts come from the YAML parser.
fn document(value: Value, source: &str, start: Place, end: Place) -> Document {
    // The first line of the source may be indented: blanks stand in for what precedes it.
    let whole = || Spans::of(Span { start, end }, Children::None);
    match Builder::read(source, start) {
        Ok(Some(read)) if start.column == 1 => Document { value, ..read },
        Ok(Some(read)) => Document { value, spans: whole(), duplicates: read.duplicates },
        _ => Document { value, spans: whole(), duplicates: Vec::new() },
    }
}

/// What Go's decoder says about the same mistake.
fn refuse(text: &str, error: &serde_json::Error) -> ReadError {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut offset = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let place = Place::at(text, offset);
    if error.is_eof() {
        return ReadError::plain(place, "unexpected EOF".into());
    }
    let letter = text[offset..].chars().next().unwrap_or('\0');
    let shown = match letter {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => format!("{letter:?}"),
    };
    let message = error.to_string();
    let context = match message.rsplit_once(" at line").map_or(message.as_str(), |(said, _)| said) {
        "key must be a string" => "looking for beginning of object key string",
        "trailing comma" if letter == '}' => "looking for beginning of object key string",
        "expected `,` or `}`" => "after object key:value pair",
        "expected `,` or `]`" => "after array element",
        "expected `:`" => "after object key",
        "expected value" | "trailing comma" => "looking for beginning of value",
        "invalid number" => "in numeric literal",
        said if said.starts_with("control character") => "in string literal",
        "invalid escape" => "in string escape code",
        said => return ReadError::plain(place, format!("json: offset {}: {said}", offset + 1)),
    };
    ReadError::plain(place, format!("json: offset {}: invalid character {shown} {context}", offset + 1))
}

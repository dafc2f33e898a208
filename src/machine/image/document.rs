//! Catalogue files: YAML to JSON values. Only what such files need: no tags, no anchors.

use granit_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// Reads one YAML document.
///
/// # Errors
/// A sentence with the line.
pub fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader { parser: Parser::new_from_str(text) };
    loop {
        match reader.next()? {
            Event::DocumentStart(..) => {
                let event = reader.next()?;
                return reader.value(event);
            }
            Event::StreamEnd => return Ok(Value::Null),
            _ => {}
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        loop {
            match self.parser.next() {
                None => return Err("the file ends too early".into()),
                Some(Err(error)) => return Err(format!("line {}: {}", error.marker().line(), error.info())),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, _))) => return Ok(event),
            }
        }
    }

    fn value(&mut self, event: Event<'a>) -> Result<Value, String> {
        match event {
            Event::Scalar(text, style, ..) => Ok(scalar(&text, style)),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => return Ok(Value::Array(list)),
                        event => list.push(self.value(event)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut map = Map::new();
                loop {
                    let key = match self.next()? {
                        Event::MappingEnd => return Ok(Value::Object(map)),
                        Event::Scalar(key, ..) => key.to_string(),
                        other => return Err(format!("a key must be a text, not {other:?}")),
                    };
                    let event = self.next()?;
                    map.insert(key, self.value(event)?);
                }
            }
            other => Err(format!("catalogue files have no {other:?}")),
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => text.into(),
        "" | "~" | "null" => Value::Null,
        "true" => true.into(),
        "false" => false.into(),
        _ => text.parse::<u64>().map_or_else(|_| text.into(), Value::from),
    }
}

//! From the parser's events to a value and the places of its parts.

use std::collections::BTreeMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span as Marked, StrInput, StructureStyle};
use serde_json::{Map, Value};

use super::error::{Open, Problem, ReadError};
use super::resolve;
use super::span::{Children, Place, Span, Spans};
use super::{Document, Duplicate};

/// More values than this out of aliases are an attack (kubectl's limit depends on the size; ours is on its safe side).
const ALIASED_MAX: usize = 100_000;

/// No collection is nested deeper. goyaml takes 10,000 levels; ours is what the reader of JSON takes, which is more than any object has,
/// and what a stack holds.
const DEPTH_MAX: usize = 128;

/// A value under construction.
#[derive(Clone)]
struct Node {
    value: Value,
    spans: Spans,
    /// How many values it holds, itself included.
    weight: usize,
    /// An unquoted `<<`.
    is_merge: bool,
}

/// Reads the first document of a part.
pub(super) struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    start: Place,
    anchors: BTreeMap<usize, Node>,
    duplicates: Vec<Duplicate>,
    /// Values read, and how many of them came out of aliases.
    decoded: usize,
    aliased: usize,
    /// Keys and indices that lead to the value being read.
    path: Vec<String>,
    /// The collections around it.
    open: Vec<Open>,
}

impl<'t> Builder<'t> {
    /// The document in `text`, which begins at `start` of the file; nothing if it is empty.
    pub(super) fn read(text: &'t str, start: Place) -> Result<Option<Document>, ReadError> {
        if let Some((offset, _)) = text.char_indices().find(|(_, letter)| is_control(*letter)) {
            let inside = Place::at(text, offset);
            return Err(ReadError::yaml(shifted(start, inside), "yaml: control characters are not allowed"));
        }
        if let Some(indented) = leading_tab(text) {
            let place = shifted(start, Place::at(text, indented));
            let shown = if place.line == start.line {
                String::new()
            } else {
                format!("line {}: ", place.line - start.line + 1)
            };
            return Err(ReadError::yaml(place, format!("yaml: {shown}found character that cannot start any token")));
        }
        let options = granit_parser::options! { emit_comments: false, emit_unresolved_aliases: true };
        let parser = Parser::new_from_str_with_options(text, options);
        let (anchors, duplicates, path, open) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        let mut builder = Self { parser, text, start, anchors, duplicates, decoded: 0, aliased: 0, path, open };
        let Some(root) = builder.root()? else { return Ok(None) };
        let is_empty = root.value.is_null();
        Ok((!is_empty).then_some(Document { value: root.value, spans: root.spans, duplicates: builder.duplicates }))
    }

    fn root(&mut self) -> Result<Option<Node>, ReadError> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd, _) => return Ok(None),
                (event, marked) => return self.node(event, marked).map(Some),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Marked), ReadError> {
        match self.parser.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(self.refuse(&error)),
            None => Ok((Event::StreamEnd, Marked::default())),
        }
    }

    fn refuse(&self, error: &ScanError) -> ReadError {
        let place = self.place(error.marker());
        let problem = Problem {
            kind: error.kind(),
            info: error.info(),
            text: self.text,
            line: place.line - self.start.line,
            offset: place.offset - self.start.offset,
            open: self.open.last().copied(),
        };
        ReadError::scan(&problem, place)
    }

    fn node(&mut self, event: Event<'t>, marked: Marked) -> Result<Node, ReadError> {
        let span = Span { start: self.place(&marked.start), end: self.place(&marked.end) };
        self.decoded += 1;
        if self.open.len() > DEPTH_MAX {
            return Err(ReadError::yaml(span.start, format!("yaml: exceeded max depth of {DEPTH_MAX}")));
        }
        let (node, anchor) = match event {
            Event::Alias(id) => return self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                return Err(ReadError::yaml(span.start, format!("yaml: unknown anchor '{name}' referenced")));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = resolve::scalar(&text, style, tag.as_deref());
                let value = value.map_err(|message| ReadError::yaml(span.start, message))?;
                let is_merge = style == ScalarStyle::Plain && text == "<<";
                (Node { value, spans: Spans::of(span, Children::None), weight: 1, is_merge }, anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open.push(if style == StructureStyle::Flow { Open::FlowSequence } else { Open::BlockSequence });
                (self.sequence(span)?, anchor)
            }
            Event::MappingStart(style, anchor, _) => {
                self.open.push(if style == StructureStyle::Flow { Open::FlowMapping } else { Open::BlockMapping });
                (self.mapping(span)?, anchor)
            }
            _ => return Err(ReadError::yaml(span.start, "yaml: did not find expected node content")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, ReadError> {
        let Some(node) = self.anchors.get(&id) else {
            let name = self.source(span).trim_start_matches('*');
            return Err(ReadError::yaml(span.start, format!("yaml: anchor '{name}' value contains itself")));
        };
        self.decoded += node.weight;
        self.aliased += node.weight;
        // goyaml allows 99 % at this size.
        let mostly_aliased = self.decoded > 1000 && self.aliased > 100 && self.aliased * 100 > self.decoded * 99;
        if mostly_aliased || self.aliased > ALIASED_MAX {
            return Err(ReadError::yaml(span.start, "yaml: document contains excessive aliasing"));
        }
        // The value is shown where the alias stands.
        let spans = Spans { value: span, ..node.spans.clone() };
        Ok(Node { spans, is_merge: false, ..node.clone() })
    }

    fn sequence(&mut self, opened: Span) -> Result<Node, ReadError> {
        let (mut values, mut spans, mut weight, mut end) = (Vec::new(), Vec::new(), 1, opened.end);
        loop {
            let (event, marked) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                self.open.pop();
                let span = Span { start: opened.start, end: self.closed(&marked, end) };
                let spans = Spans::of(span, Children::Sequence(spans));
                return Ok(Node { value: Value::Array(values), spans, weight, is_merge: false });
            }
            self.path.push(values.len().to_string());
            let item = self.node(event, marked)?;
            self.path.pop();
            end = item.spans.value.end;
            weight += item.weight;
            values.push(item.value);
            spans.push(item.spans);
        }
    }

    fn mapping(&mut self, opened: Span) -> Result<Node, ReadError> {
        let (mut values, mut spans, mut weight, mut end) = (Map::new(), Vec::new(), 1, opened.end);
        loop {
            let (event, marked) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                self.open.pop();
                let span = Span { start: opened.start, end: self.closed(&marked, end) };
                let spans = Spans::of(span, Children::Mapping(spans));
                return Ok(Node { value: Value::Object(values), spans, weight, is_merge: false });
            }
            let key = self.node(event, marked)?;
            let name = if key.is_merge { Ok(String::new()) } else { key_text(&key.value) };
            self.path.push(name.clone().unwrap_or_default());
            let (event, marked) = self.next()?;
            let mut item = self.node(event, marked)?;
            let pointer = self.pointer();
            self.path.pop();
            end = item.spans.value.end;
            weight += key.weight + item.weight;
            if key.is_merge {
                merge(item, &mut values, &mut spans)?;
                continue;
            }
            let name = name.map_err(|kind| bad_key(kind, &key, &item.value))?;
            let again = key.spans.value;
            // A key that a merge brought in may be overridden in silence.
            let before = spans.iter().find(|(known, spans): &&(String, Spans)| *known == name && spans.key.is_some());
            if let Some(first) = before.and_then(|(_, spans)| spans.key) {
                self.duplicates.push(Duplicate { pointer, first, again });
            }
            item.spans.key = Some(again);
            values.insert(name.clone(), item.value);
            spans.push((name, item.spans));
        }
    }

    fn pointer(&self) -> String {
        self.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
    }

    /// Where a collection ends: behind its bracket, or behind its last part.
    fn closed(&self, marked: &Marked, last: Place) -> Place {
        if marked.is_empty() { last } else { self.place(&marked.end) }
    }

    fn place(&self, marker: &Marker) -> Place {
        let inside = Place {
            line: marker.line().max(1),
            column: marker.col() + 1,
            offset: marker.byte_offset().unwrap_or_default(),
        };
        shifted(self.start, inside)
    }

    fn source(&self, span: Span) -> &'t str {
        let bytes = span.bytes();
        self.text.get(bytes.start - self.start.offset..bytes.end - self.start.offset).unwrap_or_default()
    }
}

/// A place inside a part, counted in the whole file.
const fn shifted(start: Place, inside: Place) -> Place {
    Place { line: start.line + inside.line - 1, column: inside.column, offset: start.offset + inside.offset }
}

/// Where a tab stands in front of the first content; the parser in use would take it for a blank.
fn leading_tab(text: &str) -> Option<usize> {
    let mut lines = text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    });
    let (at, line) = lines.find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    let blanks = &line[..line.len() - line.trim_start().len()];
    blanks.find('\t').map(|tab| at + tab)
}

fn is_control(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{85}')
}

/// What a key may not be.
#[derive(Clone, Copy)]
enum BadKey {
    Null,
    Collection,
}

/// The text that a key becomes in JSON.
fn key_text(key: &Value) -> Result<String, BadKey> {
    match key {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(key.to_string()),
        Value::Null => Err(BadKey::Null),
        Value::Array(_) | Value::Object(_) => Err(BadKey::Collection),
    }
}

fn bad_key(kind: BadKey, key: &Node, value: &Value) -> ReadError {
    let message = match kind {
        BadKey::Null => format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {}", go_syntax(value)),
        // The usual cause is a template: `{{ .Values.x }}` is a mapping whose key is a mapping.
        BadKey::Collection => format!("yaml: invalid map key: {}", go_syntax(&key.value)),
    };
    ReadError::yaml(key.spans.value.start, message)
}

/// A value as Go's `%#v` shows it inside an interface.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".into(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(go_syntax).collect::<Vec<_>>().join(", "))
        }
        Value::Object(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[interface {{}}]interface {{}}{{{}}}", pairs.join(", "))
        }
    }
}

/// Brings the pairs of `<<` in. They override what came before, and of several the first wins, as in goyaml.v2.
fn merge(node: Node, values: &mut Map<String, Value>, spans: &mut Vec<(String, Spans)>) -> Result<(), ReadError> {
    let place = node.spans.value.start;
    let sources = match (node.value, node.spans.children) {
        (Value::Array(items), Children::Sequence(places)) => items.into_iter().zip(places).rev().collect(),
        (value, children) => vec![(value, Spans::of(node.spans.value, children))],
    };
    for source in sources {
        let (Value::Object(pairs), Children::Mapping(places)) = (source.0, source.1.children) else {
            let message = "yaml: map merge requires map or sequence of maps as the value";
            return Err(ReadError::yaml(place, message));
        };
        values.extend(pairs);
        spans.extend(places.into_iter().map(|(name, place)| (name, Spans { key: None, ..place })));
    }
    Ok(())
}

//! Where things stand in a text.

use std::ops::Range;

/// A point between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Bytes before it in the text.
    pub offset: usize,
}

impl Place {
    /// The beginning of a text.
    pub const START: Self = Self { line: 1, column: 1, offset: 0 };

    /// The place `offset` bytes into `text`.
    #[must_use]
    pub fn at(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[line_start..].chars().count() + 1;
        Self { line: before.matches('\n').count() + 1, column, offset: before.len() }
    }
}

/// From a place up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: Place,
    /// Where it has ended.
    pub end: Place,
}

impl Span {
    /// The bytes it covers.
    #[must_use]
    pub const fn bytes(&self) -> Range<usize> {
        self.start.offset..self.end.offset
    }
}

/// Where a value stands, and its key if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The key in front of the value.
    pub key: Option<Span>,
    /// The value.
    pub value: Span,
}

/// The places of all values of a document, shaped like the document.
#[derive(Clone, Debug)]
pub struct Spans {
    pub(super) key: Option<Span>,
    pub(super) value: Span,
    pub(super) children: Children,
}

/// What stands inside a value.
#[derive(Clone, Debug)]
pub(super) enum Children {
    None,
    Sequence(Vec<Spans>),
    Mapping(Vec<(String, Spans)>),
}

impl Spans {
    pub(super) const fn of(value: Span, children: Children) -> Self {
        Self { key: None, value, children }
    }

    /// Where the value at `pointer` (`/spec/containers/0/image`) stands.
    #[must_use]
    pub fn find(&self, pointer: &str) -> Option<Found> {
        let steps = steps(pointer);
        let (found, depth) = self.walk(&steps);
        (depth == steps.len()).then_some(found)
    }

    /// As [`Spans::find`], or where the nearest parent that exists stands: the place to show for a missing field.
    #[must_use]
    pub fn nearest(&self, pointer: &str) -> Found {
        self.walk(&steps(pointer)).0
    }

    fn walk(&self, steps: &[String]) -> (Found, usize) {
        let mut here = self;
        for (depth, step) in steps.iter().enumerate() {
            match here.child(step) {
                Some(child) => here = child,
                None => return (here.found(), depth),
            }
        }
        (here.found(), steps.len())
    }

    fn child(&self, step: &str) -> Option<&Self> {
        match &self.children {
            Children::None => None,
            Children::Sequence(items) => items.get(step.parse::<usize>().ok()?),
            // The last of equal keys is the one that counts.
            Children::Mapping(pairs) => pairs.iter().rev().find(|(key, _)| key == step).map(|(_, spans)| spans),
        }
    }

    const fn found(&self) -> Found {
        Found { key: self.key, value: self.value }
    }
}

fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// The JSON pointer of a field path as the API server names it: `spec.containers[0].image`, `metadata.labels[a.b/c]`.
#[must_use]
pub fn pointer_of_field(path: &str) -> String {
    let mut pointer = String::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (step, after) = if let Some(inside) = rest.strip_prefix('[') {
            inside.split_once(']').unwrap_or((inside, ""))
        } else {
            let dotless = rest.strip_prefix('.').unwrap_or(rest);
            dotless.split_at(dotless.find(['.', '[']).unwrap_or(dotless.len()))
        };
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        rest = after;
    }
    pointer
}

//! What is wrong with a text, in the words of kubectl.

use granit_parser::ErrorKind;

use super::span::Place;

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing {file}: {message}")]
pub struct ReadError {
    /// The file, or `STDIN`.
    pub file: String,
    /// Where, counted in the whole file. kubectl's own line, within `message`, counts from the last `---`, and is one
    /// less for mistakes of structure.
    pub place: Place,
    /// What kubectl says after the name of the file.
    pub message: String,
}

impl ReadError {
    /// A mistake that goyaml reports with these words.
    pub(super) fn yaml(place: Place, message: impl AsRef<str>) -> Self {
        Self::plain(place, format!("error converting YAML to JSON: {}", message.as_ref()))
    }

    /// A mistake that is reported as it is.
    pub(super) fn plain(place: Place, message: String) -> Self {
        Self { file: String::new(), place, message }
    }

    pub(super) fn in_file(self, file: &str) -> Self {
        Self { file: file.to_owned(), ..self }
    }

    /// What the parser found, said as libyaml says it.
    pub(super) fn scan(problem: &Problem<'_>, place: Place) -> Self {
        let (words, line) = problem.told();
        // libyaml counts lines from 0 and leaves the first one out.
        let shown = if line == 0 { String::new() } else { format!("line {line}: ") };
        Self::yaml(place, format!("yaml: {shown}{words}"))
    }
}

/// The collection inside which a mistake was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    BlockSequence,
    BlockMapping,
    FlowSequence,
    FlowMapping,
}

/// A mistake and what libyaml's words for it depend on.
pub(super) struct Problem<'t> {
    pub(super) kind: &'t ErrorKind,
    /// What the parser calls it.
    pub(super) info: String,
    /// The document, and where in it the mistake stands; lines from 0.
    pub(super) text: &'t str,
    pub(super) line: usize,
    pub(super) offset: usize,
    pub(super) open: Option<Open>,
}

/// A token cannot be cut; libyaml's scanner counts its line up by one.
const FOUND_CHARACTER: &str = "found character that cannot start any token";
const FOUND_TAB: &str = "found a tab character that violates indentation";
const NO_NODE: &str = "did not find expected node content";

impl Problem<'_> {
    /// The words, and the number that kubectl prints.
    fn told(&self) -> (&str, usize) {
        let scanner = |words| (words, if self.line == 0 { 0 } else { self.line + 1 });
        let parser = |words| (words, self.line);
        match self.kind {
            ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
                ("could not find expected ':'", self.next_token_line() + 1)
            }
            ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
                ("found unexpected end of stream", self.end_line() + 1)
            }
            ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnclosedFlowCollection { .. } => (self.expected(), self.end_line()),
            ErrorKind::MisplacedFlowCollectionEnd if self.follows_indicator() => parser(NO_NODE),
            ErrorKind::ExpectedNodeContent
            | ErrorKind::BlockEntryInFlowCollection
            | ErrorKind::UnexpectedEofBlockMapping
            | ErrorKind::UnexpectedEofBlockSequence
            | ErrorKind::UnexpectedEofImplicitFlowMapping => parser(NO_NODE),
            ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::InvalidColonPlacement
            | ErrorKind::InvalidIndentation
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
            | ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::MismatchedFlowCollectionEnd { .. }
            | ErrorKind::MisplacedFlowCollectionEnd => parser(self.expected()),
            ErrorKind::UnsupportedYamlMajorVersion => parser("found incompatible YAML document"),
            ErrorKind::UnexpectedCharacter { .. }
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInBlockIndentation => scanner(FOUND_CHARACTER),
            ErrorKind::TabInPlainScalar => (FOUND_TAB, self.next_token_line() + 1),
            ErrorKind::UnknownQuotedScalarEscape => scanner("found unknown escape character"),
            ErrorKind::ZeroBlockScalarIndent => scanner("found an indentation indicator equal to 0"),
            ErrorKind::InvalidBlockScalarHeader => scanner("did not find expected comment or line break"),
            ErrorKind::BlockSequenceEntryNotAllowed => {
                scanner("block sequence entries are not allowed in this context")
            }
            ErrorKind::MissingAnchorOrAliasName => scanner("did not find expected alphabetic or numeric character"),
            _ => scanner(&self.info),
        }
    }

    /// What the innermost collection would have needed.
    const fn expected(&self) -> &'static str {
        match self.open {
            Some(Open::BlockSequence) => "did not find expected '-' indicator",
            Some(Open::FlowSequence) => "did not find expected ',' or ']'",
            Some(Open::FlowMapping) => "did not find expected ',' or '}'",
            Some(Open::BlockMapping) | None => "did not find expected key",
        }
    }

    fn follows_indicator(&self) -> bool {
        self.text.get(..self.offset).is_some_and(|before| before.trim_end().ends_with([':', '-', ',']))
    }

    fn end_line(&self) -> usize {
        self.text.matches('\n').count()
    }

    /// The line, from 0, of the next token: where libyaml notices that something before it is unfinished.
    fn next_token_line(&self) -> usize {
        let is_token = |line: &str| !line.trim_start().is_empty() && !line.trim_start().starts_with('#');
        let following = self.text.lines().enumerate().skip(self.line + 1);
        following.into_iter().find(|(_, line)| is_token(line)).map_or_else(|| self.end_line(), |(number, _)| number)
    }
}

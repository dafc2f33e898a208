//! Words: quotes, parameters, substitutions.

use brush_parser::word::{self as pieces, ParameterExpr, ParameterTestType, SpecialParameter, WordPiece};

use super::{Parsed, not_modelled, options, parse};
use crate::machine::shell::ast::{Colon, Extent, Name, Operation, Parameter, Part, Quotes, Word};
use crate::machine::shell::escape;

/// Takes a word apart.
///
/// # Errors
/// When its quotes or braces do not match.
pub fn word(text: &str) -> Parsed<Word> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,+%@".contains(c);
    if text.chars().all(is_plain) {
        return Ok(Word { parts: vec![Part::Text(text.to_owned())], is_assignment: false });
    }
    let parts = pieces::parse(text, &options()).map_err(|_| not_modelled(text))?;
    Ok(Word { parts: parts_of(&parts, Quotes::Outside)?, is_assignment: false })
}

/// The parts of what brush found.
///
/// # Errors
/// As [`word`].
pub(super) fn parts_of(from: &[pieces::WordPieceWithSource], quotes: Quotes) -> Parsed<Vec<Part>> {
    let mut parts = Vec::new();
    for piece in from {
        match &piece.piece {
            WordPiece::Text(text) if quotes == Quotes::Inside => parts.push(Part::Quoted(text.clone())),
            WordPiece::Text(text) => parts.push(Part::Text(text.clone())),
            WordPiece::SingleQuotedText(text) => parts.push(Part::Quoted(text.clone())),
            WordPiece::AnsiCQuotedText(text) => parts.push(Part::Quoted(escape::ansi_c(text))),
            WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                // An empty pair of quotes still makes a word.
                parts.push(Part::Quoted(String::new()));
                parts.extend(parts_of(inner, Quotes::Inside)?);
            }
            WordPiece::TildeExpansion(pieces::TildeExpr::Home) => parts.push(Part::Home),
            WordPiece::TildeExpansion(_) => parts.push(Part::Unknown("~".into())),
            WordPiece::ParameterExpansion(expression) => parts.push(parameter(expression, quotes)?),
            WordPiece::CommandSubstitution(text) => parts.push(Part::Substitution(parse(text)?, quotes)),
            WordPiece::BackquotedCommandSubstitution(text) => {
                parts.push(Part::Substitution(parse(&escape::backquoted(text))?, quotes));
            }
            WordPiece::EscapeSequence(text) => {
                let escaped = text.strip_prefix('\\').unwrap_or(text);
                parts.push(Part::Quoted(escaped.trim_start_matches('\n').to_owned()));
            }
            WordPiece::ArithmeticExpression(expression) => {
                parts.push(Part::Arithmetic(word_inside(&expression.value)?, quotes));
            }
        }
    }
    Ok(parts)
}

/// A text in which only `$` and backquotes mean something.
fn word_inside(text: &str) -> Parsed<Word> {
    let parts = pieces::parse_heredoc(text, &options()).map_err(|_| not_modelled(text))?;
    Ok(Word { parts: parts_of(&parts, Quotes::Inside)?, is_assignment: false })
}

fn name(parameter: &pieces::Parameter) -> Option<Name> {
    Some(match parameter {
        pieces::Parameter::Positional(0) | pieces::Parameter::Special(SpecialParameter::ShellName) => Name::Shell,
        pieces::Parameter::Positional(number) => Name::Positional(*number as usize),
        pieces::Parameter::Named(name) => Name::Variable(name.clone()),
        pieces::Parameter::Special(special) => match special {
            SpecialParameter::AllPositionalParameters { concatenate: true } => Name::Joined,
            SpecialParameter::AllPositionalParameters { concatenate: false } => Name::Each,
            SpecialParameter::PositionalParameterCount => Name::Count,
            SpecialParameter::LastExitStatus => Name::Status,
            SpecialParameter::CurrentOptionFlags => Name::Flags,
            SpecialParameter::ProcessId => Name::Pid,
            SpecialParameter::LastBackgroundProcessId => Name::LastBackground,
            SpecialParameter::ShellName => Name::Shell,
        },
        pieces::Parameter::NamedWithIndex { .. } | pieces::Parameter::NamedWithAllIndices { .. } => return None,
    })
}

fn parameter(expression: &ParameterExpr, quotes: Quotes) -> Parsed<Part> {
    let Some((name, operation)) = operation(expression, quotes)? else {
        return Ok(Part::Unknown(format!("{expression:?}")));
    };
    Ok(Part::Parameter(Parameter { name, operation }, quotes))
}

/// The word of `${x:-word}`: inside double quotes it is quoted as a whole.
fn operand(text: Option<&String>, quotes: Quotes) -> Parsed<Word> {
    let text = text.map_or("", String::as_str);
    match quotes {
        Quotes::Inside if !text.contains('"') => word_inside(text),
        _ => word(text),
    }
}

fn operation(expression: &ParameterExpr, quotes: Quotes) -> Parsed<Option<(Name, Operation)>> {
    use ParameterExpr as From;
    let colon = |test: &ParameterTestType| match test {
        ParameterTestType::UnsetOrNull => Colon::With,
        ParameterTestType::Unset => Colon::Without,
    };
    let pattern = |pattern: &Option<String>| operand(pattern.as_ref(), Quotes::Outside);
    let (parameter, operation) = match expression {
        From::Parameter { parameter, indirect: false } => (parameter, Operation::Value),
        From::ParameterLength { parameter, indirect: false } => (parameter, Operation::Length),
        From::UseDefaultValues { parameter, test_type, default_value, .. } => {
            (parameter, Operation::Default(colon(test_type), operand(default_value.as_ref(), quotes)?))
        }
        From::AssignDefaultValues { parameter, test_type, default_value, .. } => {
            (parameter, Operation::Assign(colon(test_type), operand(default_value.as_ref(), quotes)?))
        }
        From::IndicateErrorIfNullOrUnset { parameter, test_type, error_message, .. } => {
            let message = error_message.as_ref().map(|text| operand(Some(text), quotes)).transpose()?;
            (parameter, Operation::Complain(colon(test_type), message))
        }
        From::UseAlternativeValue { parameter, test_type, alternative_value, .. } => {
            (parameter, Operation::Alternative(colon(test_type), operand(alternative_value.as_ref(), quotes)?))
        }
        From::RemoveSmallestSuffixPattern { parameter, pattern: text, .. } => {
            (parameter, Operation::TrimSuffix(Extent::Shortest, pattern(text)?))
        }
        From::RemoveLargestSuffixPattern { parameter, pattern: text, .. } => {
            (parameter, Operation::TrimSuffix(Extent::Longest, pattern(text)?))
        }
        From::RemoveSmallestPrefixPattern { parameter, pattern: text, .. } => {
            (parameter, Operation::TrimPrefix(Extent::Shortest, pattern(text)?))
        }
        From::RemoveLargestPrefixPattern { parameter, pattern: text, .. } => {
            (parameter, Operation::TrimPrefix(Extent::Longest, pattern(text)?))
        }
        From::Substring { parameter, offset, length, .. } => {
            let length = length.as_ref().map(|length| word_inside(&length.value)).transpose()?;
            (parameter, Operation::Substring(word_inside(&offset.value)?, length))
        }
        From::ReplaceSubstring { parameter, pattern: text, replacement, match_kind, .. } => {
            let is_everywhere = matches!(match_kind, pieces::SubstringMatchKind::Anywhere);
            let replacement = operand(replacement.as_ref(), quotes)?;
            (parameter, Operation::Replace { pattern: pattern(&Some(text.clone()))?, replacement, is_everywhere })
        }
        From::UppercasePattern { parameter, pattern: None, .. } => (parameter, Operation::Upper),
        From::LowercasePattern { parameter, pattern: None, .. } => (parameter, Operation::Lower),
        _ => return Ok(None),
    };
    Ok(name(parameter).map(|name| (name, operation)))
}

//! The text form of selectors: words, and the grammar over them.

use std::collections::BTreeSet;

use super::SelectorError;
use super::requirement::{Operator, Requirement, invalid};
use crate::model::names;

/// The operators that may follow a key, in the order in which upstream lists them.
const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

/// Everything up to the next blank or symbol is a word; `in` and `notin` are words too, with meaning after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Symbol(&'t str),
    End,
}

impl Token<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Symbol(text) => text,
            Self::End => "",
        }
    }

    fn ends_term(self) -> bool {
        matches!(self, Self::End | Self::Symbol(","))
    }
}

pub(super) fn selector(text: &str) -> Result<Vec<Requirement>, SelectorError> {
    let mut parser = Parser { rest: text };
    let mut requirements = Vec::new();
    loop {
        match parser.peek() {
            Token::Word(_) | Token::Symbol("!") => {
                let requirement = parser.requirement();
                requirements.push(requirement.map_err(|error| wrong(format!("unable to parse requirement: {error}")))?);
            }
            Token::End => return Ok(requirements),
            other => {
                return Err(wrong(format!("found '{}', expected: !, identifier, or 'end of string'", other.text())));
            }
        }
        match (parser.next(), parser.peek()) {
            (Token::End, _) => return Ok(requirements),
            (Token::Symbol(","), Token::Word(_) | Token::Symbol("!")) => {}
            (Token::Symbol(","), other) => {
                return Err(wrong(format!("found '{}', expected: identifier after ','", other.text())));
            }
            (other, _) => return Err(wrong(format!("found '{}', expected: ',' or 'end of string'", other.text()))),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Token<'t> {
        self.cut().0
    }

    fn next(&mut self) -> Token<'t> {
        let (token, rest) = self.cut();
        self.rest = rest;
        token
    }

    fn cut(&self) -> (Token<'t>, &'t str) {
        let is_blank = |letter| matches!(letter, ' ' | '\t' | '\r' | '\n');
        let is_symbol = |letter| "=!(),><".contains(letter);
        let rest = self.rest.trim_start_matches(is_blank);
        let length = match rest.chars().next() {
            // A NUL ends the text upstream, where it stands for "no more bytes".
            None | Some('\0') => return (Token::End, rest),
            Some(letter) if is_symbol(letter) => 1 + usize::from(rest.starts_with("==") || rest.starts_with("!=")),
            Some(_) => {
                rest.find(|letter| is_blank(letter) || is_symbol(letter) || letter == '\0').unwrap_or(rest.len())
            }
        };
        let (token, after) = rest.split_at(length);
        (if token.starts_with(is_symbol) { Token::Symbol(token) } else { Token::Word(token) }, after)
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let mut first = self.next();
        let is_negated = first == Token::Symbol("!");
        if is_negated {
            first = self.next();
        }
        let Token::Word(key) = first else {
            return Err(wrong(format!("found '{}', expected: identifier", first.text())));
        };
        // Upstream reports the key without a path, which Go prints as `<nil>`.
        if let Some(message) = invalid("<nil>", key, &names::label_key(key)) {
            return Err(SelectorError(message));
        }
        if is_negated {
            return Requirement::new(key, Operator::DoesNotExist, Vec::new());
        }
        if self.peek().ends_term() {
            return Requirement::new(key, Operator::Exists, Vec::new());
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => BTreeSet::from([self.value()?]),
        };
        Requirement::new(key, operator, values.into_iter().map(str::to_owned).collect())
    }

    fn operator(&mut self) -> Result<Operator, SelectorError> {
        Ok(match self.next() {
            Token::Word("in") => Operator::In,
            Token::Word("notin") => Operator::NotIn,
            Token::Symbol("=") => Operator::Equals,
            Token::Symbol("==") => Operator::DoubleEquals,
            Token::Symbol("!=") => Operator::NotEquals,
            Token::Symbol(">") => Operator::GreaterThan,
            Token::Symbol("<") => Operator::LessThan,
            other => return Err(wrong(format!("found '{}', expected: {OPERATORS}", other.text()))),
        })
    }

    fn value(&mut self) -> Result<&'t str, SelectorError> {
        if self.peek().ends_term() {
            return Ok("");
        }
        match self.next() {
            Token::Word(value) => Ok(value),
            other => Err(wrong(format!("found '{}', expected: identifier", other.text()))),
        }
    }

    /// The list in parentheses; holes in it are empty values.
    fn values(&mut self) -> Result<BTreeSet<&'t str>, SelectorError> {
        let open = self.next();
        if open != Token::Symbol("(") {
            return Err(wrong(format!("found '{}' expected: '('", open.text())));
        }
        if !matches!(self.peek(), Token::Word(_) | Token::Symbol("," | ")")) {
            return Err(wrong(format!("found '{}', expected: ',', ')' or identifier", self.peek().text())));
        }
        let mut values = BTreeSet::new();
        let mut is_hole = true;
        loop {
            match self.next() {
                Token::Word(value) => {
                    values.insert(value);
                    is_hole = false;
                    if !matches!(self.peek(), Token::Symbol("," | ")")) {
                        return Err(wrong(format!("found '{}', expected: ',' or ')'", self.peek().text())));
                    }
                }
                Token::Symbol(symbol @ ("," | ")")) => {
                    if is_hole {
                        values.insert("");
                    }
                    is_hole = true;
                    if symbol == ")" {
                        return Ok(values);
                    }
                }
                other => return Err(wrong(format!("found '{}', expected: ',', or identifier", other.text()))),
            }
        }
    }
}

fn wrong(message: String) -> SelectorError {
    SelectorError(message)
}

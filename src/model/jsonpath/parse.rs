//! From text to template.

use serde_json::{Number, Value};

use super::{Part, Slice, Step};

/// What is wrong with a template.
type Problem = String;

pub(super) fn template(text: &str) -> Result<Vec<Part>, Problem> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            parts.push(Part::Text(rest[..open].to_owned()));
        }
        let mut action = Action { rest: &rest[open + 1..], steps: Vec::new() };
        action.steps()?;
        parts.push(Part::Action(action.steps));
        rest = action.rest;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

/// The steps of a text that stands for itself, as between the braces of a template.
fn inner(text: &str) -> Result<Vec<Step>, Problem> {
    let closed = format!("{text}}}");
    let mut action = Action { rest: &closed, steps: Vec::new() };
    action.steps()?;
    Ok(action.steps)
}

/// An action being read; `rest` starts behind what was read.
struct Action<'t> {
    rest: &'t str,
    steps: Vec<Step>,
}

impl<'t> Action<'t> {
    /// Reads up to and including the closing brace.
    fn steps(&mut self) -> Result<(), Problem> {
        loop {
            if let Some(after) = self.rest.strip_prefix('}') {
                self.rest = after;
                return Ok(());
            }
            if let Some(after) = self.rest.strip_prefix("[?(") {
                self.rest = after;
                self.filter()?;
                continue;
            }
            if let Some(after) = self.rest.strip_prefix("..") {
                self.rest = after;
                self.recursive()?;
                continue;
            }
            self.step()?;
        }
    }

    fn step(&mut self) -> Result<(), Problem> {
        let Some(letter) = self.rest.chars().next().filter(|letter| !matches!(letter, '\r' | '\n')) else {
            return Err("unclosed action".into());
        };
        let after = &self.rest[letter.len_utf8()..];
        match letter {
            ' ' | '@' | '$' => self.rest = after,
            '[' => {
                self.rest = after;
                self.brackets()?;
            }
            '"' | '\'' => self.quoted(letter)?,
            '.' => {
                self.rest = after;
                self.field();
            }
            '+' | '-' => self.number()?,
            _ if letter.is_numeric() => self.number()?,
            _ if letter.is_alphabetic() || letter == '_' => self.word(),
            _ => return Err(format!("unrecognized character in action: U+{:04X} '{letter}'", u32::from(letter))),
        }
        Ok(())
    }

    /// Cuts `length` bytes off.
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn word(&mut self) {
        let word = self.take(self.rest.find(is_terminator).unwrap_or(self.rest.len()));
        self.steps.push(match word {
            "true" | "false" => Step::Literal((word == "true").into()),
            _ => Step::Word(word.to_owned()),
        });
    }

    fn recursive(&mut self) -> Result<(), Problem> {
        if self.steps.last() == Some(&Step::Recursive) {
            return Err("invalid multiple recursive descent".into());
        }
        self.steps.push(Step::Recursive);
        if self.rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
            self.field();
        }
        Ok(())
    }

    /// The name up to a terminator that no backslash protects.
    fn field(&mut self) {
        let mut escaped = false;
        let end = self.rest.find(|letter| {
            let stops = !escaped && is_terminator(letter);
            escaped = !escaped && letter == '\\';
            stops
        });
        let name = self.take(end.unwrap_or(self.rest.len()));
        self.steps.push(if name == "*" { Step::Wildcard } else { Step::Field(name.replace('\\', "")) });
    }

    fn number(&mut self) -> Result<(), Problem> {
        let sign = usize::from(self.rest.starts_with(['+', '-']));
        let digits = self.rest[sign..].find(|letter: char| letter != '.' && !letter.is_numeric());
        let text = self.take(digits.map_or(self.rest.len(), |digits| sign + digits));
        let plain = text.strip_prefix('+').unwrap_or(text);
        let float = || plain.parse().ok().and_then(Number::from_f64).map(Value::Number);
        let number = plain.parse::<i64>().ok().map(Value::from).or_else(float);
        self.steps.push(Step::Literal(number.ok_or_else(|| format!("cannot parse number {text}"))?));
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<(), Problem> {
        let mut before = quote;
        let end = self.rest.char_indices().skip(1).take_while(|(_, letter)| *letter != '\n').find(|&(_, letter)| {
            let ends = letter == quote && before != '\\';
            before = letter;
            ends
        });
        let Some((end, _)) = end else { return Err("unterminated quoted string".into()) };
        let source = self.take(end + 1);
        let text = unquote(&source[1..end]).ok_or_else(|| format!("unquote string {source} error invalid syntax"))?;
        self.steps.push(Step::Text(text));
        Ok(())
    }

    fn brackets(&mut self) -> Result<(), Problem> {
        let end = self.rest.find([']', '\n']).filter(|&end| self.rest[end..].starts_with(']'));
        let text = self.take(end.ok_or("unterminated array")?);
        self.rest = &self.rest[1..];
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() > 1 {
            let union = parts.iter().map(|part| inner(&format!("[{}]", part.trim_matches(' '))));
            self.steps.push(Step::Union(union.collect::<Result<_, _>>()?));
        } else if let Some(name) = text.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')) {
            self.steps.extend(inner(&format!(".{name}"))?);
        } else {
            self.steps.push(Step::Slice(slice(if text == "*" { ":" } else { text })?));
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<(), Problem> {
        let end = filter_end(self.rest).ok_or("unterminated filter")?;
        let text = self.take(end);
        self.rest = self.rest[1..].strip_prefix(']').ok_or("unclosed array expect ]")?;
        let is_operator = |letter| matches!(letter, '!' | '<' | '>' | '=');
        let operator = text.find(is_operator).filter(|&at| at > 0);
        let split = operator.and_then(|at| {
            let length = text[at..].find(|letter| !is_operator(letter))?;
            Some((&text[..at], &text[at..at + length], &text[at + length..]))
        });
        self.steps.push(match split {
            Some((left, operator, right)) => Step::Filter(inner(left)?, operator.to_owned(), inner(right)?),
            None => Step::Exists(inner(text)?),
        });
        Ok(())
    }
}

/// Where the parenthesis of a filter closes; inside the first pair of quotes it does not.
fn filter_end(text: &str) -> Option<usize> {
    let (mut opened, mut closed, mut before) = (None, false, ' ');
    for (at, letter) in text.char_indices() {
        match (letter, opened) {
            ('\n', _) => return None,
            ('"' | '\'', None) => opened = Some(letter),
            ('"' | '\'', Some(quote)) => closed = closed || letter == quote && before != '\\',
            (')', opened) if opened.is_some() == closed => return Some(at),
            _ => {}
        }
        before = letter;
    }
    None
}

/// `from:to:step`, each part a number or nothing.
fn slice(text: &str) -> Result<Slice, Problem> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_number = |part: &&str| part.strip_prefix('-').unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(is_number) {
        return Err(format!("invalid array index {text}"));
    }
    let number = |index: usize| match parts.get(index).copied().unwrap_or_default() {
        "" => Ok(None),
        part => part.parse::<i64>().map(Some).map_err(|_| format!("array index {part} is not a number")),
    };
    let from = number(0)?;
    let is_index = parts.len() == 1;
    let to = if is_index { Some(from.unwrap_or(0) + 1) } else { number(1)? };
    Ok(Slice { from, to, is_index, step: number(2)? })
}

fn is_terminator(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

/// The escapes of Go's `strconv.UnquoteChar`.
fn unquote(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = if letter == '\\' {
            letters.next()?
        } else {
            plain.push(letter);
            continue;
        };
        let (digits, radix) = match letter {
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            _ => {
                plain.push(plain_escape(letter)?);
                continue;
            }
        };
        let code: String = letters.by_ref().take(digits).collect();
        plain.push(char::from_u32(u32::from_str_radix(&code, radix).ok()?)?);
    }
    Some(plain)
}

const fn plain_escape(letter: char) -> Option<char> {
    Some(match letter {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '\'' | '"' => letter,
        _ => return None,
    })
}

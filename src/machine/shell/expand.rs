//! Expansion: from the words of a script to the arguments of a command.
//!
//! A command substitution needs another process and time, so expansion can stop in the middle. It is then begun again from
//! the start, with a memory of every value that was looked up so far: the same values, and no assignment made twice.

use std::sync::Arc;

use super::arithmetic::{self, Variables};
use super::ast::{Colon, List, Name, Operation, Parameter, Part, Quotes, Word};
use super::cut::{replace, substring, trim_prefix, trim_suffix};
use super::glob::expand_path;
use super::pattern;
use super::state::{State, Variable};
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

/// A value that was looked up, so that it is not looked up again.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// One value, or none.
    Text(Option<String>),
    /// The positional parameters.
    Each(Vec<String>),
}

/// What expansion remembers between attempts.
pub type Memory = Vec<Leaf>;

/// Why expansion stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum Pause {
    /// The output of these commands is needed.
    Substitute(List),
    /// It cannot be done; the shell says this and, unless it is interactive, ends.
    Fail(String),
}

/// A word under way to becoming arguments.
#[derive(Clone, Debug, Default)]
struct Field {
    text: String,
    /// The same with quoted special characters protected.
    pattern: String,
    is_quoted: bool,
}

/// One expansion.
pub struct Expander<'a, 'm> {
    /// The shell's variables.
    pub state: &'a mut State,
    /// Values looked up so far.
    pub memory: &'a mut Memory,
    /// The process that expands.
    pub host: HostPid,
    /// Files and processes.
    pub kernel: &'a mut Kernel<'m>,
    /// How many of the remembered values have been used.
    pub used: usize,
}

impl Expander<'_, '_> {
    /// Arguments: split at blanks, patterns replaced by file names.
    ///
    /// # Errors
    /// A [`Pause`].
    pub fn arguments(&mut self, words: &[Word]) -> Result<Vec<String>, Pause> {
        let mut arguments = Vec::new();
        for word in words {
            if word.is_assignment {
                arguments.push(self.text(word)?);
                continue;
            }
            for field in self.fields(word)? {
                match self.glob(&field) {
                    Some(files) => arguments.extend(files),
                    None => arguments.push(field.text),
                }
            }
        }
        Ok(arguments)
    }

    /// One text: neither split nor matched against files.
    ///
    /// # Errors
    /// A [`Pause`].
    pub fn text(&mut self, word: &Word) -> Result<String, Pause> {
        self.joined(word).map(|field| field.text)
    }

    /// A pattern for `case` and `${x#…}`.
    ///
    /// # Errors
    /// A [`Pause`].
    pub fn pattern(&mut self, word: &Word) -> Result<String, Pause> {
        self.joined(word).map(|field| field.pattern)
    }

    fn joined(&mut self, word: &Word) -> Result<Field, Pause> {
        let mut whole = Field::default();
        for part in &word.parts {
            for (index, (text, quotes)) in self.part(part)?.into_iter().enumerate() {
                if index > 0 {
                    add(&mut whole, " ", quotes);
                }
                add(&mut whole, &text, quotes);
            }
        }
        Ok(whole)
    }

    fn fields(&mut self, word: &Word) -> Result<Vec<Field>, Pause> {
        let separators = self.state.value("IFS").map_or(" \t\n".to_owned(), |value| value.to_string());
        let mut fields: Vec<Field> = Vec::new();
        let mut current: Option<Field> = None;
        for part in &word.parts {
            let is_literal = matches!(part, Part::Text(_) | Part::Quoted(_) | Part::Home);
            let is_each = matches!(part, Part::Parameter(Parameter { name: Name::Each, .. }, Quotes::Inside));
            let pieces = self.part(part)?;
            if is_each && pieces.is_empty() && current.as_ref().is_some_and(|field| field.text.is_empty()) {
                // "$@" without parameters is no word at all, not an empty one.
                current = None;
            }
            for (index, (text, quotes)) in pieces.into_iter().enumerate() {
                if index > 0 {
                    fields.extend(current.take());
                }
                if quotes == Quotes::Outside && !is_literal {
                    split(&text, &separators, &mut fields, &mut current);
                } else {
                    let field = current.get_or_insert_default();
                    field.is_quoted |= quotes == Quotes::Inside;
                    add(field, &text, quotes);
                }
            }
        }
        fields.extend(current);
        Ok(fields)
    }

    /// The values of a part, each with whether it was quoted; several only for `$@`.
    fn part(&mut self, part: &Part) -> Result<Vec<(String, Quotes)>, Pause> {
        Ok(match part {
            Part::Text(text) => vec![(text.clone(), Quotes::Outside)],
            Part::Quoted(text) => vec![(text.clone(), Quotes::Inside)],
            Part::Home => {
                let home = self.variable("HOME")?.unwrap_or_else(|| "~".into());
                vec![(home, Quotes::Inside)]
            }
            Part::Unknown(text) => return Err(Pause::Fail(format!("{text}: Bad substitution"))),
            Part::Substitution(list, quotes) => vec![(self.substitute(list)?, *quotes)],
            Part::Arithmetic(word, quotes) => {
                let text = self.text(word)?;
                let value = self.leaf(|this| match arithmetic::evaluate(&text, this.state) {
                    Ok(value) => Ok(Leaf::Text(Some(value.to_string()))),
                    Err(error) => Err(Pause::Fail(error)),
                })?;
                vec![(text_of(value).unwrap_or_default(), *quotes)]
            }
            Part::Parameter(parameter, quotes) => self.parameter(parameter, *quotes)?,
        })
    }

    /// A value that is looked up once only.
    fn leaf(&mut self, look_up: impl FnOnce(&mut Self) -> Result<Leaf, Pause>) -> Result<Leaf, Pause> {
        self.used += 1;
        if let Some(known) = self.memory.get(self.used - 1) {
            return Ok(known.clone());
        }
        let leaf = look_up(self)?;
        self.memory.push(leaf.clone());
        Ok(leaf)
    }

    fn substitute(&mut self, list: &List) -> Result<String, Pause> {
        let output = self.leaf(|_| Err(Pause::Substitute(Arc::clone(list))))?;
        Ok(text_of(output).unwrap_or_default().trim_end_matches('\n').to_owned())
    }

    fn variable(&mut self, name: &str) -> Result<Option<String>, Pause> {
        let leaf = self.leaf(|this| Ok(Leaf::Text(this.state.value(name).map(|value| value.to_string()))))?;
        Ok(text_of(leaf))
    }

    fn each(&mut self) -> Result<Vec<String>, Pause> {
        match self.leaf(|this| Ok(Leaf::Each(this.state.positional.to_vec())))? {
            Leaf::Each(values) => Ok(values),
            Leaf::Text(value) => Ok(value.into_iter().collect()),
        }
    }

    fn value_of(&mut self, name: &Name) -> Result<Option<String>, Pause> {
        let special = match name {
            Name::Variable(name) => return self.variable(name),
            Name::Each => return self.each().map(|values| (!values.is_empty()).then(|| values.join(" "))),
            Name::Joined => {
                let first = self.state.value("IFS").map_or(Some(' '), |value| value.chars().next());
                let separator = first.map(String::from).unwrap_or_default();
                return self.each().map(|values| (!values.is_empty()).then(|| values.join(&separator)));
            }
            Name::Positional(number) => self.state.positional.get(number - 1).cloned(),
            Name::Count => Some(self.state.positional.len().to_string()),
            Name::Status => Some(self.state.status.to_string()),
            Name::Flags => Some(self.state.options.flags()),
            Name::Pid => Some(self.state.pid.to_string()),
            Name::LastBackground => self.state.last_background.map(|pid| pid.to_string()),
            Name::Shell => Some(self.state.name.to_string()),
        };
        Ok(text_of(self.leaf(|_| Ok(Leaf::Text(special)))?))
    }

    fn parameter(&mut self, parameter: &Parameter, quotes: Quotes) -> Result<Vec<(String, Quotes)>, Pause> {
        let Parameter { name, operation } = parameter;
        if *operation == Operation::Value
            && (*name == Name::Each || (*name == Name::Joined && quotes == Quotes::Outside))
        {
            return Ok(self.each()?.into_iter().map(|value| (value, quotes)).collect());
        }
        let value = self.value_of(name)?;
        let is_missing = |colon: &Colon| match colon {
            Colon::With => value.as_ref().is_none_or(String::is_empty),
            Colon::Without => value.is_none(),
        };
        let plain = |text: String| Ok(vec![(text, quotes)]);
        match operation {
            Operation::Default(colon, word) if is_missing(colon) => return self.operand(word, quotes),
            Operation::Assign(colon, word) if is_missing(colon) => {
                let text = self.text(word)?;
                if let Name::Variable(name) = name {
                    // Looked up again on a second attempt, when it is set already: harmless.
                    self.state.set(name, &text);
                }
                return plain(text);
            }
            Operation::Complain(colon, word) if is_missing(colon) => {
                let text = match word {
                    Some(word) => self.text(word)?,
                    None if *colon == Colon::With => "parameter null or not set".into(),
                    None => "parameter not set".into(),
                };
                return Err(Pause::Fail(format!("{}: {text}", shown(name))));
            }
            Operation::Alternative(colon, word) => {
                return if is_missing(colon) { Ok(Vec::new()) } else { self.operand(word, quotes) };
            }
            Operation::Default(..) | Operation::Assign(..) | Operation::Complain(..) => {}
            _ if value.is_none() && self.state.options.nounset && !matches!(name, Name::Each | Name::Joined) => {
                return Err(Pause::Fail(format!("{}: {}", shown(name), self.state.unset_text())));
            }
            _ => {}
        }
        if value.is_none() && *operation == Operation::Value {
            // An unset variable outside quotes leaves no trace; inside them it leaves an empty text.
            return if quotes == Quotes::Inside { plain(String::new()) } else { Ok(Vec::new()) };
        }
        let value = value.unwrap_or_default();
        plain(self.changed(operation, value)?)
    }

    /// The operations that make a new text from a value.
    fn changed(&mut self, operation: &Operation, value: String) -> Result<String, Pause> {
        Ok(match operation {
            Operation::Length => value.chars().count().to_string(),
            Operation::TrimPrefix(extent, word) => {
                let pattern = self.pattern(word)?;
                trim_prefix(&value, &pattern, *extent).to_owned()
            }
            Operation::TrimSuffix(extent, word) => {
                let pattern = self.pattern(word)?;
                trim_suffix(&value, &pattern, *extent).to_owned()
            }
            Operation::Substring(offset, length) => {
                let offset = self.number(offset)?;
                let length = length.as_ref().map(|length| self.number(length)).transpose()?;
                substring(&value, offset, length)
            }
            Operation::Replace { pattern, replacement, is_everywhere } => {
                let pattern = self.pattern(pattern)?;
                let replacement = self.text(replacement)?;
                replace(&value, &pattern, &replacement, *is_everywhere)
            }
            Operation::Upper => value.to_uppercase(),
            Operation::Lower => value.to_lowercase(),
            _ => value,
        })
    }

    fn number(&mut self, word: &Word) -> Result<i64, Pause> {
        let text = self.text(word)?;
        arithmetic::evaluate(&text, self.state).map_err(Pause::Fail)
    }

    fn operand(&mut self, word: &Word, quotes: Quotes) -> Result<Vec<(String, Quotes)>, Pause> {
        if quotes == Quotes::Inside {
            return Ok(vec![(self.text(word)?, quotes)]);
        }
        let mut pieces = Vec::new();
        for part in &word.parts {
            pieces.extend(self.part(part)?);
        }
        // Pieces of one operand belong together, unlike the values of "$@".
        let all_quoted = pieces.iter().all(|(_, quotes)| *quotes == Quotes::Inside) && !pieces.is_empty();
        let text = pieces.into_iter().map(|(text, _)| text).collect();
        Ok(vec![(text, if all_quoted { Quotes::Inside } else { Quotes::Outside })])
    }

    /// The files that a pattern stands for; `None` when it is no pattern or matches nothing.
    fn glob(&mut self, field: &Field) -> Option<Vec<String>> {
        if self.state.options.noglob || !pattern::is_pattern(&field.pattern) {
            return None;
        }
        let process = self.kernel.sandbox.processes.get(&self.host)?;
        let (container, user, cwd) = (process.container?, process.user, Arc::clone(&process.cwd));
        let view = self.kernel.view(container, user)?;
        let found = expand_path(&view, &cwd, &field.pattern);
        (!found.is_empty()).then_some(found)
    }
}

fn text_of(leaf: Leaf) -> Option<String> {
    match leaf {
        Leaf::Text(text) => text,
        Leaf::Each(values) => Some(values.join(" ")),
    }
}

fn shown(name: &Name) -> String {
    match name {
        Name::Variable(name) => name.clone(),
        Name::Positional(number) => number.to_string(),
        Name::LastBackground => "!".into(),
        other => format!("{other:?}"),
    }
}

fn add(field: &mut Field, text: &str, quotes: Quotes) {
    field.text.push_str(text);
    match quotes {
        Quotes::Inside => field.pattern.push_str(&pattern::protect(text)),
        Quotes::Outside => field.pattern.push_str(text),
    }
}

/// Splits a value at the characters of `IFS`: blanks in runs, others one by one.
fn split(text: &str, separators: &str, fields: &mut Vec<Field>, current: &mut Option<Field>) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !separators.contains(c) {
            let field = current.get_or_insert_default();
            add(field, c.encode_utf8(&mut [0; 4]), Quotes::Outside);
            continue;
        }
        if c.is_whitespace() {
            fields.extend(current.take());
            continue;
        }
        fields.push(current.take().unwrap_or_default());
        while chars.peek().is_some_and(|next| next.is_whitespace() && separators.contains(*next)) {
            chars.next();
        }
    }
}

impl Variables for State {
    fn get(&self, name: &str) -> String {
        self.value(name).map(|value| value.to_string()).unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: i64) {
        Self::set(self, name, &value.to_string());
    }
}

impl Variable {
    /// The value as text.
    #[must_use]
    pub fn text(&self) -> Option<&Arc<str>> {
        self.value.as_ref()
    }
}

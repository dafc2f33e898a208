//! A finding: what is wrong, where, and what to do.

use std::fmt;

use crate::model::suggest;
use crate::scenario::load::LoadError;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario does not work like this.
    Error,
    /// It works, and could be better.
    Warning,
}

/// Something that is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Where in the document: `spec.steps[0].goal.expr`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    pub(super) fn of_load_error(error: LoadError) -> Self {
        let LoadError { file, line, column, path, message, hint } = error;
        Self { severity: Severity::Error, file, line, column, path, message, hint }
    }
}

/// `FILE:LINE:COLUMN: error: MESSAGE`, and the hint below.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "warning" };
        write!(f, "{}:{}:{}: {severity}: {}", self.file, self.line, self.column, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n  {hint}"))
    }
}

/// `spec.steps[0].goal` of `/spec/steps/0/goal`.
pub(in crate::scenario) fn path_of(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        match step.parse::<usize>() {
            Ok(index) => path.push_str(&format!("[{index}]")),
            Err(_) if path.is_empty() => path.push_str(step),
            Err(_) => path.push_str(&format!(".{}", step.replace("~1", "/"))),
        }
    }
    path
}

/// What may have been meant.
pub(super) fn one_of(word: &str, known: &[String]) -> String {
    let close = suggest::closest(word, known.iter().map(String::as_str));
    close.map_or_else(|| format!("there are {}", known.join(", ")), |close| format!("did you mean {close}?"))
}

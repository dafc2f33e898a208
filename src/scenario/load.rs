//! Loading: the text of a file becomes a scenario, or an error that says where, what and what to do.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::suggest;
use crate::model::yaml::{self, Place};

use super::goals::GoalError;
use super::scenario::Scenario;

/// A scenario that cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}{}", .hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default())]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Where in the document: `spec.steps[0].goal`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl LoadError {
    fn at(file: &str, place: Place, path: &str, message: String, hint: Option<String>) -> Self {
        let (line, column) = (place.line, place.column);
        Self { file: file.to_owned(), line, column, path: path.to_owned(), message, hint }
    }
}

/// Reads a scenario and compiles its expressions; `file` is what errors call it.
///
/// # Errors
/// With the place in the file and, where there is one, a suggestion.
pub fn load(file: &str, text: &str) -> Result<Scenario, LoadError> {
    let scenario = read(file, text)?;
    match scenario.goals().errors.first() {
        Some(wrong) => Err(goal_error(&scenario, wrong)),
        None => Ok(scenario),
    }
}

/// Reads a scenario; its expressions are compiled when they are first asked for.
///
/// # Errors
/// As [`load`], but for the expressions.
pub(super) fn read(file: &str, text: &str) -> Result<Scenario, LoadError> {
    let documents = yaml::read(file, text)
        .map_err(|error| LoadError::at(file, error.place, "", error.message.clone(), Some("this is no YAML".into())))?;
    let [document] = documents.as_slice() else {
        let message = format!("a scenario is one document, here are {}", documents.len());
        let hint = "put each scenario into a file of its own".to_owned();
        return Err(LoadError::at(file, Place::START, "", message, Some(hint)));
    };
    if let Some(duplicate) = document.duplicates.first() {
        let message = format!("{} is given twice; the first one would be lost", duplicate.pointer.replace('/', "."));
        return Err(LoadError::at(file, duplicate.again.start, "", message, None));
    }
    Ok(Scenario::new(file, text, decode(file, document)?, document.spans.clone()))
}

/// Reads a document as a `T`.
///
/// # Errors
/// With the place in the file and, where there is one, a suggestion.
pub fn decode<T: DeserializeOwned>(file: &str, document: &yaml::Document) -> Result<T, LoadError> {
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(document.value.clone(), &mut track);
    T::deserialize(deserializer).map_err(|error| {
        let path = track.path().to_string();
        explain(file, document, &path, &error.to_string())
    })
}

/// An expression that does not compile, with its place in the file.
pub(super) fn goal_error(scenario: &Scenario, wrong: &GoalError) -> LoadError {
    let span = scenario.spans.nearest(&wrong.pointer).value;
    let written = scenario.text.get(span.bytes()).unwrap_or_default();
    let error = &wrong.error;
    // In one line, as it stands, the very character can be shown; in a folded text, the beginning of it.
    let place = match written.find(&wrong.source) {
        Some(before) if error.line == 1 => {
            let column = span.start.column + written[..before].chars().count() + error.column - 1;
            Place { column, ..span.start }
        }
        _ => span.start,
    };
    let within = if error.line == 1 {
        format!("character {}", error.column)
    } else {
        format!("line {}, character {}", error.line, error.column)
    };
    let path = crate::scenario::lint::finding::path_of(&wrong.pointer);
    let message = format!("{} ({within} of the expression)", error.message);
    LoadError::at(&scenario.source, place, &path, message, error.hint.clone())
}

fn explain(file: &str, document: &yaml::Document, path: &str, message: &str) -> LoadError {
    let pointer = yaml::span::pointer_of_field(path);
    let unknown = quoted(message, "unknown field `");
    let place = match &unknown {
        // An unknown field is shown at its own key, not at the mapping that holds it.
        Some(field) => {
            let own =
                if pointer.ends_with(&format!("/{field}")) { pointer.clone() } else { format!("{pointer}/{field}") };
            let found = document.spans.nearest(&own);
            found.key.map_or(found.value.start, |key| key.start)
        }
        None => document.spans.nearest(&pointer).value.start,
    };
    let hint =
        unknown.as_deref().and_then(|field| did_you_mean(field, message)).or_else(|| missing(message, &document.value));
    LoadError::at(file, place, path, tidy(message), hint)
}

/// The word behind `before` up to the next back-quote.
fn quoted(message: &str, before: &str) -> Option<String> {
    let (_, rest) = message.split_once(before)?;
    rest.split_once('`').map(|(word, _)| word.to_owned())
}

fn did_you_mean(field: &str, message: &str) -> Option<String> {
    let (_, expected) = message.split_once("expected ")?;
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match suggest::closest(field, known.iter().copied()) {
        Some(close) => Some(format!("did you mean `{close}`?")),
        None => Some(format!("known here: {}", known.join(", "))),
    }
}

fn missing(message: &str, value: &Value) -> Option<String> {
    if value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind != "Scenario") {
        return Some("a scenario begins with apiVersion: podlab.dev/v1 and kind: Scenario".into());
    }
    let field = quoted(message, "missing field `")?;
    Some(format!("add `{field}:`; `podlab schema` shows the whole format"))
}

/// The message without serde's list of alternatives, which the hint tells better.
fn tidy(message: &str) -> String {
    if message.contains("untagged enum Hint") {
        return "a hint is a text (`{en: …, zh-Hant: …}`), or one that depends: `when`, `say` and `otherwise`"
            .to_owned();
    }
    if message.contains("untagged enum Text") {
        return "a text is a string, or one string per language: `{en: …, zh-Hant: …}`".to_owned();
    }
    message.split(", expected one of").next().unwrap_or(message).to_owned()
}

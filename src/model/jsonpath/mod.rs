//! kubectl's JSONPath templates: `{range .items[*]}{.metadata.name}{"\n"}{end}`.
//!
//! Models `k8s.io/client-go/util/jsonpath`, errors included. Missing fields are no error, as kubectl has it by default.
//! Where Go walks maps in random order (`*`, `..`), keys are sorted here.
//!
//! Reading order: [`Template`], `parse`, `evaluate`, [`custom_columns`].

pub mod custom_columns;
mod evaluate;
mod parse;

use serde_json::Value;

use crate::model::json_text;
use crate::model::yaml::general_number_text;

/// Why a template cannot be used; the words are kubectl's, without `error: `.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonPathError {
    /// The text is no template.
    #[error("error parsing jsonpath {template}, {problem}")]
    Parse {
        /// The text.
        template: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The template does not fit the object.
    #[error(
        "error executing jsonpath {template:?}: Error executing template: {problem}. Printing more information for \
         debugging the template:\n\ttemplate was:\n\t\t{template}\n\tobject given to jsonpath engine was:\n\t\t{object}\n\n"
    )]
    Execute {
        /// The template.
        template: String,
        /// What did not fit.
        problem: String,
        /// The object, as Go prints it.
        object: String,
    },
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// What a template consists of: text as it is, and actions in braces.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Action(Vec<Step>),
}

/// One step of an action; each takes the values that the one before left.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// A quoted text.
    Text(String),
    /// A number or truth value.
    Literal(Value),
    /// `.name`
    Field(String),
    /// `.*`
    Wildcard,
    /// `..`
    Recursive,
    /// `[from:to:step]`
    Slice(Slice),
    /// `[a,b]`
    Union(Vec<Vec<Step>>),
    /// `[?(left operator right)]`
    Filter(Vec<Step>, String, Vec<Step>),
    /// `[?(left)]`
    Exists(Vec<Step>),
    /// `range`, `end`, or a mistake.
    Word(String),
}

/// The numbers of a slice, as far as they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    from: Option<i64>,
    to: Option<i64>,
    /// `to` follows from a single index.
    is_index: bool,
    step: Option<i64>,
}

impl Template {
    /// Reads what stands behind `-o jsonpath=`.
    ///
    /// # Errors
    /// [`JsonPathError::Parse`]
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        match parse::template(text) {
            Ok(parts) => Ok(Self { text: text.to_owned(), parts }),
            Err(problem) => Err(JsonPathError::Parse { template: text.to_owned(), problem }),
        }
    }

    /// The text that the template makes of `object`.
    ///
    /// # Errors
    /// [`JsonPathError::Execute`]
    pub fn print(&self, object: &Value) -> Result<String, JsonPathError> {
        let results = self.find(object)?;
        let printed = results.iter().map(|values| values.iter().map(text_of).collect::<Vec<_>>().join(" "));
        Ok(printed.collect())
    }

    /// The same as `-o jsonpath-as-json`: a JSON array for each part.
    ///
    /// # Errors
    /// [`JsonPathError::Execute`]
    pub fn print_json(&self, object: &Value) -> Result<String, JsonPathError> {
        Ok(self.find(object)?.into_iter().map(|values| json_text::pretty(&Value::Array(values))).collect())
    }

    /// The values that each part of the template finds in `object`.
    ///
    /// # Errors
    /// [`JsonPathError::Execute`]
    pub fn find(&self, object: &Value) -> Result<Vec<Vec<Value>>, JsonPathError> {
        let found = evaluate::template(&self.parts, object);
        found.map_err(|problem| JsonPathError::Execute {
            template: self.text.clone(),
            problem,
            object: go_syntax(object),
        })
    }
}

/// A value as a template prints it: texts bare, maps and lists as compact JSON.
#[must_use]
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::String(text) => text.clone(),
        Value::Number(number) => general_number_text(number),
        Value::Bool(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => json_text::compact(value),
    }
}

/// A value as Go's `%#v` shows it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".into(),
        Value::Number(number) => general_number_text(number),
        Value::Bool(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(go_syntax).collect::<Vec<_>>().join(", "))
        }
        Value::Object(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[string]interface {{}}{{{}}}", pairs.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;

//! `status.phase!=Running,spec.nodeName=node-1`: which objects, by what their fields say.
//!
//! Models `pkg/fields` of apimachinery. Which fields a kind offers is the registry's business.

use std::borrow::Cow;
use std::fmt;

/// Why a text is no field selector, or asks for a field that a kind does not offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldSelectorError {
    /// A term without `=`, `==` or `!=`.
    #[error("invalid selector: '{selector}'; can't understand '{term}'")]
    Term {
        /// The whole text.
        selector: String,
        /// What could not be read.
        term: String,
    },
    /// A backslash before something that needs none.
    #[error("invalid field selector: invalid escape sequence: {0}")]
    Escape(String),
    /// `=` inside a value; upstream prints the number of the character.
    #[error("invalid field selector: unescaped character in value: {}", u32::from(*.0))]
    Unescaped(char),
    /// A built-in kind with a list of its own does not offer the field.
    #[error("field label not supported: {0}")]
    NotSupported(String),
    /// A kind that offers only the two fields of every object.
    #[error("\"{0}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    NotKnown(String),
}

/// One condition on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTerm {
    /// Path of the field, as in `spec.nodeName`.
    pub field: String,
    /// What it must, or must not, be.
    pub value: String,
    /// Whether the field must differ from the value.
    pub is_negated: bool,
}

/// All terms must hold; none selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    terms: Vec<FieldTerm>,
}

impl FieldSelector {
    /// Reads the text of `--field-selector`.
    ///
    /// # Errors
    /// In the words of `fields.ParseSelector`.
    pub fn parse(selector: &str) -> Result<Self, FieldSelectorError> {
        let mut parts = split_terms(selector);
        parts.sort_unstable();
        let terms = parts.into_iter().filter(|part| !part.is_empty()).map(|part| {
            let (field, is_negated, value) = split_term(part)
                .ok_or_else(|| FieldSelectorError::Term { selector: selector.to_owned(), term: part.to_owned() })?;
            Ok(FieldTerm { field: field.to_owned(), value: unescape(value)?, is_negated })
        });
        Ok(Self { terms: terms.collect::<Result<_, _>>()? })
    }

    /// The conditions, in the order of their texts.
    #[must_use]
    pub fn terms(&self) -> &[FieldTerm] {
        &self.terms
    }

    /// Whether it selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Refuses fields outside `supported`, a list that includes the fields of every object.
    ///
    /// # Errors
    /// `field label not supported: …`, or the longer text when `supported` is no more than those of every object.
    pub fn check(&self, supported: &[&str]) -> Result<(), FieldSelectorError> {
        let only_metadata = supported.iter().all(|field| matches!(*field, "metadata.name" | "metadata.namespace"));
        match self.terms.iter().find(|term| !supported.contains(&term.field.as_str())) {
            None => Ok(()),
            Some(term) if only_metadata => Err(FieldSelectorError::NotKnown(term.field.clone())),
            Some(term) => Err(FieldSelectorError::NotSupported(term.field.clone())),
        }
    }

    /// Whether an object is selected whose fields are what `lookup` says; an absent field is the empty text.
    pub fn matches<'o>(&self, mut lookup: impl FnMut(&str) -> Option<Cow<'o, str>>) -> bool {
        self.terms.iter().all(|term| (lookup(&term.field).unwrap_or_default() == term.value) != term.is_negated)
    }

    /// The value that `field` must have, if one is demanded: lists by node name take a short cut.
    #[must_use]
    pub fn required_value(&self, field: &str) -> Option<&str> {
        self.terms.iter().find(|term| term.field == field && !term.is_negated).map(|term| term.value.as_str())
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let operator = if term.is_negated { "!=" } else { "=" };
            write!(f, "{comma}{}{operator}{}", term.field, escape(&term.value))?;
        }
        Ok(())
    }
}

/// Cuts at commas that no backslash protects.
fn split_terms(selector: &str) -> Vec<&str> {
    let mut protected = false;
    selector
        .split(|letter| {
            let cut = letter == ',' && !protected;
            protected = letter == '\\' && !protected;
            cut
        })
        .collect()
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    let at = term.char_indices().find(|&(at, _)| term[at..].starts_with("!=") || term[at..].starts_with('='))?.0;
    let (field, rest) = term.split_at(at);
    match rest.strip_prefix("!=") {
        Some(value) => Some((field, true, value)),
        None => Some((field, false, rest.strip_prefix("==").or(rest.strip_prefix('='))?)),
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace(',', r"\,").replace('=', r"\=")
}

fn unescape(value: &str) -> Result<String, FieldSelectorError> {
    let mut letters = value.chars();
    let mut plain = String::with_capacity(value.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                Some(other) => return Err(FieldSelectorError::Escape(format!("\\{other}"))),
                None => return Err(FieldSelectorError::Escape("\\".into())),
            },
            ',' | '=' => return Err(FieldSelectorError::Unescaped(letter)),
            _ => plain.push(letter),
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(selector: &str, phase: &'static str) -> bool {
        let selector = FieldSelector::parse(selector).unwrap();
        selector.matches(|field| (field == "status.phase").then_some(Cow::Borrowed(phase)))
    }

    #[test]
    fn all_terms_must_hold() {
        assert!(selects("status.phase!=Running", "Pending"));
        assert!(!selects("status.phase==Running,spec.nodeName=a", "Running"));
        assert!(selects("spec.nodeName=,status.phase=Running", "Running"));
        assert!(selects("", "Running"));
    }

    #[test]
    fn errors_and_printing_are_those_of_apimachinery() {
        let refused = |text| FieldSelector::parse(text).unwrap_err().to_string();
        assert_eq!(refused("a=b,c"), "invalid selector: 'a=b,c'; can't understand 'c'");
        assert_eq!(refused("a=b=c"), "invalid field selector: unescaped character in value: 61");
        assert_eq!(refused(r"a=b\c"), r"invalid field selector: invalid escape sequence: \c");
        let selector = FieldSelector::parse(r"spec.x!=a\,b,metadata.name=n").unwrap();
        assert_eq!(selector.to_string(), r"metadata.name=n,spec.x!=a\,b");
        assert_eq!(selector.required_value("metadata.name"), Some("n"));
        let supported = ["metadata.name", "metadata.namespace", "spec.nodeName"];
        assert_eq!(selector.check(&supported).unwrap_err().to_string(), "field label not supported: spec.x");
        assert!(selector.check(&supported[..2]).unwrap_err().to_string().starts_with("\"spec.x\" is not a known"));
    }
}

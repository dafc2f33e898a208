//! Label selectors: `app=web,tier in (a,b),!old` and the typed form of `spec.selector`.
//!
//! Models `pkg/labels` of apimachinery, with its words for what is wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

mod parse;
mod requirement;

pub use requirement::{Operator, Requirement};

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// Why a text or an object is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SelectorError(pub(super) String);

/// Which objects are meant, by their labels. All requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
    selects_nothing: bool,
}

impl Selector {
    /// Selects every object.
    #[must_use]
    pub const fn everything() -> Self {
        Self { requirements: Vec::new(), selects_nothing: false }
    }

    /// Selects no object: what an absent typed selector means.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { requirements: Vec::new(), selects_nothing: true }
    }

    /// Reads the text form, as after `-l`.
    ///
    /// # Errors
    /// In the words of `labels.Parse`.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        parse::selector(text).map(Self::of)
    }

    /// Selects objects that carry all of `labels`: selectors of Services and ReplicationControllers.
    #[must_use]
    pub fn from_labels(labels: &Labels) -> Self {
        let equals = |(key, value): (&String, &String)| Requirement::equals(key, value);
        Self::of(labels.iter().map(equals).collect())
    }

    /// The selector that the typed form means: absent selects nothing, empty selects everything.
    ///
    /// # Errors
    /// For unknown operators, forbidden keys and values.
    pub fn from_typed(typed: Option<&LabelSelector>) -> Result<Self, SelectorError> {
        let Some(typed) = typed else { return Ok(Self::nothing()) };
        let mut requirements = Vec::new();
        for (key, value) in typed.match_labels.iter().flatten() {
            requirements.push(Requirement::new(key, Operator::Equals, vec![value.clone()])?);
        }
        for expression in typed.match_expressions.iter().flatten() {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(SelectorError(format!("{other:?} is not a valid label selector operator"))),
            };
            let values = expression.values.clone().unwrap_or_default();
            requirements.push(Requirement::new(&expression.key, operator, values)?);
        }
        Ok(Self::of(requirements))
    }

    /// All of `requirements` together.
    #[must_use]
    pub fn of(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|one, other| one.key().cmp(other.key()));
        Self { requirements, selects_nothing: false }
    }

    /// Whether an object with these labels is meant.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        !self.selects_nothing && self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether it selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty() && !self.selects_nothing
    }

    /// What must hold, sorted by key.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}

impl FromStr for Selector {
    type Err = SelectorError;
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        Self::parse(text)
    }
}

/// The text form, which parses back.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            write!(f, "{}{requirement}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

/// A typed selector in a column or a description: `<none>` when empty, `<error>` when wrong (`metav1.FormatLabelSelector`).
#[must_use]
pub fn format_typed(typed: Option<&LabelSelector>) -> String {
    match Selector::from_typed(typed).map(|selector| selector.to_string()) {
        Ok(text) if text.is_empty() => "<none>".into(),
        Ok(text) => text,
        Err(_) => "<error>".into(),
    }
}

/// Labels in a column or a description: `a=b,c=d`, or `<none>` (`labels.FormatLabels`).
#[must_use]
pub fn format_labels(labels: &Labels) -> String {
    let pairs: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
}

#[cfg(test)]
mod tests;

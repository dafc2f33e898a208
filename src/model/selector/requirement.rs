//! One condition on one label; node affinity uses the same.

use std::fmt;

use super::{Labels, SelectorError};
use crate::model::names;

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
    Equals,
    /// `==`, the same as `=` but printed as written.
    DoubleEquals,
    /// `!=`; holds too when the label is absent.
    NotEquals,
    /// `in (…)`
    In,
    /// `notin (…)`; holds too when the label is absent.
    NotIn,
    /// The bare key.
    Exists,
    /// `!key`
    DoesNotExist,
    /// `>`, of integers.
    GreaterThan,
    /// `<`, of integers.
    LessThan,
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

impl Requirement {
    /// A condition whose key and values are allowed.
    ///
    /// # Errors
    /// In the words of `labels.NewRequirement`; several are joined in brackets.
    pub fn new(key: &str, operator: Operator, values: Vec<String>) -> Result<Self, SelectorError> {
        let mut wrong: Vec<String> = invalid("key", key, &names::label_key(key)).into_iter().collect();
        wrong.extend(wrong_count(operator, &values));
        if matches!(operator, Operator::GreaterThan | Operator::LessThan) {
            let odd = values.iter().enumerate().filter(|(_, value)| value.parse::<i64>().is_err());
            let message = "for 'Gt', 'Lt' operators, the value must be an integer";
            wrong.extend(odd.map(|(index, value)| format!("values[{index}]: Invalid value: {value:?}: {message}")));
        }
        for (index, value) in values.iter().enumerate() {
            wrong.extend(invalid(&format!("values[{index}][{key}]"), value, &names::label_value(value)));
        }
        match &wrong[..] {
            [] => Ok(Self { key: key.to_owned(), operator, values }),
            [only] => Err(SelectorError(only.clone())),
            _ => Err(SelectorError(format!("[{}]", wrong.join(", ")))),
        }
    }

    /// A condition of a map selector, which was validated when it was stored.
    pub(super) fn equals(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), operator: Operator::Equals, values: vec![value.to_owned()] }
    }

    /// The label that is looked at.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How it is compared.
    #[must_use]
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// What it is compared with.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether `labels` fulfil it.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let label = labels.get(&self.key);
        let listed = || label.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => listed(),
            Operator::NotIn | Operator::NotEquals => !listed(),
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::GreaterThan => self.integers(label).is_some_and(|(held, bound)| held > bound),
            Operator::LessThan => self.integers(label).is_some_and(|(held, bound)| held < bound),
        }
    }

    fn integers(&self, label: Option<&String>) -> Option<(i64, i64)> {
        Some((label?.parse().ok()?, self.values.first()?.parse().ok()?))
    }
}

/// What is wrong with the number of values.
fn wrong_count(operator: Operator, values: &[String]) -> Option<String> {
    let (fits, message) = match operator {
        Operator::In | Operator::NotIn => {
            (!values.is_empty(), "for 'in', 'notin' operators, values set can't be empty")
        }
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
            (values.len() == 1, "exact-match compatibility requires one single value")
        }
        Operator::Exists | Operator::DoesNotExist => {
            (values.is_empty(), "values set must be empty for exists and does not exist")
        }
        Operator::GreaterThan | Operator::LessThan => {
            (values.len() == 1, "for 'Gt', 'Lt' operators, exactly one value is required")
        }
    };
    let shown = if values.is_empty() { "null".into() } else { serde_json::json!(values).to_string() };
    (!fits).then(|| format!("values: Invalid value: {shown}: {message}"))
}

pub(super) fn invalid(field: &str, value: &str, wrong: &[String]) -> Option<String> {
    (!wrong.is_empty()).then(|| format!("{field}: Invalid value: {value:?}: {}", wrong.join("; ")))
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let mut values = self.values.clone();
        values.sort();
        let values = values.join(",");
        match self.operator {
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

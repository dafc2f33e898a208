//! One step of the way to a field: the name of a field, the keys of a list's element, the element itself, or an index.

use std::fmt;

use serde_json::{Map, Value};

/// A step. The order is that of upstream: names, keys, elements, indices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// The field of this name.
    Field(String),
    /// The element of a list that has these keys, sorted by name.
    Key(Vec<(String, Scalar)>),
    /// This element of a set.
    Item(Scalar),
    /// The element at this place.
    Index(i64),
}

/// A value that tells elements of a list apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// A whole number.
    Int(i64),
    /// Any other number, in JSON's notation.
    Float(String),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
}

impl Scalar {
    /// The scalar behind a JSON value; `None` for maps and lists.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => number.as_i64().map_or_else(|| Self::Float(number.to_string()), Self::Int),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Int(number) => (*number).into(),
            Self::Float(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            Self::Text(text) => text.as_str().into(),
            Self::Bool(value) => (*value).into(),
            Self::Null => Value::Null,
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(text) => f.write_str(text),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl Element {
    /// The step to a field.
    pub fn field(name: impl Into<String>) -> Self {
        Self::Field(name.into())
    }

    /// As a key of `FieldsV1`: `f:spec`, `k:{"name":"app"}`, `v:"example.com/keep"`, `i:0`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => {
                let keys: Map<_, _> = keys.iter().map(|(name, value)| (name.clone(), value.to_value())).collect();
                format!("k:{}", Value::Object(keys))
            }
            Self::Item(value) => format!("v:{}", value.to_value()),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    /// Reads a key of `FieldsV1`; `Ok(None)` for kinds of steps that are not known, which are left out.
    ///
    /// # Errors
    /// In upstream's words when it cannot be read.
    pub fn parse(name: &str) -> Result<Option<Self>, String> {
        let Some((kind, content)) = name.split_at_checked(2) else {
            return Err("key must be 2 characters long:".to_owned());
        };
        if !kind.ends_with(':') {
            return Err(format!("missing colon: {name}"));
        }
        let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
        Ok(Some(match kind {
            "f:" => Self::field(content),
            "v:" => Self::Item(Scalar::of(&json(content)?).ok_or("not a scalar")?),
            "i:" => {
                Self::Index(content.parse().map_err(|_| format!("strconv.Atoi: parsing {content:?}: invalid syntax"))?)
            }
            "k:" => {
                let value = json(content)?;
                let keys = value.as_object().ok_or("not an object")?;
                let key = |(name, value): (&String, &Value)| Some((name.clone(), Scalar::of(value)?));
                Self::Key(keys.iter().map(key).collect::<Option<_>>().ok_or("not a scalar")?)
            }
            _ => return Ok(None),
        }))
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(keys) => {
                let keys: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            Self::Item(value) => write!(f, "[={value}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

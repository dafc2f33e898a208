//! JSON as `sigs.k8s.io/json` reads it: of fields that stand twice the last one counts, and each is told with its path.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A text that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What it says.
    pub value: Value,
    /// The paths of fields that stood more than once, in the order in which they were met: `spec.containers[0].name`.
    pub duplicates: Vec<String>,
}

/// Reads a text.
///
/// # Errors
/// When it is not JSON.
pub fn parse(text: &str) -> Result<Parsed, serde_json::Error> {
    let duplicates = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Place { path: String::new(), duplicates: &duplicates }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Parsed { value, duplicates: duplicates.into_inner() })
}

/// Where a value stands.
struct Place<'d> {
    path: String,
    duplicates: &'d RefCell<Vec<String>>,
}

impl Place<'_> {
    fn below(&self, step: &str) -> Self {
        Place { path: format!("{}{step}", self.path), duplicates: self.duplicates }
    }

    fn field(&self, name: &str) -> Self {
        if self.path.is_empty() { self.below(name) } else { self.below(&format!(".{name}")) }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.below(&format!("[{}]", list.len())))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let place = self.field(&name);
            if map.contains_key(&name) && !self.duplicates.borrow().contains(&place.path) {
                self.duplicates.borrow_mut().push(place.path.clone());
            }
            let value = entries.next_value_seed(place)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_of_two_fields_counts_and_both_are_told() {
        let text = r#"{"spec":{"replicas":1,"replicas":2,"containers":[{"name":"a","name":"b"}]},"spec":{"x":null}}"#;
        let parsed = parse(text).unwrap();
        assert_eq!(parsed.duplicates, ["spec.replicas", "spec.containers[0].name", "spec"]);
        assert_eq!(parsed.value, json!({"spec": {"x": null}}));
        assert!(parse("{} x").is_err());
    }
}

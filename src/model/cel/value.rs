//! Values: objects as CEL sees them. Whole objects are shared, never copied, and maps keep an order, which the
//! crate's own maps do not.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::{Adder, Container, Indexer, Iterable, Iterator as Elements, Sizer};
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelNull, CelString, CelUInt, LIST_TYPE, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};
use serde_json::Value;

/// Any value.
pub type Any = Box<dyn Val>;

/// A map with text keys. Cloning it copies a pointer.
#[derive(Clone, Debug, Default)]
pub struct Map(Arc<BTreeMap<String, Entry>>);

/// A list. Cloning it copies a pointer.
#[derive(Clone, Debug, Default)]
pub struct List(Arc<Vec<Any>>);

/// A value of a map, with its key as the comprehensions see it.
#[derive(Debug)]
struct Entry {
    key: CelString<'static>,
    value: Any,
}

impl Map {
    /// The map with these entries.
    pub fn of(entries: impl IntoIterator<Item = (String, Any)>) -> Self {
        let entry = |(name, value): (String, Any)| (name.clone(), Entry { key: CelString::from(name), value });
        Self(Arc::new(entries.into_iter().map(entry).collect()))
    }
}

impl List {
    /// The list of these elements.
    pub fn of(elements: impl IntoIterator<Item = Any>) -> Self {
        Self(Arc::new(elements.into_iter().collect()))
    }
}

/// A text.
pub fn text(text: impl Into<String>) -> Any {
    Box::new(CelString::from(text.into()))
}

/// A whole number.
pub fn number(number: i64) -> Any {
    Box::new(CelInt::from(number))
}

/// A count.
pub fn count(count: u64) -> Any {
    number(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Yes or no.
pub fn flag(flag: bool) -> Any {
    Box::new(CelBool::from(flag))
}

/// The entries of a JSON object; none for anything else.
pub fn entries_of(value: &Value) -> Vec<(String, Any)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), of_json(value))).collect()
}

/// JSON as CEL sees it: every whole number is an `int`.
pub fn of_json(value: &Value) -> Any {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(bool) => flag(*bool),
        Value::String(string) => text(string.as_str()),
        Value::Number(amount) => match amount.as_i64() {
            Some(whole) => number(whole),
            None => Box::new(CelDouble::from(amount.as_f64().unwrap_or_default())),
        },
        Value::Array(elements) => Box::new(List::of(elements.iter().map(of_json))),
        Value::Object(_) => Box::new(Map::of(entries_of(value))),
    }
}

impl Val for Map {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)> {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)> {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| {
            let same =
                |key: &String, entry: &Entry| other.0.get(key).is_some_and(|twin| entry.value.equals(&*twin.value));
            self.0.len() == other.0.len() && self.0.iter().all(|(key, entry)| same(key, entry))
        })
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl StaticVal for Map {}

impl Container for Map {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(key.downcast_ref::<CelString>().is_some_and(|key| self.0.contains_key(key.inner())))
    }
}

impl Indexer for Map {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let Some(key) = key.downcast_ref::<CelString>() else {
            return Err(ExecutionError::UnexpectedType { got: format!("{key:?}"), want: "string".into() });
        };
        let entry = self.0.get(key.inner()).ok_or_else(|| ExecutionError::no_such_key(key.inner()))?;
        Ok(CowVal::Borrowed(&*entry.value))
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for Map {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Elements<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Lent(self.0.values().map(|entry| &entry.key as &(dyn Val + 'static))))
    }
}

impl Sizer for Map {
    fn size(&self) -> CelInt {
        size(self.0.len())
    }
}

impl Val for List {
    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn get_type(&self) -> &Type {
        &LIST_TYPE
    }

    fn cel_type() -> &'static Type {
        &LIST_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)> {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)> {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        let others = match (other.downcast_ref::<Self>(), other.downcast_ref::<CelList>()) {
            (Some(other), _) => other.0.iter().map(|element| &**element).collect::<Vec<&dyn Val>>(),
            (None, Some(other)) => other.inner().iter().map(|element| &**element).collect(),
            (None, None) => return false,
        };
        self.0.len() == others.len() && self.0.iter().zip(others).all(|(one, other)| one.equals(other))
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl StaticVal for List {}

/// A list behind a list, of either kind.
impl Adder for List {
    fn add<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let own = self.0.iter().map(|element| element.clone_as_boxed());
        let theirs: Vec<Any> = match (other.downcast_ref::<Self>(), other.downcast_ref::<CelList>()) {
            (Some(other), _) => other.0.iter().map(|element| element.clone_as_boxed()).collect(),
            (None, Some(other)) => {
                other.inner().iter().filter_map(|element| Some(of_json(&to_json(&**element)?))).collect()
            }
            (None, None) => {
                return Err(ExecutionError::UnexpectedType {
                    got: other.get_type().name().into(),
                    want: "list".into(),
                });
            }
        };
        Ok(CowVal::owned(Self::of(own.chain(theirs))))
    }
}

impl Container for List {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.0.iter().any(|element| element.equals(value)))
    }
}

impl Indexer for List {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let position = match (index.downcast_ref::<CelInt>(), index.downcast_ref::<CelUInt>()) {
            (Some(index), _) => usize::try_from(*index.inner()).ok(),
            (None, Some(index)) => usize::try_from(*index.inner()).ok(),
            (None, None) => {
                return Err(ExecutionError::UnexpectedType { got: format!("{index:?}"), want: "int".into() });
            }
        };
        // A place that is not there yet is like a field that is not there yet: the goal is not reached.
        let element = position.and_then(|position| self.0.get(position));
        element.map(|element| CowVal::Borrowed(&**element)).ok_or_else(|| ExecutionError::no_such_key("index"))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Iterable for List {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Elements<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Lent(self.0.iter().map(|element| &**element)))
    }
}

impl Sizer for List {
    fn size(&self) -> CelInt {
        size(self.0.len())
    }
}

fn size(length: usize) -> CelInt {
    CelInt::from(i64::try_from(length).unwrap_or(i64::MAX))
}

/// Rust's iterator as the crate wants it.
struct Lent<I>(I);

impl<'b, 'v, I: Iterator<Item = &'b (dyn Val + 'static)>> Elements<'b, 'v> for Lent<I> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|element| element as &'b (dyn Val + 'v))
    }
}

/// A computed value as JSON; `None` for what has no plain form.
pub fn to_json(value: &dyn Val) -> Option<Value> {
    if let Some(map) = value.downcast_ref::<Map>() {
        let entries = map.0.iter().map(|(key, entry)| Some((key.clone(), to_json(&*entry.value)?)));
        return entries.collect::<Option<serde_json::Map<_, _>>>().map(Value::Object);
    }
    if let Some(list) = value.downcast_ref::<List>() {
        return list.0.iter().map(|element| to_json(&**element)).collect::<Option<Vec<_>>>().map(Value::Array);
    }
    if let Some(list) = value.downcast_ref::<CelList>() {
        return list.inner().iter().map(|element| to_json(&**element)).collect::<Option<Vec<_>>>().map(Value::Array);
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        // Its own order is a matter of chance.
        let mut fields = BTreeMap::new();
        let mut keys = map.as_iterable()?.iter();
        while let Some(key) = keys.next() {
            let name = key.downcast_ref::<CelString>()?.inner().to_owned();
            fields.insert(name, to_json(&*map.as_indexer()?.get(key).ok()?)?);
        }
        return Some(Value::Object(fields.into_iter().collect()));
    }
    Some(match cel::Value::try_from(value).ok()? {
        cel::Value::Null => Value::Null,
        cel::Value::Bool(flag) => flag.into(),
        cel::Value::Int(number) => number.into(),
        cel::Value::UInt(number) => number.into(),
        cel::Value::Float(number) => serde_json::json!(number),
        cel::Value::String(text) => text.as_str().into(),
        _ => return None,
    })
}

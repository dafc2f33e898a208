//! Elements of lists that merge: matched by key, sorted by the order that a patch or the live object has.

use serde_json::Value;

use super::{PatchError, go_print};

/// Marks a map that stands for a deed and not for data.
pub(super) const DIRECTIVE: &str = "$patch";

/// How elements are told apart: by the value of a key, or by themselves.
#[derive(Clone, Copy)]
pub(super) struct Identity(pub(super) Option<&'static str>);

impl Identity {
    /// What tells `element` from others.
    pub(super) fn of(self, element: &Value) -> Result<&Value, PatchError> {
        let Some(key) = self.0 else { return Ok(element) };
        match element {
            Value::Object(map) => {
                map.get(key).ok_or_else(|| PatchError::NoMergeKey { map: go_print(element), key: key.to_owned() })
            }
            other => Err(PatchError::Type { expected: "map[string]interface {}", received: go_type(other) }),
        }
    }

    /// Where in `list` the element with the identity of `element` stands.
    pub(super) fn position(self, list: &[Value], element: &Value) -> Result<Option<usize>, PatchError> {
        let wanted = self.of(element)?;
        for (index, other) in list.iter().enumerate() {
            if self.of(other)? == wanted {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// `elements` in the order of `order`; deletions go last.
    pub(super) fn sorted(self, elements: Vec<Value>, order: &[Value]) -> Result<Vec<Value>, PatchError> {
        let mut ranked = Vec::with_capacity(elements.len());
        for element in elements {
            let rank = self.position(order, &element)?.unwrap_or(usize::MAX);
            ranked.push(((is_deletion(&element), rank), element));
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        Ok(ranked.into_iter().map(|(_, element)| element).collect())
    }

    /// Sorts `merged`: elements named in `wanted` follow it, the others follow `live`, and the two are interleaved so that
    /// an element of the live object stays in front of one that it preceded there.
    pub(super) fn arranged(
        self,
        merged: Vec<Value>,
        wanted: &[Value],
        live: &[Value],
    ) -> Result<Vec<Value>, PatchError> {
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for element in merged {
            let named = self.position(wanted, &element)?.is_some();
            if named { ours.push(element) } else { others.push(element) }
        }
        let mut ours = self.sorted(ours, wanted)?.into_iter().peekable();
        let mut others = self.sorted(others, live)?.into_iter().peekable();
        let mut arranged = Vec::new();
        while let (Some(other), Some(our)) = (others.peek(), ours.peek()) {
            let places = (self.position(live, other)?, self.position(live, our)?);
            let other_first = matches!(places, (Some(other), Some(our)) if other < our);
            arranged.extend(if other_first { others.next() } else { ours.next() });
        }
        arranged.extend(ours);
        arranged.extend(others);
        Ok(arranged)
    }
}

/// Whether all elements of the lists are maps; anything but one type throughout is refused.
pub(super) fn are_maps(lists: [&[Value]; 2]) -> Result<bool, PatchError> {
    let mut types = lists.into_iter().flatten().map(go_type);
    let Some(first) = types.next() else { return Ok(false) };
    if first == "[]interface {}" {
        return Err(PatchError::ListOfLists);
    }
    if types.any(|other| other != first) {
        let shown: Vec<_> = lists.iter().map(|list| go_print(&Value::Array(list.to_vec()))).collect();
        return Err(PatchError::MixedList(format!("[{}]", shown.join(" "))));
    }
    Ok(first == "map[string]interface {}")
}

/// Whether an element says that its like is to go.
pub(super) fn is_deletion(element: &Value) -> bool {
    element.get(DIRECTIVE).is_some_and(|directive| directive == "delete")
}

/// The name of the Go type into which JSON decodes.
pub(super) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "%!s(<nil>)",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

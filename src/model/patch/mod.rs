//! The patches of the API: merge (RFC 7386), JSON (RFC 6902) and strategic merge, and how kubectl computes them.
//!
//! Everything works on JSON values. `schema` holds what upstream keeps in struct tags: which lists of the built-in types
//! merge, and by which key. Server-side apply is not here: it works on sets of fields.
//!
//! **Not modelled:** refusals of fields that no built-in type has (`unable to find api field`); the decoder refuses them.
//!
//! Reading order: [`merge`], [`json`], [`schema`], [`strategic`], [`diff`].

mod diff;
mod element;
mod json;
mod merge;
mod schema;
mod strategic;

use serde_json::Value;

pub use diff::{three_way, two_way};
pub use json::apply as apply_json;
pub use merge::{apply as apply_merge, three_way as merge_three_way, two_way as merge_two_way};
pub use schema::Schema;
pub use strategic::apply as apply_strategic;

/// Why a patch cannot be made or applied; the words are those of apimachinery (`util/mergepatch`) and evanphx/json-patch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// Neither the object nor the patch may be anything but a JSON object.
    #[error("invalid JSON document")]
    NotAnObject,
    /// An element of a list that merges by key has no such key.
    #[error("map: {map} does not contain declared merge key: {key}")]
    NoMergeKey {
        /// The element, as Go prints it.
        map: String,
        /// The key.
        key: String,
    },
    /// `$patch` says something else than `delete`, `replace` or `merge`.
    #[error("unknown patch type: {directive} in map: {map}")]
    UnknownDirective {
        /// What it says.
        directive: String,
        /// The map around it, as Go prints it.
        map: String,
    },
    /// `$patch: merge` inside a list.
    #[error("merging lists cannot yet be specified in the patch")]
    MergeInList,
    /// `$deleteFromPrimitiveList` without the name of a list.
    #[error("invalid patch format of primitive list")]
    PrimitiveList,
    /// `$retainKeys` is no list, or misses a field of the patch.
    #[error("invalid patch format of retainKeys")]
    RetainKeys,
    /// `$setElementOrder` is no list, or has no name.
    #[error("invalid patch format of setElementOrder list")]
    SetElementOrder,
    /// The patch has its elements in another order than it asks for.
    #[error("The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{order}\n")]
    Order {
        /// The elements of the patch, as Go prints them.
        patch: String,
        /// The order that it asks for.
        order: String,
    },
    /// A list holds lists.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// A list holds elements of several types.
    #[error("list element types are not identical: {0}")]
    MixedList(String),
    /// One value should be a map or list because the other is.
    #[error("expected a {expected}, but received a {received}")]
    Type {
        /// What was needed, as Go names it.
        expected: &'static str,
        /// What was there.
        received: &'static str,
    },
    /// An operation of a JSON patch did not apply, or was no operation.
    #[error("{0}")]
    Operation(String),
}

/// A value as Go's `%v` prints it: `map[name:web ports:[80 443]]`.
#[must_use]
pub fn go_print(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_print).collect::<Vec<_>>().join(" ")),
        Value::Object(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}:{}", go_print(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
    }
}

#[cfg(test)]
mod tests;

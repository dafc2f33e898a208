//! Which keys a read, a deletion or a watch is about.

use super::key_value::Key;

/// One key, or all keys with a prefix (from some key on, for lists that arrive page by page).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRange {
    /// This key.
    Key(Key),
    /// Keys that begin with `prefix` and are not smaller than `from`.
    Prefix {
        /// What the keys begin with; empty for every key.
        prefix: Key,
        /// The smallest key wanted.
        from: Key,
    },
}

impl KeyRange {
    /// One key.
    pub fn key(key: impl Into<Key>) -> Self {
        Self::Key(key.into())
    }

    /// Every key that begins with `prefix`.
    pub fn prefix(prefix: impl Into<Key>) -> Self {
        let prefix = prefix.into();
        Self::Prefix { from: prefix.clone(), prefix }
    }

    /// Every key that begins with `prefix` and is greater than `last`: the next page after the one that ended there.
    pub fn prefix_after(prefix: impl Into<Key>, last: &str) -> Self {
        Self::Prefix { prefix: prefix.into(), from: format!("{last}\0").into() }
    }

    /// Whether `key` is meant.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        match self {
            Self::Key(one) => **one == *key,
            Self::Prefix { prefix, from } => key.starts_with(&**prefix) && key >= &**from,
        }
    }

    /// Whether `key` and every greater key lie behind the range.
    pub(super) fn ends_before(&self, key: &str) -> bool {
        match self {
            Self::Key(one) => key > &**one,
            Self::Prefix { prefix, .. } => key > &**prefix && !key.starts_with(&**prefix),
        }
    }

    /// The smallest key that may be in the range.
    pub(super) fn start(&self) -> &str {
        match self {
            Self::Key(key) => key,
            Self::Prefix { prefix, from } => (&**prefix).max(&**from),
        }
    }
}

//! The key of an object: kind, namespace and name.

use std::fmt;
use std::sync::Arc;

use super::kind::Kind;

/// Names one object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// What it is.
    pub kind: Kind,
    /// Its namespace; empty when the kind has none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// The key of `kind` `namespace/name`.
    pub fn new(kind: Kind, namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }

    /// `pods/default/web` or `nodes/node-1`, as causes and screens name it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind.plural(), self.namespaced_name())
    }

    /// `default/web` or `node-1`.
    #[must_use]
    pub fn namespaced_name(&self) -> String {
        match &*self.namespace {
            "" => self.name.to_string(),
            namespace => format!("{namespace}/{}", self.name),
        }
    }

    /// The key behind a [`path`](Self::path).
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let mut parts = path.splitn(3, '/');
        let kind = Kind::from_word(parts.next()?)?;
        let first = parts.next()?;
        Some(match parts.next() {
            Some(name) => Self::new(kind, first, name),
            None => Self::new(kind, "", first),
        })
    }
}

/// `pod/web`, as people say it.
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.kind.info().singular, self.name))
    }
}

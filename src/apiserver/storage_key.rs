//! Where objects stand in etcd: `/registry/pods/default/web`.
//!
//! Source: the resource prefixes of `pkg/kubeapiserver/default_storage_factory_builder.go`.

use crate::etcd::{Key, KeyRange};
use crate::model::Kind;

/// The key under which podlab keeps who deleted what, last (see [`Record::Deletion`](super::stored::Record)).
pub const LAST_DELETION: &str = "/podlab/last-deletion";

/// What the keys of a kind begin with.
#[must_use]
pub fn prefix(kind: Kind) -> &'static str {
    kind.info().storage
}

/// The key of one object.
#[must_use]
pub fn of(kind: Kind, namespace: &str, name: &str) -> Key {
    let prefix = prefix(kind);
    let mut key = String::with_capacity(prefix.len() + namespace.len() + 1 + name.len());
    key.push_str(prefix);
    if kind.is_namespaced() {
        key.push_str(namespace);
        key.push('/');
    }
    key.push_str(name);
    key.into()
}

/// The keys of a kind, in one namespace or (when it is empty) in all.
#[must_use]
pub fn range(kind: Kind, namespace: &str) -> KeyRange {
    if namespace.is_empty() || !kind.is_namespaced() {
        KeyRange::prefix(prefix(kind))
    } else {
        KeyRange::prefix(format!("{}{namespace}/", prefix(kind)))
    }
}

/// The key of a cluster address that a Service has.
#[must_use]
pub fn address(address: &str) -> Key {
    format!("/registry/ipaddresses/{address}").into()
}

/// The key of a node port that a Service has.
#[must_use]
pub fn node_port(port: i32) -> Key {
    format!("/registry/ranges/servicenodeports/{port}").into()
}

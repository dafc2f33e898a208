//! What the API server stores in etcd: an object and the cause of its last change.
//!
//! The revision of a value is known only once etcd has applied it; as in Kubernetes it is put into
//! `metadata.resourceVersion` when the value is read. The stamped object is kept beside the stored one, so that every
//! server and every watch shares one copy.

use std::sync::{Arc, OnceLock};

use crate::engine::CauseId;
use crate::etcd::{KeyValue, Revision, Value};
use crate::model::{Kind, Meta, Object, ObjectKey};

/// A value in etcd. Cloning it copies a pointer.
#[derive(Clone, Debug)]
pub struct Stored(Arc<Inner>);

/// What a value holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// An object.
    Object(Object),
    /// A cluster address or a node port, and the Service that has it.
    Allocation(ObjectKey),
    /// Who deleted what, last. A deletion in etcd carries no value, so podlab writes this key in the same transaction.
    Deletion(ObjectKey),
}

#[derive(Debug)]
struct Inner {
    record: Record,
    cause: CauseId,
    size: u64,
    /// The object with its revision. Another fork of the world may apply the same value at another revision; it then
    /// makes a copy of its own.
    stamped: OnceLock<(Revision, Object)>,
}

impl Stored {
    /// A value.
    #[must_use]
    pub fn new(record: Record, cause: CauseId) -> Self {
        let size = size_of(&record);
        Self(Arc::new(Inner { record, cause, size, stamped: OnceLock::new() }))
    }

    /// What it holds.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.0.record
    }

    /// What caused it to be written.
    #[must_use]
    pub fn cause(&self) -> CauseId {
        self.0.cause
    }

    /// The object as it was stored, without a revision; `None` when it holds something else.
    #[must_use]
    pub fn object(&self) -> Option<&Object> {
        match &self.0.record {
            Record::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The object with `revision` as its resourceVersion.
    #[must_use]
    pub fn at(&self, revision: Revision) -> Option<Object> {
        let object = self.object()?;
        let (stamp, stamped) = self.0.stamped.get_or_init(|| (revision, with_revision(object, revision)));
        Some(if *stamp == revision { stamped.clone() } else { with_revision(object, revision) })
    }

    /// The object of an entry, with the revision of its last change.
    #[must_use]
    pub fn of(entry: &KeyValue<Self>) -> Option<Object> {
        entry.value.at(entry.mod_revision)
    }
}

impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.cause == other.0.cause && self.0.record == other.0.record)
    }
}

impl Value for Stored {
    fn size(&self) -> u64 {
        self.0.size
    }
}

/// The object with this resourceVersion.
pub(super) fn with_revision(object: &Object, revision: Revision) -> Object {
    let mut object = object.clone();
    object.meta_mut().resource_version = Some(revision.to_string());
    object
}

/// Bytes of the protobuf form, roughly: what a typical object of the kind takes, and the data of those that carry any.
fn size_of(record: &Record) -> u64 {
    let Record::Object(object) = record else { return 64 };
    let typical = match object.kind() {
        Kind::Pod => 2_600,
        Kind::Node => 3_500,
        Kind::Deployment | Kind::ReplicaSet => 1_400,
        Kind::EndpointSlice => 900,
        Kind::Event => 500,
        _ => 300,
    };
    let texts = |map: &std::collections::BTreeMap<String, String>| -> usize {
        map.iter().map(|(key, value)| key.len() + value.len()).sum()
    };
    let data = match object {
        Object::ConfigMap(map) => map.data.as_ref().map_or(0, texts),
        Object::Secret(secret) => secret.data.iter().flatten().map(|(key, value)| key.len() + value.0.len()).sum(),
        _ => 0,
    };
    typical + (data + texts(object.meta().label_map()) + object.meta().annotations.as_ref().map_or(0, texts)) as u64
}

//! What the API server stores in etcd: an object and the cause of its last change.
//!
//! The revision of a value is known only once etcd has applied it; as in Kubernetes it is put into
//! `metadata.resourceVersion` when the value is first read. After that every server and every watch shares that copy.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::engine::CauseId;
use crate::etcd::{KeyValue, Revision, Value};
use crate::model::{Kind, Meta, Object, ObjectKey};

use super::managed_fields::Ownership;

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
    content: Content,
    cause: CauseId,
    /// Who manages which fields of the object.
    ownership: Ownership,
    size: u64,
}

#[derive(Debug)]
enum Content {
    Object {
        /// The object until it has a revision: it moves into `stamped`, so that no copy is made.
        fresh: Mutex<Option<Object>>,
        /// The object with its revision. Another fork of the world may apply the same value at another revision; it then
        /// makes a copy of its own.
        stamped: OnceLock<(Revision, Object)>,
    },
    Allocation(ObjectKey),
    Deletion(ObjectKey),
}

impl Stored {
    /// A value of which nobody manages anything.
    #[must_use]
    pub fn new(record: Record, cause: CauseId) -> Self {
        Self::owned(record, cause, Ownership::default())
    }

    /// An object and who manages its fields.
    #[must_use]
    pub fn owned(record: Record, cause: CauseId, ownership: Ownership) -> Self {
        let size = size_of(&record);
        let content = match record {
            Record::Object(object) => Content::Object { fresh: Mutex::new(Some(object)), stamped: OnceLock::new() },
            Record::Allocation(holder) => Content::Allocation(holder),
            Record::Deletion(key) => Content::Deletion(key),
        };
        Self(Arc::new(Inner { content, cause, ownership, size }))
    }

    /// What caused it to be written.
    #[must_use]
    pub fn cause(&self) -> CauseId {
        self.0.cause
    }

    /// Who manages which fields of the object.
    #[must_use]
    pub fn ownership(&self) -> &Ownership {
        &self.0.ownership
    }

    /// The Service that holds an address or a port; `None` for everything else.
    #[must_use]
    pub fn holder(&self) -> Option<&ObjectKey> {
        match &self.0.content {
            Content::Allocation(holder) => Some(holder),
            _ => None,
        }
    }

    /// What was deleted; `None` when it does not tell of a deletion.
    #[must_use]
    pub fn deleted(&self) -> Option<&ObjectKey> {
        match &self.0.content {
            Content::Deletion(key) => Some(key),
            _ => None,
        }
    }

    /// The object with `revision` as its resourceVersion; `None` when it holds something else.
    #[must_use]
    pub fn at(&self, revision: Revision) -> Option<Object> {
        let (stamp, object) = self.stamped(revision)?;
        Some(if *stamp == revision { object.clone() } else { with_revision(object, revision) })
    }

    /// The object of an entry, with the revision of its last change.
    #[must_use]
    pub fn of(entry: &KeyValue<Self>) -> Option<Object> {
        entry.value.at(entry.mod_revision)
    }

    /// The object of an entry, with its `metadata.managedFields` if they are wanted.
    #[must_use]
    pub fn shown(entry: &KeyValue<Self>, managed_fields: bool) -> Option<Object> {
        let object = Self::of(entry)?;
        Some(if managed_fields { entry.value.ownership().shown(object) } else { object })
    }

    /// The object of an entry, to look at; its revision may be that of another fork of the world.
    #[must_use]
    pub fn peek(entry: &KeyValue<Self>) -> Option<&Object> {
        entry.value.stamped(entry.mod_revision).map(|(_, object)| object)
    }

    fn stamped(&self, revision: Revision) -> Option<&(Revision, Object)> {
        let Content::Object { fresh, stamped } = &self.0.content else { return None };
        Some(stamped.get_or_init(|| {
            let object = fresh.lock().unwrap_or_else(PoisonError::into_inner).take();
            // Nothing else takes it, and this runs once.
            let object = object.expect("an object is fresh until it is stamped");
            (revision, stamp(object, revision))
        }))
    }
}

/// Two values are the same when they are one in memory: a value is written once, and shared from then on.
impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Value for Stored {
    fn size(&self) -> u64 {
        self.0.size
    }
}

/// A copy of the object with this resourceVersion.
pub(super) fn with_revision(object: &Object, revision: Revision) -> Object {
    stamp(object.clone(), revision)
}

fn stamp(mut object: Object, revision: Revision) -> Object {
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

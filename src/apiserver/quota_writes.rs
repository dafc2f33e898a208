//! The compare-and-swap by which a write is charged to a quota.

use std::sync::Arc;

use crate::engine::CauseId;
use crate::etcd::{KeyValue, Txn};
use crate::model::core::ResourceQuota;
use crate::model::{Object, Resource};

use super::admission::resource_quota::{self, Charge};
use super::stored::{Record, Stored};

/// The transaction that raises what is used; `None` when the quota is gone.
///
/// # Errors
/// `exceeded quota: …`.
pub(super) fn raise(
    quota: Option<&KeyValue<Stored>>,
    charge: &Charge,
    cause: CauseId,
) -> Result<Option<Txn<Stored>>, String> {
    let Some(entry) = quota else { return Ok(None) };
    let Some(quota) = Stored::peek(entry).and_then(ResourceQuota::of) else { return Ok(None) };
    let raised = Object::ResourceQuota(Arc::new(resource_quota::raised(quota, charge)?));
    let value = Stored::owned(Record::Object(raised), cause, entry.value.ownership().clone());
    Ok(Some(Txn::update(Arc::clone(&entry.key), entry.mod_revision, value, None)))
}

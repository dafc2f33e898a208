//! Rows of Leases.

use super::{Column, age, column, name};
use crate::engine::SimTime;
use crate::model::coordination::Lease;

pub(super) const COLUMNS: &[Column] = &[column("Name"), column("Holder"), column("Age")];

pub(super) fn cells(lease: &Lease, now: SimTime) -> Vec<String> {
    let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.clone()).unwrap_or_default();
    vec![name(&lease.metadata), holder, age(&lease.metadata, now)]
}

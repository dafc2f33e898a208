//! Rows of ServiceAccounts.

use super::{Column, age, column, name};
use crate::engine::SimTime;
use crate::model::core::ServiceAccount;

pub(super) const COLUMNS: &[Column] = &[column("Name"), column("Age")];

pub(super) fn cells(account: &ServiceAccount, now: SimTime) -> Vec<String> {
    vec![name(&account.metadata), age(&account.metadata, now)]
}

//! Rows of ResourceQuotas.

use super::{Column, age, column, name};
use crate::engine::SimTime;
use crate::model::core::ResourceQuota;

pub(super) const COLUMNS: &[Column] = &[column("Name"), column("Request"), column("Limit"), column("Age")];

pub(super) fn cells(quota: &ResourceQuota, now: SimTime) -> Vec<String> {
    let status = quota.status.clone().unwrap_or_default();
    let used = status.used.unwrap_or_default();
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in status.hard.iter().flatten() {
        let used = used.get(resource).map_or("0", |used| used.0.as_str());
        let column = if resource.starts_with("limits.") { &mut limits } else { &mut requests };
        column.push(format!("{resource}: {used}/{}", hard.0));
    }
    vec![name(&quota.metadata), requests.join(", "), limits.join(", "), age(&quota.metadata, now)]
}

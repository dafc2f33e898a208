//! Leases: upstream has no description for them and prints their fields.

use super::text::Text;
use crate::model::coordination::Lease;
use crate::printers::date::{rfc1123, rfc1123_micro};

pub(super) fn describe(text: &mut Text, lease: &Lease) {
    let spec = lease.spec.clone().unwrap_or_default();
    text.head(&lease.metadata);
    text.field(0, "API Version", "coordination.k8s.io/v1");
    text.field(0, "Kind", "Lease");
    text.line(0, "Metadata:");
    text.field(1, "Creation Timestamp", rfc1123(lease.metadata.creation_timestamp.as_ref()));
    text.optional(1, "Resource Version", lease.metadata.resource_version.as_deref());
    text.optional(1, "UID", lease.metadata.uid.as_deref());
    text.line(0, "Spec:");
    text.optional(1, "Acquire Time", spec.acquire_time.as_ref().map(rfc1123_micro).as_deref());
    text.optional(1, "Holder Identity", spec.holder_identity.as_deref());
    let number = |value: Option<i32>| value.map(|value| value.to_string());
    text.optional(1, "Lease Duration Seconds", number(spec.lease_duration_seconds).as_deref());
    text.optional(1, "Lease Transitions", number(spec.lease_transitions).as_deref());
    text.optional(1, "Renew Time", spec.renew_time.as_ref().map(rfc1123_micro).as_deref());
}

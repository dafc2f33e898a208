//! Rows of Events.

use super::{Column, column, name, wide};
use crate::engine::SimTime;
use crate::model::core::Event;
use crate::printers::date::{since, since_micro};

pub(super) const COLUMNS: &[Column] = &[
    column("Last Seen"),
    column("Type"),
    column("Reason"),
    column("Object"),
    wide("Subobject"),
    wide("Source"),
    column("Message"),
    wide("First Seen"),
    wide("Count"),
    wide("Name"),
];

pub(super) fn cells(event: &Event, now: SimTime) -> Vec<String> {
    let first = match &event.first_timestamp {
        Some(at) => since(Some(at), now),
        None => since_micro(event.event_time.as_ref(), now),
    };
    let last = event.last_timestamp.as_ref().map_or_else(|| first.clone(), |at| since(Some(at), now));
    let (last, count) = match &event.series {
        Some(series) => (since_micro(series.last_observed_time.as_ref(), now), series.count.unwrap_or(0)),
        // The newer API does not count a single occurrence.
        None => (last, event.count.filter(|&count| count != 0).unwrap_or(1)),
    };
    let about = &event.involved_object;
    let kind = about.kind.as_deref().unwrap_or_default().to_lowercase();
    let object = match about.name.as_deref() {
        Some(name) if !name.is_empty() => format!("{kind}/{name}"),
        _ => kind,
    };
    vec![
        last,
        event.type_.clone().unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
        object,
        about.field_path.clone().unwrap_or_default(),
        source(event),
        event.message.as_deref().unwrap_or_default().trim().to_owned(),
        first,
        count.to_string(),
        name(&event.metadata),
    ]
}

/// `kubelet, node-1`: who reported it, from where.
fn source(event: &Event) -> String {
    let source = event.source.clone().unwrap_or_default();
    let (component, instance) = match source.component.filter(|component| !component.is_empty()) {
        Some(component) => (component, source.host.unwrap_or_default()),
        None => (
            event.reporting_component.clone().unwrap_or_default(),
            event.reporting_instance.clone().unwrap_or_default(),
        ),
    };
    if instance.is_empty() { component } else { format!("{component}, {instance}") }
}
